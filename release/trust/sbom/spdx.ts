import {digestOf} from '../../plan/digest.ts'
import {type About, timeOf} from './about.ts'
import type {Inventory, Part, Relation} from './inventory.ts'

export const spdxType = 'application/spdx+json'

const unknown = 'NOASSERTION'
/** https://spdx.github.io/spdx-spec/v2.3/package-information/#724-primary-package-purpose-field */
const purposes: Record<Part['purpose'], string> = {
  container: 'CONTAINER',
  archive: 'ARCHIVE',
  application: 'APPLICATION',
  library: 'LIBRARY',
  // SPDX knows devices and firmware, but no drivers.
  'device-driver': 'LIBRARY',
  install: 'INSTALL',
  other: 'OTHER',
}

/** An SPDX 2.3 document (https://spdx.github.io/spdx-spec/v2.3/): the same bytes for the same inventory. */
export function spdxDocument(inventory: Inventory, about: About): string {
  const {subject, parts, relations} = inventory
  const body = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${subject.name}-${subject.version}`,
    creationInfo: {created: timeOf(about), creators: [`Organization: ${about.product}`, 'Tool: lockstep']},
    packages: [subject, ...parts].map(packageOf),
    relationships: [
      {
        spdxElementId: 'SPDXRef-DOCUMENT',
        relationshipType: 'DESCRIBES',
        relatedSpdxElement: reference(subject.id),
      },
      ...relations.map(relationshipOf),
    ],
  }
  // Has to differ between documents, and only then: the digest of all the rest does.
  const documentNamespace = `${about.repositoryUrl}/spdx/${encodeURIComponent(body.name)}-${digestOf(body)}`
  return `${JSON.stringify({...body, documentNamespace}, undefined, 2)}\n`
}

function packageOf(part: Part): unknown {
  const references = [
    ...(part.purl ? [{category: 'PACKAGE-MANAGER', type: 'purl', locator: part.purl}] : []),
    ...(part.cpe ? [{category: 'SECURITY', type: 'cpe23Type', locator: part.cpe}] : []),
  ]
  return {
    SPDXID: reference(part.id),
    name: part.name,
    versionInfo: part.version,
    supplier: part.supplier ? `Organization: ${part.supplier}` : unknown,
    downloadLocation: unknown,
    filesAnalyzed: false,
    licenseConcluded: unknown,
    licenseDeclared: part.license ?? unknown,
    copyrightText: unknown,
    primaryPackagePurpose: purposes[part.purpose],
    ...(part.checksums.length > 0
      ? {checksums: part.checksums.map(({algorithm, value}) => ({algorithm, checksumValue: value}))}
      : {}),
    ...(references.length > 0
      ? {
          externalRefs: references.map(r => ({
            referenceCategory: r.category,
            referenceType: r.type,
            referenceLocator: r.locator,
          })),
        }
      : {}),
  }
}

function relationshipOf({from, kind, to}: Relation): unknown {
  if (kind === 'contains')
    return {spdxElementId: reference(from), relationshipType: 'CONTAINS', relatedSpdxElement: reference(to)}
  return {
    spdxElementId: reference(to),
    relationshipType: 'BUILD_DEPENDENCY_OF',
    relatedSpdxElement: reference(from),
  }
}

function reference(id: string): string {
  return `SPDXRef-${id}`
}

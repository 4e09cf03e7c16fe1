import {digestOf} from '../../plan/digest.ts'
import {type About, timeOf} from './about.ts'
import type {Inventory, Part, Relation} from './inventory.ts'

export const cyclonedxType = 'application/vnd.cyclonedx+json'

/** https://cyclonedx.org/docs/1.6/json/#components_items_type */
const types: Record<Part['purpose'], string> = {
  container: 'container',
  archive: 'file',
  application: 'application',
  library: 'library',
  'device-driver': 'device-driver',
  install: 'application',
  other: 'platform',
}

/** A CycloneDX 1.6 document: the same bytes for the same inventory. */
export function cyclonedxDocument(inventory: Inventory, about: About): string {
  const {subject, parts, relations} = inventory
  const inside = new Set(relations.filter(r => r.kind === 'contains').map(r => r.to))
  const body = {
    version: 1,
    metadata: {
      timestamp: timeOf(about),
      tools: {components: [{type: 'application', name: 'lockstep'}]},
      component: componentOf(subject),
      supplier: {name: about.product},
    },
    components: parts.map(part => ({
      ...componentOf(part),
      // What only made it is no part of what runs.
      scope: inside.has(part.id) ? 'required' : 'excluded',
    })),
    dependencies: dependenciesOf([subject, ...parts], relations),
  }
  const serialNumber = `urn:uuid:${uuid(digestOf(body))}`
  return `${JSON.stringify({bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, ...body}, undefined, 2)}\n`
}

function componentOf(part: Part): Record<string, unknown> {
  return {
    type: types[part.purpose],
    'bom-ref': part.id,
    ...(part.supplier ? {supplier: {name: part.supplier}} : {}),
    name: part.name,
    version: part.version,
    ...(part.checksums.length > 0
      ? {hashes: part.checksums.map(c => ({alg: c.algorithm.replace('SHA', 'SHA-'), content: c.value}))}
      : {}),
    ...(part.license ? {licenses: [{expression: part.license}]} : {}),
    ...(part.cpe ? {cpe: part.cpe} : {}),
    ...(part.purl ? {purl: part.purl} : {}),
  }
}

function dependenciesOf(parts: readonly Part[], relations: readonly Relation[]): unknown[] {
  return parts.map(({id}) => {
    const dependsOn = [...new Set(relations.filter(r => r.from === id).map(r => r.to))]
    return {ref: id, ...(dependsOn.length > 0 ? {dependsOn} : {})}
  })
}

/** A UUID of version 8 (RFC 9562, 5.8): its bits are those of a digest. */
function uuid(hex: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

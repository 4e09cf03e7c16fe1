import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import type {Digest} from '../lib/digest.ts'
import {blobOf, type Descriptor} from '../lib/oci/descriptor.ts'
import {type Packed, packArtifact} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'
import {layersOf} from '../publish/referrers.ts'
import {type Bundle, bundleBytes, bundleType, readBundle} from '../trust/bundle.ts'

/**
 * The type by which evidence is found among a release's referrers. One of its own: it is signed about a commit, and who
 * looks for signatures of the artifact would stumble over it.
 */
export const evidenceReferrerType = 'application/vnd.lockstep.evidence.v1'
/** What the file is called wherever it lies. */
export const evidenceFile = 'evidence.sigstore.json'

/** Evidence as a referrer of a release's own artifact; the same bytes for the same bundle. */
export function packEvidence(subject: Descriptor, bundle: Bundle): Packed {
  const title = {'org.opencontainers.image.title': evidenceFile}
  return packArtifact({
    artifactType: evidenceReferrerType,
    layers: [blobOf(bundleBytes(bundle), bundleType, title)],
    subject,
  })
}

/** What hangs on a release as evidence, whoever has signed it. */
export type Hanging = {
  bundles: {bundle: Bundle; name: string}[]
  /** What can't be read: whoever may push can add such, so it is only told of when none is good. */
  broken: Diagnostic[]
}

export async function evidenceOn(repository: Repository, release: Digest): Promise<Hanging> {
  const found: Hanging = {bundles: [], broken: []}
  for (const {digest, artifactType} of await repository.referrers(release)) {
    if (artifactType !== evidenceReferrerType) continue
    const name = `${repository.name}@${digest}`
    try {
      for (const bytes of await layersOf(repository, digest, bundleType))
        found.bundles.push({bundle: readBundle(bytes, name), name})
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      found.broken.push(...error.diagnostics)
    }
  }
  return found
}

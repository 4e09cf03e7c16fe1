import {collect} from '../lib/bytes.ts'
import type {Digest} from '../lib/digest.ts'
import {blobOf, type Descriptor} from '../lib/oci/descriptor.ts'
import {type Packed, packArtifact, parseManifest} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'
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

/** What hangs on a release as evidence, whoever has signed it. @throws W012 one of them is no bundle */
export async function evidenceOn(
  repository: Repository,
  release: Digest,
): Promise<{bundle: Bundle; name: string}[]> {
  const found: {bundle: Bundle; name: string}[] = []
  for (const {digest, artifactType} of await repository.referrers(release)) {
    if (artifactType !== evidenceReferrerType) continue
    const stored = await repository.readManifest(digest)
    if (!stored) continue
    const name = `${repository.name}@${digest}`
    for (const layer of parseManifest(stored.bytes, stored.descriptor.mediaType, name).layers)
      if (layer.mediaType === bundleType)
        found.push({bundle: readBundle(await collect(repository.readBlob(layer).open()), name), name})
  }
  return found
}

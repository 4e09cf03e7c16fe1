import {blobOf, type Descriptor} from '../lib/oci/descriptor.ts'
import {type Packed, packArtifact} from '../lib/oci/manifest.ts'
import {type Bundle, bundleBytes, bundleType} from './bundle.ts'

/** The type by which a release's file signatures are found among its referrers. */
export const fileSignaturesType = 'application/vnd.lockstep.signatures.v1'
const title = 'org.opencontainers.image.title'

/** A bill of materials as a referrer: the same bytes each time, so that publishing again adds nothing. */
export function packSbom(subject: Descriptor, type: string, text: string, name: string): Packed {
  return packArtifact({artifactType: type, layers: [blobOf(text, type, {[title]: name})], subject})
}

/**
 * A signed statement as a referrer, in the form in which cosign 3, policy engines and oras look for it
 * (https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md).
 */
export function packBundle(subject: Descriptor, bundle: Bundle, predicateType: string): Packed {
  return packArtifact({
    artifactType: bundleType,
    layers: [blobOf(bundleBytes(bundle), bundleType)],
    subject,
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': predicateType,
    },
  })
}

/**
 * Signatures over release files, named by their titles: of a type of their own, since who verifies the artifact
 * itself would stumble over a signature that is not over its digest.
 */
export function packFileSignatures(subject: Descriptor, bundles: ReadonlyMap<string, Bundle>): Packed {
  return packArtifact({
    artifactType: fileSignaturesType,
    layers: [...bundles].map(([name, bundle]) => blobOf(bundleBytes(bundle), bundleType, {[title]: name})),
    subject,
  })
}

import {packArtifact} from '../../lib/oci/manifest.ts'
import {imageAnnotations} from '../annotations.ts'
import type {Builder} from '../context.ts'
import {keepPacked} from '../oci-output.ts'

/** The type by which tools find a release among a repository's artifacts. */
export const releaseType = 'application/vnd.lockstep.release.v1'

/**
 * All release files as one OCI artifact, a layer per file named by its title as `oras` does it: who has only the
 * registry finds SHA256SUMS and digests.json there and can check everything else against them.
 */
export const buildRelease: Builder<'release'> = async (_recipe, needed, artifact, context) => {
  const {plan, store} = context
  const names = needed.flatMap(({artifact: a, output}) =>
    a.files.map(name => ({name, blob: output.files[name]})),
  )
  const layers = names
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({name, blob}) => {
      if (!blob) throw new Error(`${name} was not made`)
      const annotations = {'org.opencontainers.image.title': name}
      return {
        descriptor: {mediaType: mediaTypeOf(name), ...blob, annotations},
        source: store.source(blob),
      }
    })
  const packed = packArtifact({
    artifactType: releaseType,
    layers,
    annotations: imageAnnotations(plan, artifact.title, plan.licenses),
  })
  return {files: {}, oci: await keepPacked(store, packed)}
}

function mediaTypeOf(name: string): string {
  if (/\.(?:tgz|tar\.gz)$/.test(name)) return 'application/gzip'
  if (name.endsWith('.json')) return 'application/json'
  if (name.endsWith('.yaml')) return 'application/yaml'
  if (name.endsWith('.md')) return 'text/markdown'
  if (/-linux-(?:amd64|arm64)$/.test(name)) return 'application/octet-stream'
  return 'text/plain'
}

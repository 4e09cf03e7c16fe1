import {type Digest, parseDigest} from '../lib/digest.ts'
import type {Blob, Descriptor} from '../lib/oci/descriptor.ts'
import {type Packed, packArtifact, parseManifest} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'
import type {Inputs} from './inputs.ts'

/** The type by which a release's inputs are found among its referrers. */
export const inputsType = 'application/vnd.lockstep.inputs.v1'
const title = 'org.opencontainers.image.title'
/** npm's own checksum, `sha512-…`: a layer's digest is another. */
const integrity = 'dev.lockstep.npm.integrity'

/** A package of npm as it was fetched, with its size and digest. */
export type NpmArchive = {name: string; version: string; integrity: string; blob: Blob}

/**
 * Everything that a release was made from as one artifact that hangs on it, a layer for each input: a registry keeps
 * what several releases share once. The same inputs give the same bytes.
 * @param debs by sha256, in any order
 * @param files lock files, by path
 */
export function packInputs(
  subject: Descriptor,
  inputs: Inputs,
  debs: (sha256: string, size: number) => Blob['source'],
  npm: readonly NpmArchive[],
  files: ReadonlyMap<string, Blob>,
): Packed {
  const layer = (
    {descriptor, source}: Blob,
    mediaType: string,
    annotations: Record<string, string>,
  ): Blob => ({
    descriptor: {mediaType, digest: descriptor.digest, size: descriptor.size, annotations},
    source,
  })
  const layers = [
    ...inputs.debs.map(({sha256, size, filename}) => {
      const descriptor = {mediaType: '', digest: parseDigest(`sha256:${sha256}`), size}
      const blob = {descriptor, source: debs(sha256, size)}
      return layer(blob, 'application/vnd.debian.binary-package', {[title]: filename})
    }),
    ...npm.map(one =>
      layer(one.blob, 'application/gzip', {
        [title]: `${one.name}-${one.version}.tgz`,
        [integrity]: one.integrity,
      }),
    ),
    ...[...files].map(([path, blob]) => layer(blob, 'text/plain', {[title]: path})),
  ]
  return packArtifact({artifactType: inputsType, layers, subject})
}

/** Archived inputs, by what locks know of them: a Debian package's sha256, npm's integrity. */
export type Archived = {
  /** Of the artifact itself. */
  digest: Digest
  debs: Map<string, Descriptor>
  npm: Map<string, Descriptor>
}

/** The inputs that hang on a release; of several artifacts, all that any of them has. */
export async function findInputs(repository: Repository, release: Digest): Promise<Archived | undefined> {
  const found: Archived = {digest: release, debs: new Map(), npm: new Map()}
  let any = false
  for (const {digest, artifactType} of await repository.referrers(release)) {
    if (artifactType !== inputsType) continue
    const stored = await repository.readManifest(digest)
    if (!stored) continue
    any = true
    found.digest = digest
    const name = `${repository.name}@${digest}`
    for (const layer of parseManifest(stored.bytes, stored.descriptor.mediaType, name).layers) {
      const sum = layer.annotations?.[integrity]
      if (sum !== undefined) found.npm.set(sum, layer)
      else found.debs.set(layer.digest.slice('sha256:'.length), layer)
    }
  }
  return any ? found : undefined
}

/** What of some inputs an archive lacks. */
export function lacking(archived: Archived | undefined, inputs: Inputs): Inputs {
  return {
    debs: inputs.debs.filter(deb => !archived?.debs.has(deb.sha256)),
    npm: inputs.npm.filter(one => !archived?.npm.has(one.integrity)),
  }
}

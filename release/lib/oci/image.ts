import {type Digest, digestOf} from '../digest.ts'
import {gzip} from '../gzip.ts'
import {type TarEntry, tar} from '../tar.ts'
import {type Blob, blobOf, canonicalPlatform, mediaTypes, type Platform, sortedRecord} from './descriptor.ts'
import {type Packed, packManifest} from './manifest.ts'

/** A layer: its compressed bytes, and the digest of the tar inside, which the image's config lists. */
export type Layer = Blob & {diffId: Digest; comment?: string}

/** A layer from entries in memory. `mtime` in seconds. */
export async function packLayer(
  entries: Iterable<TarEntry>,
  options: {mtime: number; comment?: string},
): Promise<Layer> {
  const archive = tar(entries, options)
  return {
    ...blobOf(await gzip(archive), mediaTypes.layer),
    diffId: digestOf(archive),
    ...(options.comment ? {comment: options.comment} : {}),
  }
}

export type ImageInput = {
  platform: Platform
  layers: readonly Layer[]
  /** Seconds since 1970. */
  created: number
  config?: {
    user?: string
    env?: Record<string, string>
    entrypoint?: readonly string[]
    cmd?: readonly string[]
    workingDir?: string
    labels?: Record<string, string>
  }
  annotations?: Record<string, string>
}

/** An image of one platform (image-spec config.md): byte-stable config and manifest. */
export function packImage({platform, layers, created, config = {}, annotations = {}}: ImageInput): Packed {
  const time = new Date(created * 1000).toISOString().replace('.000Z', 'Z')
  const text = JSON.stringify({
    created: time,
    ...canonicalPlatform(platform),
    config: {
      ...(config.user ? {User: config.user} : {}),
      ...(config.env ? {Env: Object.entries(sortedRecord(config.env)).map(([k, v]) => `${k}=${v}`)} : {}),
      ...(config.entrypoint ? {Entrypoint: config.entrypoint} : {}),
      ...(config.cmd ? {Cmd: config.cmd} : {}),
      ...(config.workingDir ? {WorkingDir: config.workingDir} : {}),
      ...(config.labels ? {Labels: sortedRecord(config.labels)} : {}),
    },
    rootfs: {type: 'layers', diff_ids: layers.map(l => l.diffId)},
    // One line for each layer, in the same order: `docker history` and scanners count on it.
    history: layers.map(l => ({
      created: time,
      created_by: 'lockstep',
      ...(l.comment ? {comment: l.comment} : {}),
    })),
  })
  return packManifest({config: blobOf(text, mediaTypes.config), layers, annotations, platform})
}

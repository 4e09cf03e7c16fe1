import {fail} from '#lib/diagnostics.ts'
import {forEachLimited} from '../limit.ts'
import type {Descriptor} from './descriptor.ts'
import {isManifestType} from './descriptor.ts'
import {type Packed, parseManifest} from './manifest.ts'
import type {Repository} from './target.ts'

export type CopyOptions = {
  /** Blobs in flight at once. */
  concurrency?: number
}

/** Pushes what was packed, bottom-up: blobs, the manifests below, then the manifest itself, all by digest. */
export async function pushPacked(to: Repository, packed: Packed, options: CopyOptions = {}): Promise<void> {
  for (const manifest of packed.manifests) await pushPacked(to, manifest, options)
  await forEachLimited(packed.blobs, options.concurrency ?? 4, blob => to.pushBlob(blob))
  await to.pushManifest(packed)
}

/**
 * Copies a manifest or index with everything below it, bottom-up. What is there already is not sent; if it
 * is all there, only looks are made.
 * @throws O002 the source does not hold it
 */
export async function copyTree(
  from: Repository,
  reference: string,
  to: Repository,
  options: CopyOptions = {},
): Promise<Descriptor> {
  const found = await from.readManifest(reference)
  if (!found) return absent(from, reference)
  const manifest = parseManifest(
    found.bytes,
    found.descriptor.mediaType,
    `${from.name}@${found.descriptor.digest}`,
  )
  for (const below of manifest.manifests) await copyTree(from, below.digest, to, options)
  // An artifact index may list plain blobs' manifests only; anything else among blobs is content.
  const blobs = manifest.blobs.filter(b => !isManifestType(b.mediaType))
  await forEachLimited(blobs, options.concurrency ?? 4, descriptor =>
    to.pushBlob({descriptor, source: from.readBlob(descriptor)}),
  )
  await to.pushManifest(found)
  return found.descriptor
}

export function absent(repository: {name: string}, reference: string): never {
  fail({
    code: 'O002',
    message: `${repository.name} has no ${reference}`,
    hint: `\`lockstep release status\` tells what is there`,
  })
}

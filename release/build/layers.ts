/** Layers that many images share: made once, kept in the store, and the same bytes in every registry. */
import {collect} from '../lib/bytes.ts'
import {isDigest} from '../lib/digest.ts'
import {mediaTypes} from '../lib/oci/descriptor.ts'
import {type Layer, packLayer} from '../lib/oci/image.ts'
import type {TarEntry} from '../lib/tar.ts'
import type {BuildContext, Needed} from './context.ts'
import type {Output} from './store.ts'

/** What a layer's builder answers: the packed layer, and the digest of the archive in it, which images list. */
const [packed, diffId] = ['layer.tar.gz', 'diff-id']

export async function keepLayer(entries: Iterable<TarEntry>, {plan, store}: BuildContext): Promise<Output> {
  const layer = await packLayer(withFolders(entries), {mtime: plan.epoch})
  return {
    files: {
      [packed]: await store.put(await collect(layer.source.open())),
      [diffId]: await store.put(Buffer.from(layer.diffId)),
    },
  }
}

/** A layer that was made before; its bytes stay in the store. */
export async function keptLayer({artifact, output: {files}}: Needed, {store}: BuildContext): Promise<Layer> {
  const blob = files[packed]
  const id = files[diffId] && (await store.get(files[diffId]))?.toString()
  if (!blob || !id || !isDigest(id)) throw new Error(`${artifact.id} has left the store`)
  return {
    descriptor: {mediaType: mediaTypes.layer, ...blob},
    source: store.source(blob),
    diffId: id,
    comment: artifact.title,
  }
}

/** The entries and every folder above them, so that no unpacker has to guess a folder's mode. */
export function withFolders(entries: Iterable<TarEntry>): TarEntry[] {
  const given = [...entries]
  const dirs = new Set<string>()
  for (const {path} of given)
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) dirs.add(path.slice(0, at))
  for (const {type, path} of given) if (type === 'dir') dirs.delete(path)
  return [...[...dirs].map((path): TarEntry => ({type: 'dir', path})), ...given]
}

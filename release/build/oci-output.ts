import {collect} from '../lib/bytes.ts'
import {bytesSource, type Descriptor, isManifestType} from '../lib/oci/descriptor.ts'
import type {Packed} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'
import type {Output, Store} from './store.ts'

type OciOutput = NonNullable<Output['oci']>

/** Keeps what was packed in the store; `content` lists children before what refers to them. */
export async function keepPacked(store: Store, packed: Packed): Promise<OciOutput> {
  const content: Descriptor[] = []
  const keep = async (part: Packed): Promise<void> => {
    for (const blob of part.blobs) {
      // Layers that images share lie there already.
      if (!(await store.keeps(blob.descriptor))) await store.put(await collect(blob.source.open()))
      content.push(plain(blob.descriptor))
    }
    for (const below of part.manifests) await keep(below)
    await store.put(part.bytes)
    content.push(plain(part.descriptor))
  }
  await keep(packed)
  return {root: plain(packed.descriptor), content: [...new Map(content.map(d => [d.digest, d])).values()]}
}

function plain({mediaType, digest, size}: Descriptor): Descriptor {
  return {mediaType, digest, size}
}

/**
 * Puts an artifact of the store into a repository, bottom-up.
 * @param read bytes of a digest
 */
export async function pushOutput(
  to: Repository,
  output: OciOutput,
  read: (blob: Descriptor) => Promise<Buffer>,
): Promise<void> {
  for (const descriptor of output.content) {
    if (isManifestType(descriptor.mediaType))
      await to.pushManifest({descriptor, bytes: await read(descriptor)})
    else if (!(await to.hasBlob(descriptor)))
      await to.pushBlob({descriptor, source: bytesSource(await read(descriptor))})
  }
}

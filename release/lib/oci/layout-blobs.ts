import {join} from 'node:path'
import {type Digest, hexOf, verified, verify} from '../digest.ts'
import type {Files} from '../effects.ts'
import type {Blob, Descriptor, Source} from './descriptor.ts'
import {fileSource} from './descriptor.ts'

/** What the layouts of one target know of each other's blobs. */
export type Known = {
  /** Paths whose bytes were compared with their digest, by this process. */
  right: Set<string>
  /** Where a blob lies that another layout may link. */
  places: Map<Digest, string>
}

/** The blobs of one layout: `blobs/sha256/…`. */
export type LayoutBlobs = {
  path(digest: Digest): string
  /** Whether it is there with the right bytes: a right size may be that of a damaged file. */
  has(blob: Descriptor): Promise<boolean>
  /** Writes or links it, unless it is there. */
  push(blob: Blob): Promise<'present' | 'linked' | 'pushed'>
  /** Writes a manifest, unless it is there. */
  write(descriptor: Descriptor, bytes: Uint8Array): Promise<'present' | 'pushed'>
  /** @throws O021 other bytes */
  read(descriptor: Descriptor): Promise<Buffer>
  source(blob: Descriptor): Source
}

/** @param ready called before the first write */
export function layoutBlobs(
  files: Files,
  dir: string,
  {right, places}: Known,
  ready: () => Promise<void>,
): LayoutBlobs {
  const path = (digest: Digest) => join(dir, 'blobs', 'sha256', hexOf(digest))
  const isRight = async (place: string, {digest, size}: Descriptor) => {
    if ((await files.stat(place))?.size !== size) return false
    if (right.has(place)) return true
    const [found] = await files.hash([{path: place, size}])
    if (found === digest) right.add(place)
    return found === digest
  }
  const has = (blob: Descriptor) => isRight(path(blob.digest), blob)

  const push: LayoutBlobs['push'] = async ({descriptor, source}) => {
    const place = path(descriptor.digest)
    if (await has(descriptor)) return 'present'
    await ready()
    const twin = places.get(descriptor.digest)
    if (twin && twin !== place && (await isRight(twin, descriptor))) {
      await files.link(twin, place)
      right.add(place)
      return 'linked'
    }
    await files.write(place, verified(source.open(), descriptor, `oci:${dir}@${descriptor.digest}`))
    right.add(place)
    return 'pushed'
  }

  // The same blob wanted twice at once is written once.
  const flights = new Map<Digest, ReturnType<LayoutBlobs['push']>>()
  return {
    path,
    has,
    push: blob => {
      const {digest} = blob.descriptor
      const flight = flights.get(digest) ?? push(blob).finally(() => flights.delete(digest))
      flights.set(digest, flight)
      return flight.then(how => {
        places.set(digest, path(digest))
        return how
      })
    },
    write: async (descriptor, bytes) => {
      if (await has(descriptor)) return 'present'
      await ready()
      await files.write(path(descriptor.digest), bytes)
      right.add(path(descriptor.digest))
      return 'pushed'
    },
    read: async descriptor => {
      const bytes = await files.read(path(descriptor.digest))
      verify(bytes, descriptor, path(descriptor.digest))
      return bytes
    },
    source: ({digest, size, mediaType}) => {
      const plain = fileSource(files, path(digest), size)
      const open = (start = 0) =>
        start > 0
          ? plain.open(start)
          : verified(plain.open(), {digest, size}, `oci:${dir}@${digest} (${mediaType})`)
      return {size, open, unchecked: plain.open}
    },
  }
}

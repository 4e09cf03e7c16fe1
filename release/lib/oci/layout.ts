import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {compareBytewise} from '../bytes.ts'
import {type Digest, hexOf, isDigest, verified, verify} from '../digest.ts'
import type {Files} from '../effects.ts'
import {serial} from '../limit.ts'
import {type Descriptor, fileSource, type Source} from './descriptor.ts'
import {formatLayoutIndex, parseLayoutIndex, tagOf, withTag} from './layout-index.ts'
import {type Manifest, parseManifest, referrerDescriptor} from './manifest.ts'
import {checkTag, refuseMove} from './tags.ts'
import type {Repository, Target} from './target.ts'

/**
 * A folder with one OCI image layout per repository (`DIR/mock-accel-module/index.json`), as a registry
 * would be with its repositories: every tool that reads layouts reads `oci:DIR/NAME:TAG`. Blobs that several
 * repositories hold are linked, not stored twice.
 */
export function layoutTarget(files: Files, dir: string): Target {
  const known = new Map<Digest, string>()
  const open = new Map<string, Repository>()
  return {
    name: `oci:${dir}`,
    repository: name => {
      const repository = open.get(name) ?? layoutRepository(files, join(dir, name), known)
      open.set(name, repository)
      return repository
    },
  }
}

const layoutFile = '{"imageLayoutVersion":"1.0.0"}\n'

/** @param known where blobs of sibling repositories lie, so that they can be linked */
function layoutRepository(files: Files, dir: string, known: Map<Digest, string>): Repository {
  const name = `oci:${dir}`
  const indexPath = join(dir, 'index.json')
  const blobPath = (digest: Digest) => join(dir, 'blobs', 'sha256', hexOf(digest))
  // Index changes are read, changed and written: one at a time. Blob pushes of one digest too.
  const inTurn = serial()
  const flights = new Map<Digest, Promise<'present' | 'linked' | 'pushed'>>()
  const parsed = new Map<Digest, Manifest>()
  let prepared: Promise<void> | undefined

  const prepare = async () => {
    await files.mkdir(join(dir, 'blobs', 'sha256'))
    await files.sweep(dir)
    await files.sweep(join(dir, 'blobs', 'sha256'))
    const marker = join(dir, 'oci-layout')
    if (!(await files.stat(marker))) await files.write(marker, Buffer.from(layoutFile))
    if (!(await files.stat(indexPath))) await files.write(indexPath, formatLayoutIndex([]))
  }
  const ready = () => {
    prepared ??= prepare()
    return prepared
  }
  const entries = async () =>
    (await files.stat(indexPath)) ? parseLayoutIndex(await files.read(indexPath), indexPath) : []
  const has = async ({digest, size}: Descriptor) => (await files.stat(blobPath(digest)))?.size === size

  const push: Repository['pushBlob'] = async ({descriptor, source}) => {
    const path = blobPath(descriptor.digest)
    if (await has(descriptor)) return 'present'
    await ready()
    const twin = known.get(descriptor.digest)
    if (twin && twin !== path && (await files.stat(twin))?.size === descriptor.size) {
      await files.link(twin, path)
      return 'linked'
    }
    await files.write(path, verified(source.open(), descriptor, `${name}@${descriptor.digest}`))
    return 'pushed'
  }

  const read = async (descriptor: Descriptor): Promise<Buffer> => {
    const bytes = await files.read(blobPath(descriptor.digest))
    verify(bytes, descriptor, blobPath(descriptor.digest))
    return bytes
  }
  const manifestOf = async (entry: Descriptor): Promise<Manifest> => {
    const manifest =
      parsed.get(entry.digest) ?? parseManifest(await read(entry), entry.mediaType, `${name}@${entry.digest}`)
    parsed.set(entry.digest, manifest)
    return manifest
  }

  const resolve: Repository['resolve'] = async reference => {
    if (!isDigest(reference)) {
      const entry = (await entries()).find(e => tagOf(e) === reference)
      return entry && pointerOf(entry)
    }
    const entry = (await entries()).find(e => e.digest === reference)
    if (entry) return pointerOf(entry)
    const found = await files.stat(blobPath(reference))
    if (!found) return undefined
    // Only tagged manifests and referrers stand in the index; what lies below one says its own type.
    const bytes = await files.read(blobPath(reference))
    return {mediaType: ownMediaType(bytes, blobPath(reference)), digest: reference, size: bytes.length}
  }

  return {
    name,
    hasBlob: has,
    pushBlob: blob => {
      const {digest} = blob.descriptor
      const flight =
        flights.get(digest) ??
        push(blob).then(
          how => {
            known.set(digest, blobPath(digest))
            flights.delete(digest)
            return how
          },
          error => {
            flights.delete(digest)
            throw error
          },
        )
      flights.set(digest, flight)
      return flight
    },
    readBlob: ({digest, size, mediaType}): Source => {
      const plain = fileSource(files, blobPath(digest), size)
      const open = (start = 0) =>
        start > 0
          ? plain.open(start)
          : verified(plain.open(), {digest, size}, `${name}@${digest} (${mediaType})`)
      return {size, open, unchecked: plain.open}
    },
    resolve,
    readManifest: async reference => {
      const descriptor = await resolve(reference)
      return descriptor && {descriptor, bytes: await read(descriptor)}
    },
    pushManifest: async ({descriptor, bytes}) => {
      verify(bytes, descriptor, `the manifest ${descriptor.digest}`)
      const manifest = parseManifest(bytes, descriptor.mediaType, `the manifest ${descriptor.digest}`)
      await refuseMissing(name, [...manifest.manifests, ...manifest.blobs], has)
      const there = await has(descriptor)
      if (!there) {
        await ready()
        await files.write(blobPath(descriptor.digest), bytes)
      }
      if (!manifest.subject) return there ? 'present' : 'pushed'
      return inTurn(async () => {
        const before = await entries()
        if (before.some(e => e.digest === descriptor.digest)) return there ? 'present' : 'pushed'
        await files.write(indexPath, formatLayoutIndex([...before, referrerDescriptor(descriptor, manifest)]))
        return 'pushed'
      })
    },
    tags: async () => (await entries()).flatMap(e => tagOf(e) ?? []).sort(compareBytewise),
    tag: (tag, descriptor, {floating = false} = {}) =>
      inTurn(async () => {
        checkTag(tag)
        await refuseMissing(name, [descriptor], has)
        const before = await entries()
        const old = before.find(e => tagOf(e) === tag)
        if (old?.digest === descriptor.digest) return 'present'
        if (old && !floating) refuseMove(name, tag, old.digest, descriptor.digest)
        await ready()
        await files.write(indexPath, formatLayoutIndex(withTag(before, tag, pointerOf(descriptor))))
        return old ? 'moved' : 'set'
      }),
    referrers: async subject => {
      const found: Descriptor[] = []
      for (const entry of await entries()) {
        const manifest = await manifestOf(entry)
        if (manifest.subject?.digest === subject) found.push(referrerDescriptor(entry, manifest))
      }
      const unique = new Map(found.map(d => [d.digest, d]))
      return [...unique.values()].sort((a, b) => compareBytewise(a.digest, b.digest))
    },
  }
}

function pointerOf({mediaType, digest, size}: Descriptor): Descriptor {
  return {mediaType, digest, size}
}

function ownMediaType(bytes: Buffer, path: string): string {
  const found = /"mediaType"\s*:\s*"([^"]+)"/.exec(bytes.toString('utf8', 0, 4096))?.[1]
  return found ?? fail({code: 'O001', message: `${path} is no manifest: it has no mediaType`})
}

async function refuseMissing(
  name: string,
  wanted: readonly Descriptor[],
  has: (d: Descriptor) => Promise<boolean>,
): Promise<void> {
  for (const descriptor of wanted)
    if (!(await has(descriptor)))
      fail({
        code: 'O004',
        message: `${name} lacks ${descriptor.digest}, to which a manifest or tag would point`,
        hint: 'push the parts before the whole',
      })
}

import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {compareBytewise} from '../bytes.ts'
import {type Digest, isDigest, verify} from '../digest.ts'
import type {Files} from '../effects.ts'
import {serial} from '../limit.ts'
import type {Descriptor} from './descriptor.ts'
import {type Known, layoutBlobs} from './layout-blobs.ts'
import {formatLayoutIndex, parseLayoutIndex, tagOf, withTag} from './layout-index.ts'
import {type Manifest, parseManifest, referrerDescriptor} from './manifest.ts'
import {checkRepositoryName} from './repository-name.ts'
import {checkTag, refuseMove} from './tags.ts'
import type {Repository, Target} from './target.ts'

/**
 * A folder with one OCI image layout per repository (`DIR/mock-accel-module/index.json`), as a registry
 * would be with its repositories: every tool that reads layouts reads `oci:DIR/NAME:TAG`. Blobs that several
 * repositories hold are linked, not stored twice.
 */
export function layoutTarget(files: Files, dir: string): Target {
  const known: Known = {right: new Set(), places: new Map()}
  const open = new Map<string, Repository>()
  return {
    name: `oci:${dir}`,
    repository: name => {
      // A name may stand in a file that others wrote, and must not lead out of the folder.
      const repository =
        open.get(name) ?? layoutRepository(files, join(dir, checkRepositoryName(name)), known)
      open.set(name, repository)
      return repository
    },
  }
}

const layoutFile = '{"imageLayoutVersion":"1.0.0"}\n'

function layoutRepository(files: Files, dir: string, known: Known): Repository {
  const name = `oci:${dir}`
  const indexPath = join(dir, 'index.json')
  const lockPath = join(dir, '.index.lock')
  const parsed = new Map<Digest, Manifest>()
  let prepared: Promise<void> | undefined

  const prepare = async () => {
    await files.mkdir(join(dir, 'blobs', 'sha256'))
    await files.sweep(dir)
    await files.sweep(join(dir, 'blobs', 'sha256'))
    const marker = join(dir, 'oci-layout')
    if (!(await files.stat(marker))) await files.write(marker, Buffer.from(layoutFile))
    if (await files.stat(indexPath)) return
    await files.exclusive(lockPath, async () => {
      if (!(await files.stat(indexPath))) await files.write(indexPath, formatLayoutIndex([]))
    })
  }
  const ready = () => {
    prepared ??= prepare()
    return prepared
  }
  const blobs = layoutBlobs(files, dir, known, ready)
  const entries = async () =>
    (await files.stat(indexPath)) ? parseLayoutIndex(await files.read(indexPath), indexPath) : []

  // The index is read, changed and written: by one at a time, here and in other processes.
  const inTurn = serial()
  const changeIndex = <T>(decide: (before: Descriptor[]) => {answer: T; after?: Descriptor[]}): Promise<T> =>
    inTurn(async () => {
      const looked = decide(await entries())
      if (!looked.after) return looked.answer
      await ready()
      return files.exclusive(lockPath, async () => {
        const {answer, after} = decide(await entries())
        if (after) await files.write(indexPath, formatLayoutIndex(after))
        return answer
      })
    })

  const manifestOf = async (entry: Descriptor): Promise<Manifest> => {
    const manifest =
      parsed.get(entry.digest) ??
      parseManifest(await blobs.read(entry), entry.mediaType, `${name}@${entry.digest}`)
    parsed.set(entry.digest, manifest)
    return manifest
  }
  const holds = async (root: Descriptor): Promise<boolean> => {
    if (!(await blobs.has(root))) return false
    const below = await manifestOf(root)
    for (const manifest of below.manifests) if (!(await holds(manifest))) return false
    for (const blob of below.blobs) if (!(await blobs.has(blob))) return false
    return true
  }

  const resolve: Repository['resolve'] = async reference => {
    if (!isDigest(reference)) {
      const entry = (await entries()).find(e => tagOf(e) === reference)
      return entry && pointerOf(entry)
    }
    const entry = (await entries()).find(e => e.digest === reference)
    if (entry) return pointerOf(entry)
    const path = blobs.path(reference)
    if (!(await files.stat(path))) return undefined
    // Only tagged manifests and referrers stand in the index; what lies below one says its own type.
    const bytes = await files.read(path)
    return {mediaType: ownMediaType(bytes, path), digest: reference, size: bytes.length}
  }

  return {
    name,
    hasBlob: blobs.has,
    pushBlob: blobs.push,
    readBlob: blobs.source,
    resolve,
    holds,
    readManifest: async reference => {
      const descriptor = await resolve(reference)
      return descriptor && {descriptor, bytes: await blobs.read(descriptor)}
    },
    pushManifest: async ({descriptor, bytes}) => {
      verify(bytes, descriptor, `the manifest ${descriptor.digest}`)
      const manifest = parseManifest(bytes, descriptor.mediaType, `the manifest ${descriptor.digest}`)
      await refuseMissing(name, [...manifest.manifests, ...manifest.blobs], blobs.has)
      const how = await blobs.write(descriptor, bytes)
      if (!manifest.subject) return how
      return changeIndex(before =>
        before.some(e => e.digest === descriptor.digest)
          ? {answer: how}
          : {answer: 'pushed', after: [...before, referrerDescriptor(descriptor, manifest)]},
      )
    },
    tags: async () => (await entries()).flatMap(e => tagOf(e) ?? []).sort(compareBytewise),
    tag: async (tag, descriptor, {floating = false} = {}) => {
      checkTag(tag)
      await refuseMissing(name, [descriptor], blobs.has)
      return changeIndex(before => {
        const old = before.find(e => tagOf(e) === tag)
        if (old?.digest === descriptor.digest) return {answer: 'present'}
        if (old && !floating) refuseMove(name, tag, old.digest, descriptor.digest)
        return {answer: old ? 'moved' : 'set', after: withTag(before, tag, pointerOf(descriptor))}
      })
    },
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

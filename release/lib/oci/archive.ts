import {dirname, join, relative} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {compareBytewise} from '../bytes.ts'
import {type Digest, digestStream} from '../digest.ts'
import type {Files} from '../effects.ts'
import {readSpan, type Span, streamSpan, tarTable} from '../tar-table.ts'
import type {Descriptor} from './descriptor.ts'
import {layoutTarget} from './layout.ts'
import {formatLayoutIndex, parseLayoutIndex, refName} from './layout-index.ts'
import type {Target} from './target.ts'

/** Where an entry of an archive's index keeps the repository that it belongs to, below the target. */
export const repositoryName = 'dev.lockstep.repository'

/**
 * One tar file that holds the artifacts of many repositories as one OCI layout, as `skopeo` and `ctr` read it: a tag
 * stands in the index as `repository:tag`, so each blob is in it once. It is only read: `release/mirror` writes it.
 */
export function archiveTarget(files: Files, archive: string): Target {
  const layouts = layoutTarget(archivedLayouts(files, archive), archive)
  return {name: `oci-archive:${archive}`, repository: layouts.repository}
}

/** An index entry as it stands in an archive. */
export function archivedEntry(repository: string, entry: Descriptor, tag?: string): Descriptor {
  const annotations = {...entry.annotations, [repositoryName]: repository}
  return {...entry, annotations: tag ? {...annotations, [refName]: `${repository}:${tag}`} : annotations}
}

type Opened = {table: Map<string, Span>; index: Descriptor[]}

/** An archive as a folder of layouts, one for each repository, all over the same blobs. */
function archivedLayouts(files: Files, archive: string): Files {
  let opened: Promise<Opened | undefined> | undefined
  const open = async (): Promise<Opened | undefined> => {
    if (!(await files.stat(archive))) return undefined
    const table = await tarTable(files, archive)
    const span = table.get('index.json')
    if (!span || !table.has('oci-layout'))
      fail({
        code: 'O006',
        message: `${archive} is no OCI archive: it lacks ${span ? 'oci-layout' : 'index.json'}`,
        hint: '`lockstep mirror VERSION --to oci-archive:FILE` writes one',
      })
    return {table, index: parseLayoutIndex(await readSpan(files, archive, span), `${archive}/index.json`)}
  }
  const once = () => {
    opened ??= open()
    return opened
  }
  const find = async (path: string): Promise<Span | Buffer | undefined> => {
    const found = await once()
    const inside = relative(archive, path)
    const blob = /(?:^|\/)blobs\/sha256\/[0-9a-f]{64}$/.exec(inside)?.[0].replace(/^\//, '')
    if (!found) return undefined
    if (blob) return found.table.get(blob)
    if (!inside.endsWith('/index.json')) return undefined
    const own = found.index.filter(e => e.annotations?.[repositoryName] === dirname(inside))
    return own.length > 0 ? formatLayoutIndex(own.map(entry => entryOf(entry, dirname(inside)))) : undefined
  }
  const needed = async (path: string) =>
    (await find(path)) ?? fail({code: 'E003', message: `${path} is not there`}, 3)
  const stream = async function* (path: string, start = 0): AsyncGenerator<Uint8Array> {
    const found = await needed(path)
    if (Buffer.isBuffer(found)) yield found.subarray(start)
    else yield* streamSpan(files, archive, found, start)
  }
  const refuse = async (): Promise<never> =>
    fail({
      code: 'O007',
      message: `${archive} is an archive, which is only read`,
      hint: '`lockstep mirror VERSION --to oci-archive:FILE` writes one as a whole; for anything else take oci:DIR',
    })
  return {
    read: async path => {
      const found = await needed(path)
      return Buffer.isBuffer(found) ? found : readSpan(files, archive, found)
    },
    stat: async path => {
      const found = await find(path)
      if (!found) return undefined
      const size = Buffer.isBuffer(found) ? found.length : found.size
      return {kind: 'file', size, mode: 0o644, modified: 0}
    },
    hash: async all => {
      const digests: Digest[] = []
      for (const {path} of all) digests.push((await digestStream(stream(path))).digest)
      return digests
    },
    list: async path => {
      const names = [...((await once())?.table.keys() ?? [])].filter(
        p => dirname(p) === relative(archive, path),
      )
      return names.map(name => relative(join(archive, path), name)).sort(compareBytewise)
    },
    stream,
    mkdir: refuse,
    write: refuse,
    rename: refuse,
    link: refuse,
    remove: refuse,
    exclusive: refuse,
    sweep: async () => {},
  }
}

/** An archive's entry as the repository's own layout would have it. */
function entryOf(entry: Descriptor, repository: string): Descriptor {
  const {[repositoryName]: _, ...annotations} = entry.annotations ?? {}
  const name = annotations[refName]
  if (name) annotations[refName] = name.slice(repository.length + 1)
  return {...entry, annotations}
}

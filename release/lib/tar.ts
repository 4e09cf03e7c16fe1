import {fail} from '#lib/diagnostics.ts'
import {compareBytewise} from './bytes.ts'

/** What goes into an archive. `path` is relative, with `/`, and has no `.` or `..` parts. */
export type TarEntry =
  | {type: 'dir'; path: string}
  | {type: 'symlink'; path: string; linkname: string}
  | {type: 'file'; path: string; mode?: number; data: Uint8Array | TarSource}
export type TarSource = {size: number; open(): AsyncIterable<Uint8Array>}
/** `mtime` in seconds since 1970, the same for every entry. */
export type TarOptions = {mtime: number}

const block = 512
/** ustar writes sizes as eleven octal digits. */
const largestSize = 0o77777777777

/**
 * A reproducible archive of entries that lie in memory (POSIX ustar, with pax records only where ustar has
 * no room): sorted bytewise, owner 0 without names, one time, modes 0644 or 0755.
 * @throws A001 unusable path, A002 the same path twice
 */
export function tar(entries: Iterable<TarEntry>, options: TarOptions): Buffer {
  const parts: Uint8Array[] = []
  for (const entry of ordered(entries)) {
    parts.push(headers(entry, options.mtime))
    if (entry.type !== 'file') continue
    if (!(entry.data instanceof Uint8Array)) throw new TypeError(`${entry.path} is a stream: use tarStream`)
    parts.push(entry.data, padding(entry.data.length))
  }
  parts.push(Buffer.alloc(2 * block))
  return Buffer.concat(parts)
}

/** The same bytes as `tar`, for entries whose data come from elsewhere. @throws A003 a source's size is wrong */
export async function* tarStream(
  entries: Iterable<TarEntry>,
  options: TarOptions,
): AsyncGenerator<Uint8Array> {
  for (const entry of ordered(entries)) {
    yield headers(entry, options.mtime)
    if (entry.type !== 'file') continue
    if (entry.data instanceof Uint8Array) yield entry.data
    else yield* exactly(entry.path, entry.data)
    yield padding(sizeOf(entry))
  }
  yield Buffer.alloc(2 * block)
}

async function* exactly(path: string, source: TarSource): AsyncGenerator<Uint8Array> {
  let seen = 0
  for await (const part of source.open()) {
    seen += part.length
    if (seen <= source.size) yield part
  }
  if (seen !== source.size)
    fail(
      {
        code: 'A003',
        message: `${path} has ${seen} bytes, ${source.size} were announced: it changed while it was packed`,
        hint: 'run the command again',
      },
      3,
    )
}

function ordered(entries: Iterable<TarEntry>): TarEntry[] {
  const sorted = [...entries].sort((a, b) => compareBytewise(a.path, b.path))
  for (const [i, {path}] of sorted.entries()) {
    const parts = path.split('/')
    if (path.includes('\0') || parts.some(p => p === '' || p === '.' || p === '..'))
      fail({
        code: 'A001',
        message: `the path ${JSON.stringify(path)} can't stand in an archive`,
        expected: 'a relative path such as dir/file, without empty, "." or ".." parts',
      })
    if (sorted[i - 1]?.path === path) fail({code: 'A002', message: `${path} is listed twice for one archive`})
  }
  return sorted
}

function sizeOf(entry: TarEntry): number {
  if (entry.type !== 'file') return 0
  return entry.data instanceof Uint8Array ? entry.data.length : entry.data.size
}

function padding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block)
}

/** The ustar header of an entry, after its pax record if it needs one. */
function headers(entry: TarEntry, mtime: number): Buffer {
  const path = entry.type === 'dir' ? `${entry.path}/` : entry.path
  const linkname = entry.type === 'symlink' ? entry.linkname : ''
  const size = sizeOf(entry)
  const split = splitPath(path)
  const records: [string, string][] = []
  if (!split) records.push(['path', path])
  if (!isAscii(linkname) || linkname.length > 100) records.push(['linkpath', linkname])
  if (size > largestSize) records.push(['size', String(size)])

  const own = header({
    ...(split ?? {prefix: '', name: shortName(path)}),
    linkname: shortName(linkname),
    mode: modeOf(entry),
    size: size > largestSize ? 0 : size,
    mtime,
    flag: {file: '0', symlink: '2', dir: '5'}[entry.type],
  })
  if (records.length === 0) return own
  const body = Buffer.from(records.map(([key, value]) => paxRecord(key, value)).join(''))
  const pax = header({
    prefix: '',
    name: shortName(`PaxHeaders/${path.replace(/\/$/, '').split('/').at(-1)}`),
    linkname: '',
    mode: 0o644,
    size: body.length,
    mtime,
    flag: 'x',
  })
  return Buffer.concat([pax, body, padding(body.length), own])
}

function modeOf(entry: TarEntry): number {
  if (entry.type === 'symlink') return 0o777
  return entry.type === 'dir' || (entry.mode ?? 0) & 0o111 ? 0o755 : 0o644
}

/** Where ustar can hold the path: name ≤ 100 bytes, after an optional prefix ≤ 155; undefined if nowhere. */
function splitPath(path: string): {prefix: string; name: string} | undefined {
  if (!isAscii(path)) return undefined
  if (path.length <= 100) return {prefix: '', name: path}
  // The slash between both is not stored; a folder's own trailing slash can't be that one.
  const at = path.lastIndexOf('/', Math.min(155, path.length - 2))
  const name = path.slice(at + 1)
  return at > 0 && name.length <= 100 ? {prefix: path.slice(0, at), name} : undefined
}

// The ustar fields beside a pax record are only for readers that know no pax.
function shortName(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_').slice(0, 100)
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}

/** "LENGTH key=value\n", where LENGTH counts itself (POSIX pax, extended header records). */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + 1
  while (String(length).length + rest !== length) length = String(length).length + rest
  return `${length} ${key}=${value}\n`
}

type Header = {
  prefix: string
  name: string
  linkname: string
  mode: number
  size: number
  mtime: number
  flag: string
}

function header(h: Header): Buffer {
  const bytes = Buffer.alloc(block)
  const octal = (value: number, at: number, digits: number) =>
    bytes.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
  bytes.write(h.name, 0, 'latin1')
  octal(h.mode, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(h.size, 124, 11)
  octal(h.mtime, 136, 11)
  bytes.write(h.flag, 156, 'latin1')
  bytes.write(h.linkname, 157, 'latin1')
  bytes.write('ustar\x0000', 257, 'latin1')
  octal(0, 329, 7)
  octal(0, 337, 7)
  bytes.write(h.prefix, 345, 'latin1')
  bytes.fill(' ', 148, 156)
  let sum = 0
  for (const byte of bytes) sum += byte
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

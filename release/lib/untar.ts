import {fail} from '#lib/diagnostics.ts'

/** An entry as it stands in an archive. `path` has no trailing slash; `data` is a view into the archive. */
export type ReadEntry = {
  type: 'file' | 'dir' | 'symlink' | 'hardlink'
  path: string
  mode: number
  uid: number
  gid: number
  owner: string
  group: string
  mtime: number
  linkname: string
  data: Buffer
}

const block = 512

/**
 * Walks an archive (ustar, pax, GNU long names) that lies in memory.
 * @param name how messages call the archive
 * @throws A010 broken header, A011 cut off, A012 path that leaves the archive, A013 unknown kind of entry
 */
export function* untar(archive: Uint8Array, name = 'the archive'): Generator<ReadEntry> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength)
  let at = 0
  let extra: Map<string, string> = new Map()
  for (;;) {
    if (at + block > bytes.length) cutOff(name, at)
    const head = bytes.subarray(at, at + block)
    if (head.every(b => b === 0)) return
    checkSum(head, name, at)
    const size = Number(extra.get('size') ?? number(head, 124, 12))
    const start = at + block
    if (!Number.isSafeInteger(size) || size < 0 || start + size > bytes.length) cutOff(name, at)
    const data = bytes.subarray(start, start + size)
    at = start + Math.ceil(size / block) * block

    const flag = String.fromCharCode(head[156] ?? 0)
    if (flag === 'g') continue
    if (flag === 'x') {
      extra = new Map([...extra, ...paxRecords(data, name)])
      continue
    }
    if (flag === 'L' || flag === 'K') {
      extra.set(flag === 'L' ? 'path' : 'linkpath', text(data, 0, data.length))
      continue
    }
    yield entryOf(head, flag, extra, data, name)
    extra = new Map()
  }
}

function entryOf(
  head: Buffer,
  flag: string,
  extra: Map<string, string>,
  data: Buffer,
  archive: string,
): ReadEntry {
  // GNU's old format keeps other things where ustar has the prefix.
  const prefix = head.toString('latin1', 257, 263) === 'ustar\0' ? text(head, 345, 155) : ''
  const stored = extra.get('path') ?? (prefix ? `${prefix}/` : '') + text(head, 0, 100)
  const type = ({'0': 'file', '\0': 'file', '1': 'hardlink', '2': 'symlink', '5': 'dir'} as const)[flag]
  if (type === undefined)
    fail({code: 'A013', message: `${archive} holds ${stored}, which is neither file, folder nor link`})
  return {
    // Before POSIX, a folder was a file whose name ends in a slash.
    type: type === 'file' && stored.endsWith('/') ? 'dir' : type,
    path: insidePath(stored, archive),
    mode: number(head, 100, 8),
    uid: number(head, 108, 8),
    gid: number(head, 116, 8),
    owner: text(head, 265, 32),
    group: text(head, 297, 32),
    mtime: Math.floor(Number(extra.get('mtime') ?? number(head, 136, 12))),
    linkname: extra.get('linkpath') ?? text(head, 157, 100),
    data,
  }
}

/** Without "./" and trailing slash. An unpacker must never be led out of its folder. */
export function insidePath(stored: string, archive: string): string {
  const parts = stored.split('/').filter(p => p !== '' && p !== '.')
  if (stored.startsWith('/') || parts.includes('..') || stored.includes('\0'))
    fail({
      code: 'A012',
      message: `${archive} holds the path ${JSON.stringify(stored)}, which leads out of it`,
    })
  return parts.join('/')
}

export function checkSum(head: Buffer, name: string, at: number): void {
  let sum = 8 * 32
  for (const [i, byte] of head.entries()) if (i < 148 || i >= 156) sum += byte
  if (sum !== number(head, 148, 8))
    fail({code: 'A010', message: `${name} has a broken header at byte ${at}`, expected: 'a tar archive'})
}

export function cutOff(name: string, at: number): never {
  fail({code: 'A011', message: `${name} is cut off in the entry at byte ${at}`})
}

export function text(from: Buffer, at: number, length: number): string {
  const field = from.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

/** Octal digits, or GNU's base-256 form with the top bit set; NaN when it is neither. */
export function number(head: Buffer, at: number, length: number): number {
  const field = head.subarray(at, at + length)
  if ((field[0] ?? 0) & 0x80) {
    let value = (field[0] ?? 0) & 0x7f
    for (const byte of field.subarray(1)) value = value * 256 + byte
    return value
  }
  const digits = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trim()
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

export function paxRecords(data: Buffer, name: string): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(' ', at)
    const length = Number(data.toString('latin1', at, space))
    const end = at + length
    const equals = data.indexOf('=', space)
    if (space < 0 || !Number.isInteger(length) || equals < 0 || equals >= end || data[end - 1] !== 10)
      fail({code: 'A010', message: `${name} has a broken pax record`})
    records.set(data.toString('utf8', space + 1, equals), data.toString('utf8', equals + 1, end - 1))
    at = end
  }
  return records
}

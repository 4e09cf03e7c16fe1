import type {Files} from './effects.ts'
import {checkSum, cutOff, insidePath, number, paxRecords, text} from './untar.ts'

/** Where a file's bytes lie in an archive. */
export type Span = {start: number; size: number}

const block = 512

/**
 * What an archive on disk holds, by path, without reading the files in it: archives are larger than memory. Folders and
 * links are left out.
 * @throws A010 broken header, A011 cut off, A012 path that leaves the archive
 */
export async function tarTable(files: Files, archive: string): Promise<Map<string, Span>> {
  const size = (await files.stat(archive))?.size ?? 0
  const read = reader(files, archive)
  const table = new Map<string, Span>()
  let extra = new Map<string, string>()
  for (let at = 0; ; ) {
    const head = await read(at, block)
    if (head.length < block) cutOff(archive, at)
    if (head.every(b => b === 0)) return table
    checkSum(head, archive, at)
    const length = Number(extra.get('size') ?? number(head, 124, 12))
    const start = at + block
    if (!Number.isSafeInteger(length) || length < 0 || start + length > size) cutOff(archive, at)
    at = start + Math.ceil(length / block) * block
    const flag = String.fromCharCode(head[156] ?? 0)
    if (flag === 'x') extra = new Map([...extra, ...paxRecords(await read(start, length), archive)])
    else if (flag === 'L') extra.set('path', text(await read(start, length), 0, length))
    else if (flag !== 'g') {
      const isFile = flag === '0' || flag === '\0'
      if (isFile) table.set(insidePath(pathOf(head, extra), archive), {start, size: length})
      extra = new Map()
    }
  }
}

function pathOf(head: Buffer, extra: ReadonlyMap<string, string>): string {
  const prefix = head.toString('latin1', 257, 263) === 'ustar\0' ? text(head, 345, 155) : ''
  return extra.get('path') ?? (prefix ? `${prefix}/` : '') + text(head, 0, 100)
}

/** Reads by keeping the last piece: headers of small files lie in the same one. */
function reader(files: Files, archive: string): (at: number, length: number) => Promise<Buffer> {
  let start = 0
  let piece: Buffer = Buffer.alloc(0)
  return async (at, length) => {
    if (at < start || at + length > start + piece.length) {
      piece = await readSpan(files, archive, {start: at, size: length}, true)
      start = at
    }
    return piece.subarray(at - start, at - start + length)
  }
}

/** The bytes of a span; with `more`, the rest of the piece in which they end. */
export async function readSpan(
  files: Files,
  archive: string,
  {start, size}: Span,
  more = false,
): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let read = 0
  for await (const part of files.stream(archive, start)) {
    parts.push(part)
    read += part.length
    if (read >= size) break
  }
  const all = Buffer.concat(parts)
  return more ? all : all.subarray(0, size)
}

/** The bytes of a span as they come, from one of its bytes on. */
export async function* streamSpan(
  files: Files,
  archive: string,
  {start, size}: Span,
  from = 0,
): AsyncGenerator<Uint8Array> {
  let left = size - from
  if (left <= 0) return
  for await (const part of files.stream(archive, start + from)) {
    yield part.length > left ? part.subarray(0, left) : part
    left -= part.length
    if (left <= 0) return
  }
}

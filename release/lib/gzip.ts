import {gunzipSync} from 'node:zlib'
import {Gzip} from 'fflate'
import {fail} from '#lib/diagnostics.ts'

/**
 * Compression level of everything that is released: changing it changes the bytes of every artifact.
 * The compressor is written in JavaScript on purpose: the bytes of Node's own zlib differ between builds
 * and processors, and a release must be the same wherever it is made.
 */
const level = 6
/** The compressor's output depends on how its input is cut, so it is always cut the same way. */
const pieceSize = 1 << 20

/** gzip with the same bytes everywhere: no time, no name, OS "Unix" (RFC 1952 section 2.3). */
export function gzip(data: Uint8Array): Buffer {
  const parts: Uint8Array[] = []
  const packer = new Gzip({level, mtime: 0}, part => parts.push(part))
  let at = 0
  for (; at + pieceSize < data.length; at += pieceSize) packer.push(data.subarray(at, at + pieceSize))
  packer.push(data.subarray(at), true)
  return Buffer.concat(parts)
}

/** The same bytes as `gzip`, however the input is cut, with about a megabyte in memory. */
export async function* gzipStream(
  data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = []
  const packer = new Gzip({level, mtime: 0}, part => ready.push(part))
  // A fresh piece each time: the compressor may keep a view of the one before.
  let piece = new Uint8Array(pieceSize)
  let filled = 0
  for await (const part of data) {
    for (let at = 0; at < part.length; ) {
      if (filled === pieceSize) {
        packer.push(piece)
        yield* ready
        ready = []
        piece = new Uint8Array(pieceSize)
        filled = 0
      }
      const taken = part.subarray(at, at + pieceSize - filled)
      piece.set(taken, filled)
      filled += taken.length
      at += taken.length
    }
  }
  packer.push(piece.subarray(0, filled), true)
  yield* ready
}

/**
 * Unpacks gzip data, several members too.
 * @param limit largest size accepted, against archives made to fill the memory
 * @throws A020 not gzip, cut off, or larger than the limit
 */
export function gunzip(data: Uint8Array, name = 'the data', limit = 2 ** 31): Buffer {
  try {
    return gunzipSync(data, {maxOutputLength: limit})
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    fail({code: 'A020', message: `${name} can't be unpacked: ${reason}`, expected: 'gzip data'}, 1, {cause})
  }
}

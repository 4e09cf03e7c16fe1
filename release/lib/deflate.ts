import {Bits, spanOf, writeBlock, writeStored} from './deflate-block.ts'
import {findMatches} from './matches.ts'

/*
 * The compressor is our own: the bytes of Node's zlib differ between its builds and between processors, and a release
 * must be the same wherever and whenever it is made. Whatever changes bytes here changes every artifact.
 */

/** Input is cut into pieces that know nothing of each other, so that threads can share them: part of the format. */
export const pieceSize = 1 << 20
/** A block has codes of its own, which cost some 80 bytes. */
const tokensInBlock = 1 << 14
const found = new Int32Array(pieceSize)

/**
 * One piece of raw DEFLATE data (RFC 1951), at most `pieceSize` long. What comes before the last one ends with an
 * empty stored block, which fills up the byte, so that the pieces make one stream when put end to end.
 */
export function deflatePiece(data: Uint8Array, last: boolean): Uint8Array {
  // Stored blocks are the worst that can come out, each 5 bytes more than it holds.
  const bits = new Bits(data.length + (data.length >> 8) + 64)
  const tokens = found.subarray(0, findMatches(data, found))
  let from = 0
  for (let at = 0; at === 0 || at < tokens.length; at += tokensInBlock) {
    const block = tokens.subarray(at, at + tokensInBlock)
    let to = from
    for (let i = 0; i < block.length; i++) to += spanOf(block[i] as number)
    writeBlock(bits, block, data.subarray(from, to), last && at + tokensInBlock >= tokens.length)
    from = to
  }
  if (!last) writeStored(bits, new Uint8Array(0), false)
  bits.align()
  return bits.taken()
}

/** What threads share: the input, and the number of the piece that is next. */
export type DeflateShare = {data: SharedArrayBuffer; next: SharedArrayBuffer}
export type DeflatedPiece = {index: number; bytes: Uint8Array}

/** Takes the next piece until none is left. */
export function deflateShare({data, next}: DeflateShare, report: (piece: DeflatedPiece) => void): void {
  const input = new Uint8Array(data)
  const counter = new Int32Array(next)
  for (;;) {
    const index = Atomics.add(counter, 0, 1)
    const [start, end] = [index * pieceSize, (index + 1) * pieceSize]
    if (start >= input.length) return
    report({index, bytes: deflatePiece(input.subarray(start, end), end >= input.length)})
  }
}

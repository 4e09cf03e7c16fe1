import {Deflate} from 'fflate'

/**
 * Compression level of everything that is released: changing it changes the bytes of every artifact.
 * The compressor is written in JavaScript on purpose: the bytes of Node's own zlib differ between builds
 * and processors, and a release must be the same wherever it is made.
 */
const level = 6
/** Bits of the hash table, less 12: the compressor's own choice would depend on the size. */
const memory = 4
/** Input is cut into pieces that know nothing of each other, so that threads can share them: part of the format. */
export const pieceSize = 1 << 20

/**
 * One piece of raw DEFLATE data (RFC 1951), at most `pieceSize` long. What comes before the last one ends with an
 * empty stored block, which fills up the byte, so that the pieces make one stream when put end to end.
 */
export function deflatePiece(data: Uint8Array, last: boolean): Uint8Array {
  const parts: Uint8Array[] = []
  const packer = new Deflate({level, mem: memory}, part => parts.push(part))
  packer.push(data)
  packer.flush()
  packer.push(new Uint8Array(0), true)
  const packed = Buffer.concat(parts)
  return last ? packed : goOn(packed)
}

/**
 * The compressor closes with an empty final block: the bits 1 (final), 1 0 (fixed codes) and seven zeros, so the two
 * highest bits that are set are its first ones. Here "final" is taken back and a stored block of no bytes follows:
 * three zeros, zeros up to the next byte, length 0 and its complement.
 */
function goOn(packed: Buffer): Buffer {
  let type = packed.length * 8 - 1
  while (!bitAt(packed, type)) type--
  const final = type - 1
  const stored = final + 10
  const whole = Buffer.alloc(Math.ceil((stored + 3) / 8) + 4)
  packed.copy(whole)
  whole[final >> 3] = (whole[final >> 3] ?? 0) & ~(1 << (final & 7))
  whole.fill(0xff, whole.length - 2)
  return whole
}

function bitAt(data: Buffer, bit: number): boolean {
  return (((data[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1
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

import {codeLengths, codesOf} from './huffman.ts'

/** Blocks of DEFLATE data with codes of their own, and stored ones (RFC 1951 sections 3.2.3 to 3.2.7). */

const endOfBlock = 256
const longestStored = 65_535
/** From here on a token is a match: `length << 16 | distance`. */
export const firstMatch = 1 << 16

/** Extra bits and the first value of each symbol, and the symbol of each value (section 3.2.5). */
const lengthExtra = new Uint8Array(29)
const lengthBase = new Uint16Array(29)
const lengthSymbol = new Uint16Array(259)
const distanceExtra = new Uint8Array(30)
const distanceBase = new Uint16Array(30)
/** Distances to 256 one by one, then one entry for each 128 of them. */
const distanceSymbol = new Uint8Array(512)
for (let i = 0, length = 3; i < 28; i++) {
  lengthExtra[i] = i < 8 ? 0 : (i >> 2) - 1
  lengthBase[i] = length
  for (let n = 1 << (lengthExtra[i] as number); n > 0; n--) lengthSymbol[length++] = i
}
lengthBase[28] = 258
lengthSymbol[258] = 28
for (let i = 0, distance = 1; i < 30; i++) {
  distanceExtra[i] = i < 4 ? 0 : (i >> 1) - 1
  distanceBase[i] = distance
  for (let n = 1 << (distanceExtra[i] as number); n > 0; n--) distanceSymbol[entryOf(distance++)] = i
}

function entryOf(distance: number): number {
  return distance <= 256 ? distance - 1 : 256 + ((distance - 1) >> 7)
}

/** A code of the block at hand; one for a thread. */
function code(symbols: number) {
  return {
    counts: new Int32Array(symbols),
    lengths: new Uint8Array(symbols),
    codes: new Uint16Array(symbols),
  }
}
type Code = ReturnType<typeof code>
/** Bytes, the end, and from 257 on lengths. */
const literals = code(286)
const distances = code(30)
/** For the lengths of the other two (section 3.2.7), in the order in which its own lengths stand. */
const meta = code(19)
const metaOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const metaExtra = new Uint8Array([...Array(16).fill(0), 2, 3, 7])

/** Bits into bytes, the lowest first. */
export class Bits {
  readonly #bytes: Uint8Array
  #length = 0
  #held = 0
  #count = 0

  constructor(mostBytes: number) {
    this.#bytes = new Uint8Array(mostBytes)
  }

  /** @param value of `count` bits, 16 at most */
  put(value: number, count: number): void {
    this.#held |= value << this.#count
    this.#count += count
    if (this.#count < 16) return
    this.#bytes[this.#length++] = this.#held
    this.#bytes[this.#length++] = this.#held >>> 8
    this.#held >>>= 16
    this.#count -= 16
  }

  /** Fills up the byte. */
  align(): void {
    for (; this.#count > 0; this.#count -= 8) {
      this.#bytes[this.#length++] = this.#held
      this.#held >>>= 8
    }
    this.#held = 0
    this.#count = 0
  }

  /** Whole bytes, after `align`. */
  copy(data: Uint8Array): void {
    this.#bytes.set(data, this.#length)
    this.#length += data.length
  }

  /** All that was put, after `align`. */
  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** Writes data of which `tokens` tell, as they are or by codes, whichever is shorter. */
export function writeBlock(bits: Bits, tokens: Int32Array, data: Uint8Array, final: boolean): void {
  countSymbols(tokens)
  codeLengths(literals.counts, 15, literals.lengths)
  codeLengths(distances.counts, 15, distances.lengths)
  const header = describeCodes()
  const size =
    header.size + sizeOf(literals, lengthExtra, endOfBlock + 1) + sizeOf(distances, distanceExtra, 0)
  if (size > 8 * (data.length + 5)) {
    writeStored(bits, data, final)
    return
  }
  bits.put(final ? 0b101 : 0b100, 3)
  header.write(bits)
  codesOf(literals.lengths, literals.codes)
  codesOf(distances.lengths, distances.codes)
  writeTokens(bits, tokens)
}

/** Data as they are; none fills up the byte, and lets another piece begin on the next one. */
export function writeStored(bits: Bits, data: Uint8Array, final: boolean): void {
  for (let at = 0; at === 0 || at < data.length; at += longestStored) {
    const part = data.subarray(at, at + longestStored)
    bits.put(final && at + part.length === data.length ? 0b001 : 0b000, 3)
    bits.align()
    bits.put(part.length, 16)
    bits.put(~part.length & 0xffff, 16)
    bits.copy(part)
  }
}

/** How many bytes a token stands for. */
export function spanOf(token: number): number {
  return token < firstMatch ? 1 : token >>> 16
}

function countSymbols(tokens: Int32Array): void {
  const [ofLiterals, ofDistances] = [literals.counts.fill(0), distances.counts.fill(0)]
  ofLiterals[endOfBlock] = 1
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as number
    if (token < firstMatch) ofLiterals[token] = (ofLiterals[token] as number) + 1
    else {
      const length = endOfBlock + 1 + (lengthSymbol[token >>> 16] as number)
      const distance = distanceSymbol[entryOf(token & 0xffff)] as number
      ofLiterals[length] = (ofLiterals[length] as number) + 1
      ofDistances[distance] = (ofDistances[distance] as number) + 1
    }
  }
}

function writeTokens(bits: Bits, tokens: Int32Array): void {
  const symbol = ({codes, lengths}: Code, i: number) => bits.put(codes[i] as number, lengths[i] as number)
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as number
    if (token < firstMatch) {
      symbol(literals, token)
      continue
    }
    const [span, distance] = [token >>> 16, token & 0xffff]
    const length = lengthSymbol[span] as number
    symbol(literals, endOfBlock + 1 + length)
    bits.put(span - (lengthBase[length] as number), lengthExtra[length] as number)
    const far = distanceSymbol[entryOf(distance)] as number
    symbol(distances, far)
    bits.put(distance - (distanceBase[far] as number), distanceExtra[far] as number)
  }
  symbol(literals, endOfBlock)
}

/** Bits of all symbols of a code. @param first the symbol to which `extra` begins to apply */
function sizeOf({counts, lengths}: Code, extra: Uint8Array, first: number): number {
  let bits = 0
  for (let i = 0; i < counts.length; i++)
    bits += (counts[i] as number) * ((lengths[i] as number) + (extra[i - first] ?? 0))
  return bits
}

/** The block's header after its type: the lengths of both codes, runs of them shortened, in a code of their own. */
function describeCodes(): {size: number; write(bits: Bits): void} {
  const [literalCodes, distanceCodes] = [usedOf(literals.lengths, 257), usedOf(distances.lengths, 1)]
  const runs = [
    ...runsOf([
      ...literals.lengths.subarray(0, literalCodes),
      ...distances.lengths.subarray(0, distanceCodes),
    ]),
  ]
  meta.counts.fill(0)
  for (const {symbol} of runs) meta.counts[symbol] = (meta.counts[symbol] as number) + 1
  codeLengths(meta.counts, 7, meta.lengths)
  codesOf(meta.lengths, meta.codes)
  const ordered = Uint8Array.from(metaOrder, symbol => meta.lengths[symbol] as number)
  const metaCodes = usedOf(ordered, 4)
  return {
    size: 17 + 3 * metaCodes + sizeOf(meta, metaExtra, 0),
    write: bits => {
      bits.put(literalCodes - 257, 5)
      bits.put(distanceCodes - 1, 5)
      bits.put(metaCodes - 4, 4)
      for (const length of ordered.subarray(0, metaCodes)) bits.put(length, 3)
      for (const {symbol, extra} of runs) {
        bits.put(meta.codes[symbol] as number, meta.lengths[symbol] as number)
        bits.put(extra, metaExtra[symbol] as number)
      }
    },
  }
}

/** Without the zeros at the end, but at least so many. */
function usedOf(lengths: Uint8Array, least: number): number {
  let used = lengths.length
  while (used > least && lengths[used - 1] === 0) used--
  return used
}

/** 16 repeats the last length 3 to 6 times, 17 and 18 stand for 3 to 10 and 11 to 138 zeros. */
function* runsOf(lengths: readonly number[]): Generator<{symbol: number; extra: number}> {
  for (let at = 0; at < lengths.length; ) {
    const length = lengths[at] as number
    let run = 1
    while (lengths[at + run] === length) run++
    at += run
    if (length > 0) {
      yield {symbol: length, extra: 0}
      run--
    }
    while (run >= 3) {
      const part = Math.min(run, length > 0 ? 6 : 138)
      if (length > 0) yield {symbol: 16, extra: part - 3}
      else yield part < 11 ? {symbol: 17, extra: part - 3} : {symbol: 18, extra: part - 11}
      run -= part
    }
    for (; run > 0; run--) yield {symbol: length, extra: 0}
  }
}

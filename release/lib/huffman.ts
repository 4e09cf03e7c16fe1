/** Prefix codes as DEFLATE has them (RFC 1951 section 3.2.2). */

const mostSymbols = 288
const deepest = 40
/** One set for the whole thread: nothing here waits for anything. */
const order = new Int32Array(mostSymbols)
const weight = new Int32Array(2 * mostSymbols)
const parent = new Int32Array(2 * mostSymbols)
const perLength = new Int32Array(deepest + 1)
const next = new Int32Array(16)

/**
 * Lengths of a prefix code that suits how often each symbol comes, none longer than `limit`; 0 for symbols that never
 * come. There are always two codes at least, for readers that refuse fewer: `counts` is changed to say so.
 * @param counts below 2^22, and fewer than 2^23 altogether
 */
export function codeLengths(counts: Int32Array, limit: number, lengths: Uint8Array): void {
  const used = sortSymbols(counts)
  countDepths(used, counts)
  shorten(limit)
  lengths.fill(0)
  // The rarest symbols get the longest codes.
  let at = 0
  for (let length = limit; length > 0; length--)
    for (let n = perLength[length] as number; n > 0; n--) lengths[order[at++] as number] = length
}

/** Puts the symbols that come into `order`, the rarest first; answers how many there are. */
function sortSymbols(counts: Int32Array): number {
  let used = 0
  for (let symbol = 0; symbol < counts.length; symbol++)
    if ((counts[symbol] as number) > 0) order[used++] = ((counts[symbol] as number) << 9) | symbol
  for (let symbol = 0; used < 2; symbol++)
    if (counts[symbol] === 0) {
      counts[symbol] = 1
      order[used++] = (1 << 9) | symbol
    }
  order.subarray(0, used).sort()
  for (let i = 0; i < used; i++) order[i] = (order[i] as number) & 511
  return used
}

/** Joins the two lightest trees until one is left (Huffman, 1952), and counts the leaves at each depth. */
function countDepths(leaves: number, counts: Int32Array): void {
  for (let i = 0; i < leaves; i++) weight[i] = counts[order[i] as number] as number
  const root = 2 * leaves - 2
  let leaf = 0
  let tree = leaves
  for (let made = leaves; made <= root; made++) {
    let sum = 0
    for (let side = 0; side < 2; side++) {
      // Trees are made in the order of their weights, so the lightest of all is one of two.
      const isLeaf = leaf < leaves && (tree >= made || (weight[leaf] as number) <= (weight[tree] as number))
      const lightest = isLeaf ? leaf++ : tree++
      sum += weight[lightest] as number
      parent[lightest] = made
    }
    weight[made] = sum
  }
  perLength.fill(0)
  // From the root down a node's weight is no longer needed: its depth takes the place.
  weight[root] = 0
  for (let i = root - 1; i >= 0; i--) {
    const depth = (weight[parent[i] as number] as number) + 1
    weight[i] = depth
    if (i < leaves) perLength[depth] = (perLength[depth] as number) + 1
  }
}

/** Brings codes that are too long to the limit, and makes others longer until all have room again. */
function shorten(limit: number): void {
  for (let length = deepest; length > limit; length--) {
    perLength[limit] = (perLength[limit] as number) + (perLength[length] as number)
    perLength[length] = 0
  }
  let room = 0
  for (let length = limit; length > 0; length--) room += (perLength[length] as number) << (limit - length)
  for (; room > 1 << limit; room--) {
    // One of the longest moves up beside one that becomes longer by a bit: one place less at the limit is taken.
    let length = limit - 1
    while (perLength[length] === 0) length--
    perLength[limit] = (perLength[limit] as number) - 1
    perLength[length] = (perLength[length] as number) - 1
    perLength[length + 1] = (perLength[length + 1] as number) + 2
  }
}

/** The codes that follow from lengths up to 15, with their first bit lowest, as they are written. */
export function codesOf(lengths: Uint8Array, codes: Uint16Array): void {
  next.fill(0)
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number
    if (length > 0 && length < 15) next[length + 1] = (next[length + 1] as number) + 1
  }
  for (let length = 1; length < 16; length++)
    next[length] = ((next[length - 1] as number) + (next[length] as number)) << 1
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number
    if (length === 0) continue
    codes[i] = reversed(next[length] as number, length)
    next[length] = (next[length] as number) + 1
  }
}

function reversed(code: number, length: number): number {
  let result = 0
  for (let i = 0; i < length; i++) result |= ((code >> i) & 1) << (length - 1 - i)
  return result
}

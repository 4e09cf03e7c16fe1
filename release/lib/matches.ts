/**
 * Finds what repeats itself in a piece of data, for DEFLATE: chains of the places where the same four bytes stood, and
 * a look at the next place before a match is taken, as zlib does it. A token is a byte as it is, or, from 3 << 16 on,
 * `length << 16 | distance`.
 */

const windowSize = 1 << 15
const mask = windowSize - 1
const longest = 258
const shortest = 4
const hashBits = 15
/** Where four bytes with this hash stood last, and where the same hash stood before each place; one for a thread. */
const head = new Int32Array(1 << hashBits)
const before = new Int32Array(windowSize)

// What tunes size against time is a part of the format: other numbers give other bytes. These give files about as
// large as zlib's level 6 (1 % more) in a third less time than its numbers (128, 32, 8, 16, 128) would take.
const mostTries = 32
const fewTries = 8
/** From such a length on the next place is looked at less closely, or not at all. */
const good = 8
const lazy = 16
/** A match so long is taken at once. */
const nice = 64

/**
 * A piece as tokens.
 * @param data at most as long as `found`
 * @returns how many tokens `found` holds then
 */
export function findMatches(data: Uint8Array, found: Int32Array): number {
  const end = data.length
  const lastHashed = end - shortest
  let count = 0
  /** The match that begins one before `at`, unless a longer one begins at `at`; 0 when there is none. */
  let pending = 0
  /** Whether the byte before `at` is not yet told. */
  let waiting = false
  head.fill(-1)
  for (let at = 0; at < end; at++) {
    const length = pending >>> 16
    let match = 0
    if (at <= lastHashed) {
      const hash = hashAt(data, at)
      const from = head[hash] as number
      before[at & mask] = from
      head[hash] = at
      if (length < lazy && from >= 0)
        match = longestMatch(
          data,
          at,
          from,
          Math.max(length, shortest - 1),
          length >= good ? fewTries : mostTries,
        )
    }
    if (pending > 0 && match === 0) {
      found[count++] = pending
      const behind = at - 1 + length
      for (at++; at < behind; at++)
        if (at <= lastHashed) {
          const hash = hashAt(data, at)
          before[at & mask] = head[hash] as number
          head[hash] = at
        }
      at = behind - 1
      pending = 0
      waiting = false
    } else {
      if (waiting) found[count++] = data[at - 1] as number
      waiting = true
      pending = match
    }
  }
  if (pending > 0) found[count++] = pending
  else if (waiting) found[count++] = data[end - 1] as number
  return count
}

/** The longest match at `at` that is longer than `least`, or 0. @param from the nearest place to try */
function longestMatch(data: Uint8Array, at: number, from: number, least: number, tries: number): number {
  const most = Math.min(longest, data.length - at)
  if (most <= least) return 0
  const farthest = Math.max(0, at - windowSize)
  const [first, second] = [data[at] as number, data[at + 1] as number]
  let length = least
  let last = data[at + length] as number
  let best = 0
  for (let left = tries; from >= farthest && left > 0; left--) {
    if (data[from + length] === last && data[from] === first && data[from + 1] === second) {
      let same = 2
      while (same < most && data[from + same] === data[at + same]) same++
      if (same > length) {
        best = (same << 16) | (at - from)
        if (same >= nice || same === most) break
        length = same
        last = data[at + same] as number
      }
    }
    from = before[from & mask] as number
  }
  return best
}

function hashAt(data: Uint8Array, at: number): number {
  const four =
    (data[at] as number) |
    ((data[at + 1] as number) << 8) |
    ((data[at + 2] as number) << 16) |
    ((data[at + 3] as number) << 24)
  return Math.imul(four, 0x9e3779b1) >>> (32 - hashBits)
}

import fc from 'fast-check'
import {expect, test} from 'vitest'
import {codeLengths, codesOf} from './huffman.ts'

const lengthsOf = (counts: Int32Array, limit: number): Uint8Array => {
  const lengths = new Uint8Array(counts.length)
  codeLengths(counts, limit, lengths)
  return lengths
}
/** 1 when a code has no gap and no overlap. */
const room = (lengths: Uint8Array) => lengths.reduce((sum, l) => sum + (l > 0 ? 2 ** -l : 0), 0)

test('every symbol that comes has a code within the limit, and the codes are complete', () => {
  const counts = fc.array(fc.oneof(fc.constant(0), fc.nat(10), fc.nat(16_000)), {
    minLength: 2,
    maxLength: 286,
  })
  fc.assert(
    fc.property(counts, fc.constantFrom(9, 15), (values, limit) => {
      const given = Int32Array.from(values)
      const lengths = lengthsOf(given, limit)
      expect(room(lengths)).toBe(1)
      expect(Math.max(...lengths)).toBeLessThanOrEqual(limit)
      expect([...lengths].map(l => l > 0)).toEqual([...given].map(n => n > 0))
      // What comes more often never has the longer code.
      for (const [i, n] of given.entries())
        for (const [j, m] of given.entries())
          if (n > m && m > 0) expect(lengths[i]).toBeLessThanOrEqual(lengths[j] as number)
    }),
    {numRuns: 60},
  )
})

test('codes that would be far too long are brought to the limit', () => {
  const fibonacci = [1, 1]
  while (fibonacci.length < 24) fibonacci.push((fibonacci.at(-1) ?? 0) + (fibonacci.at(-2) ?? 0))
  const lengths = lengthsOf(Int32Array.from(fibonacci), 7)
  expect(Math.max(...lengths)).toBe(7)
  expect(room(lengths)).toBe(1)
})

test('without a limit that matters they are the shortest there can be', () => {
  expect([...lengthsOf(Int32Array.from([5, 9, 12, 13, 16, 45]), 15)]).toEqual([4, 4, 3, 3, 3, 1])
})

test('there are two codes even for one symbol, and for none', () => {
  expect([...lengthsOf(Int32Array.from([0, 0, 7, 0]), 15)]).toEqual([1, 0, 1, 0])
  expect([...lengthsOf(Int32Array.from([0, 0, 0]), 15)]).toEqual([1, 1, 0])
})

/** The example of RFC 1951 section 3.2.2. */
test('codes follow from their lengths, first bit lowest', () => {
  const codes = new Uint16Array(8)
  codesOf(Uint8Array.from([3, 3, 3, 3, 3, 2, 4, 4]), codes)
  const read = [...codes].map((c, i) => c.toString(2).padStart([3, 3, 3, 3, 3, 2, 4, 4][i] ?? 0, '0'))
  expect(read.map(bits => [...bits].reverse().join(''))).toEqual([
    '010',
    '011',
    '100',
    '101',
    '110',
    '00',
    '1110',
    '1111',
  ])
})

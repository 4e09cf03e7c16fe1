import {expect, test} from 'vitest'
import {words} from '#lib/generated/words.ts'
import {makePassphrase, uniform} from './passphrase.ts'

test('a draw that would favour low numbers is thrown away', () => {
  const draws = [0xffff, 0xfffe, 0xea60, 5]
  const random = () => {
    const draw = draws.shift() ?? 0
    return Buffer.of(draw & 0xff, draw >> 8)
  }
  // 60000 is the highest multiple of 10000 within 16 bits: what is below is even, what is not is drawn again.
  expect(uniform(10_000, random)).toBe(5)
  expect(draws).toEqual([])
})

test('every number comes from exactly as many draws as any other', () => {
  const counts = new Array<number>(7776).fill(0)
  for (let draw = 0; draw < 0x10000; draw++) {
    let first = true
    const random = () => {
      if (!first) throw new RangeError('drawn again')
      first = false
      return Buffer.of(draw & 0xff, draw >> 8)
    }
    try {
      const value = uniform(7776, random)
      counts[value] = (counts[value] ?? 0) + 1
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
    }
  }
  expect(new Set(counts)).toEqual(new Set([8]))
})

test('words of the list, joined, never the same twice', () => {
  const phrases = Array.from({length: 1000}, () => makePassphrase(6))
  expect(new Set(phrases).size).toBe(1000)
  const known = new Set(words)
  for (const phrase of phrases) {
    expect(phrase.split('-')).toHaveLength(6)
    expect(phrase.split('-').every(word => known.has(word))).toBe(true)
  }
  expect(makePassphrase(12).length).toBeLessThan(256)
})

import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {kernelModule, limits} from '#lib/generated/device.ts'
import {words as served} from '#lib/generated/words.ts'
import {makeWords, wordsModule} from './make-wordlist.ts'

const text = readFileSync(new URL(kernelModule.firmware, import.meta.url), 'utf8')
const words = text.trimEnd().split('\n')

test('the list in the tree is the one that is made', () => {
  expect(text).toBe(`${makeWords().join('\n')}\n`)
})

test('the server has the same words', () => {
  expect(readFileSync(new URL('../../lib/generated/words.ts', import.meta.url), 'utf8')).toBe(
    wordsModule(words),
  )
  expect(served).toEqual(words)
})

test('it is thousands of different words of plain letters that fit the device', () => {
  expect(words.length).toBeGreaterThanOrEqual(2048)
  expect(new Set(words).size).toBe(words.length)
  for (const word of words) expect(word).toMatch(/^[a-z]{3,}$/)
  expect(Math.max(...words.map(word => word.length))).toBeLessThanOrEqual(limits.WORD_LETTERS_MAX)
})

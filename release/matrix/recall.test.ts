import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {loadMatrix} from './load.ts'
import {type Memory, recallMatrix} from './recall.ts'
import {minimal} from './testdata/minimal.ts'

function store(): Memory & {texts: Map<string, string>; hits: number} {
  const texts = new Map<string, string>()
  return {
    texts,
    hits: 0,
    get(key) {
      const text = texts.get(key)
      if (text !== undefined) this.hits++
      return text
    },
    put: (key, text) => void texts.set(key, text),
  }
}
const real = readFileSync(new URL('../../matrix/mock-device.yaml', import.meta.url))

test('what is recalled is what was read, with its places', () => {
  const memory = store()
  const first = recallMatrix(real, 'm.yaml', {memory, build: 'a'})
  const second = recallMatrix(real, 'm.yaml', {memory, build: 'a'})
  expect(memory.hits).toBe(1)
  expect(second.value).toStrictEqual(first.value)
  expect(second.value).toStrictEqual(loadMatrix(real, 'm.yaml').value)
  expect(second.source.locate(['rules', 1, 'id'])).toEqual(first.source.locate(['rules', 1, 'id']))
  expect(second.source.text).toBe(first.source.text)
})

test('another text, name or build is judged anew', () => {
  const memory = store()
  recallMatrix(Buffer.from(minimal), 'm.yaml', {memory, build: 'a'})
  recallMatrix(Buffer.from(minimal), 'm.yaml', {memory, build: 'b'})
  recallMatrix(Buffer.from(`${minimal}\n`), 'm.yaml', {memory, build: 'a'})
  recallMatrix(Buffer.from(minimal), 'n.yaml', {memory, build: 'a'})
  expect([memory.hits, memory.texts.size]).toEqual([0, 4])
})

test('warnings are remembered, errors are not', () => {
  const memory = store()
  const judge = (text: string) => recallMatrix(Buffer.from(text), 'm.yaml', {memory, build: 'a'})
  const never =
    "{id: a, when: {kmm: '>=9'}, requires: {kubernetes: 1.36}, level: expected, because: b, source: docs, asOf: 2026-11-21}"
  const warned = `${minimal}rules:\n  - ${never}\n`
  expect(judge(warned).diagnostics.map(d => d.code)).toEqual(['M123'])
  expect(judge(warned).diagnostics).toEqual(loadMatrix(warned, 'm.yaml').diagnostics)
  expect([memory.hits, memory.texts.size]).toEqual([1, 1])
  judge(minimal.replace('title: Example', 'titel: Example'))
  expect(memory.texts.size).toBe(1)
})

test('a damaged memory is no memory', () => {
  const memory = store()
  const good = recallMatrix(Buffer.from(minimal), 'm.yaml', {memory, build: 'a'})
  const [[key = '', text = ''] = []] = [...memory.texts]
  for (const damaged of [
    '',
    text.slice(0, 80),
    text.slice(0, -1),
    text.replace(/^./, 'x'),
    `${text.slice(0, 200)}\n`,
  ]) {
    memory.texts.set(key, damaged)
    expect(recallMatrix(Buffer.from(minimal), 'm.yaml', {memory, build: 'a'}).value).toEqual(good.value)
    expect(memory.texts.get(key)).toBe(text)
  }
})

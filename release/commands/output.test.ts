import {expect, test} from 'vitest'
import {serialize, table, wrap} from './output.ts'

const plain = (_: unknown, text: string) => text

test('the last column is wrapped to the terminal, the others are as wide as they need', () => {
  const rows = [
    ['a', 'one two three four five six seven'],
    ['longer', 'x'],
  ]
  expect(table(['K', 'V'], rows, plain, 30)).toBe(
    ['K       V', 'a       one two three four', '        five six seven', 'longer  x', ''].join('\n'),
  )
  expect(table(['K', 'V'], rows, plain).split('\n')[1]).toBe('a       one two three four five six seven')
})

test('colours do not count as columns', () => {
  const painted = table(['K', 'V'], [['\u001b[31mab\u001b[39m', 'x']], plain)
  expect(painted).toBe('K   V\n\u001b[31mab\u001b[39m  x\n')
})

test('a word longer than the line stands alone', () => {
  expect(wrap('a verylongword b', 4)).toEqual(['a', 'verylongword', 'b'])
})

test('JSON and YAML end with a newline and repeat shared parts', () => {
  const shared = {x: '1.30'}
  expect(serialize({a: shared, b: shared}, 'json')).toBe(
    '{\n  "a": {\n    "x": "1.30"\n  },\n  "b": {\n    "x": "1.30"\n  }\n}\n',
  )
  expect(serialize({a: shared, b: shared}, 'yaml')).toBe("a:\n  x: '1.30'\nb:\n  x: '1.30'\n")
})

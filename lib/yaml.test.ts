import {describe, expect, test} from 'vitest'
import {maxYamlBytes, parseYaml} from './yaml.ts'

const read = (text: string | Uint8Array) => parseYaml(text, 'a.yaml')
const problem = (text: string | Uint8Array) => {
  const [first] = read(text).diagnostics
  return first && [first.code, first.place?.line, first.place?.col]
}

describe('values', () => {
  test('every scalar is text, so that versions stay as they are written', () => {
    expect(read('{a: 1.30, b: 1e3, c: yes, d: 0x10, e: 2026-11-21, f: "1", g: .nan}').value).toEqual({
      a: '1.30',
      b: '1e3',
      c: 'yes',
      d: '0x10',
      e: '2026-11-21',
      f: '1',
      g: '.nan',
    })
  })

  test('only an empty value, ~ and null are null, and only unquoted', () => {
    expect(read('a:\nb: ~\nc: null\nd: ""\ne: "null"\nf: [null]').value).toEqual({
      a: null,
      b: null,
      c: null,
      d: '',
      e: 'null',
      f: [null],
    })
  })

  test('anchors and aliases within reason', () => {
    expect(read('a: &x {b: 1}\nc: *x').value).toEqual({a: {b: '1'}, c: {b: '1'}})
  })

  test('CRLF and a byte order mark make no difference', () => {
    expect(read('\ufeffa: 1\r\nb:\r\n  - 2\r\n').value).toEqual({a: '1', b: ['2']})
  })

  test('__proto__ is a key like any other', () => {
    const {value} = read('__proto__: {polluted: yes}\na: 1')
    expect(({} as {polluted?: string}).polluted).toBeUndefined()
    expect(value).toHaveProperty('a', '1')
  })
})

describe('places', () => {
  const source = read('top:\n  - name: one\n    list: [a, bb]\n  - {name: two, empty: }\n')

  test.each([
    [['top', 0, 'name'], 2, 11, 14],
    [['top', 0, 'list', 1], 3, 15, 17],
    [['top', 1, 'name'], 4, 12, 15],
  ] as const)('of the value at %j', (path, line, col, endCol) => {
    expect(source.locate(path)).toEqual({file: 'a.yaml', line, col, endLine: line, endCol})
  })

  test('of keys', () => {
    expect(source.locateKey(['top', 1, 'empty'])).toMatchObject({line: 4, col: 17, endCol: 22})
    expect(source.locateKey(['top'])).toMatchObject({line: 1, col: 1, endCol: 4})
  })

  test('of what is not there is the nearest parent', () => {
    expect(source.locate(['top', 0, 'list', 7])).toMatchObject({line: 3, col: 11})
    expect(source.locate(['nothing', 'here'])).toMatchObject({line: 1, col: 1})
  })
})

describe('problems', () => {
  test('bytes that are not UTF-8, at the first of them', () => {
    expect(problem(new Uint8Array([...Buffer.from('a: 1\nb: G'), 0xe4, 0x74]))).toEqual(['Y001', 2, 5])
    expect(problem(Buffer.from('a: 1', 'utf16le'))).toEqual(['Y001', 1, 1])
  })

  test('files over the limit, at once', () => {
    expect(problem(new Uint8Array(maxYamlBytes + 1))).toEqual(['Y002', 1, 1])
    expect(read('a: 1').diagnostics).toEqual([])
  })

  test.each([
    ['a: [1', 'Y003', 1],
    ['a: b: c', 'Y003', 1],
    ['\ta: 1', 'Y003', 1],
    ['a: *nobody', 'Y003', 1],
    ['a: 1\nb: 2\na: 3', 'Y004', 3],
    ['a: 1\n---\nb: 2', 'Y005', 2],
  ])('%j', (text, code, line) => {
    expect(problem(text)?.slice(0, 2)).toEqual([code, line])
  })

  test('duplicate keys are named', () => {
    expect(read('{one: 1, "two": 2, two: 3}').diagnostics[0]?.message).toBe('the key `two` is given twice')
  })

  test('an alias bomb, in no time and little memory', () => {
    const letters = [...'abcdefghijklmnop']
    const levels = letters.map((name, i) => {
      const below = letters[i - 1]
      return `${name}: &${name} [${Array(10)
        .fill(below ? `*${below}` : 'x')
        .join(', ')}]`
    })
    expect(problem(levels.join('\n'))?.slice(0, 2)).toEqual(['Y006', letters.length])
  })

  test('an alias stands for the last value of its name before it', () => {
    expect(read('a: &x 1\nb: *x\nc: &x 2\nd: *x').value).toEqual({a: '1', b: '1', c: '2', d: '2'})
    expect(problem('a: *x\nb: &x 1')).toEqual(['Y003', 1, 4])
  })

  // Each of them took minutes: time that grew with the square of the file.
  test.each([
    ['aliases', `a: &a 1\nb:\n${' - *a\n'.repeat(20_000)}`, 'Y006'],
    ['keys', `${Array.from({length: 30_000}, (_, i) => `k${i}: v\n`).join('')}k7: v\n`, 'Y004'],
  ])('very many %s', (_, text, code) => {
    expect(problem(text)?.[0]).toBe(code)
  })

  test.each(['a: &a [*a]', 'a: &a {b: [{c: *a}]}'])('an alias within its own anchor: %s', text => {
    expect(problem(text)?.[0]).toBe('Y007')
  })

  test.each([
    ['['.repeat(200) + ']'.repeat(200), 'Y008'],
    ['{a: '.repeat(200) + '}'.repeat(200), 'Y008'],
    ['- '.repeat(200), 'Y008'],
    ['['.repeat(20_000), 'Y003'],
  ])('nesting without end', (text, code) => {
    expect(problem(text)?.[0]).toBe(code)
  })

  test('twenty levels are nothing unusual', () => {
    expect(read('{a: '.repeat(20) + '}'.repeat(20)).diagnostics).toEqual([])
  })
})

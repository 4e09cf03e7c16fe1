import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {comment, toYaml} from './yaml-out.ts'

describe('layout', () => {
  test('maps, lists and lists of maps stand in blocks, keys in the order given', () => {
    const text = toYaml({kind: 'Module', b: {a: 1, list: [{name: 'x', value: true}, ['deep'], []], none: {}}})
    expect(text).toBe(`kind: Module
b:
  a: 1
  list:
    - name: x
      value: true
    - - deep
    - []
  none: {}
`)
  })

  test('text of several lines is a literal block with the right end', () => {
    expect(toYaml({a: 'x\n  y\n\nz\n', b: 'x\ny', c: 'x\n\n'})).toBe(
      'a: |\n  x\n    y\n\n  z\nb: |-\n  x\n  y\nc: |+\n  x\n\n',
    )
  })

  test('undefined entries are left out', () => {
    expect(toYaml({a: undefined, b: 1, c: {d: undefined}})).toBe('b: 1\nc: {}\n')
  })

  test('what YAML cannot hold is refused', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, undefined, () => 1, new Date(0), new Map()])
      expect(() => toYaml({a: [bad]})).toThrow(TypeError)
  })

  test('comment lines have no trailing space', () => {
    expect(comment('one\n\ntwo')).toBe('# one\n#\n# two\n')
  })
})

describe('text stays text', () => {
  const traps = `yes No on OFF y n true Null ~ = << 1 1.30 0x1f 0o17 017 1_000 1e3 .5 -1 +1 .inf .NaN 12:30:45
    2026-11-21 - ? : # & * ! | > % @ \` {a} [a] a: a:b a#b 'a "a -- --- ... 1.36 0b1 -.inf e0 E12 e+1 ._ ._1 -._`.split(
    /\s+/,
  )
  traps.push(
    '',
    ' ',
    'a ',
    ' a',
    'a #b',
    'a: b',
    '- a',
    '? a',
    '\t',
    'a\tb',
    'é',
    '\u0085',
    '\ufeffa',
    '\u2028',
  )
  traps.push(
    '\n',
    '\n\n',
    ' a\nb',
    'a\r\nb',
    'a\n b ',
    '#a\nb',
    '\ta\nb',
    'a\n\tb\n',
    '---\na',
    'a\n...\nb',
    '...\na',
  )

  test.each(traps)('%j', text => {
    for (const version of ['1.1', '1.2'] as const) {
      expect(parse(toYaml(text), {version})).toBe(text)
      expect(parse(toYaml({[text]: [text, {a: text}]}), {version})).toEqual({[text]: [text, {a: text}]})
    }
  })

  test('what needs no quotes has none', () => {
    const text = 'ghcr.io/owner/name^$\\.+'
    expect(toYaml(text)).toBe(`${text}\n`)
    expect(toYaml('v0.2.0')).toBe('v0.2.0\n')
    expect(toYaml('0.2.0')).toBe("'0.2.0'\n")
  })
})

const value = fc.jsonValue({maxDepth: 4})

test('every JSON value comes back the same from YAML 1.1 and 1.2 readers', () => {
  fc.assert(
    fc.property(value, json => {
      const text = toYaml(json)
      for (const version of ['1.1', '1.2'] as const) {
        const back: unknown = parse(text, {version, maxAliasCount: 0})
        expect(JSON.stringify(back)).toBe(JSON.stringify(json))
      }
    }),
    {numRuns: 400},
  )
})

test('every text comes back the same', () => {
  const pieces = fc.constantFrom(
    '\n',
    ' ',
    '\t',
    '\r',
    ':',
    '#',
    '-',
    "'",
    '"',
    '\\',
    'a',
    '0',
    '.',
    '\0',
    '\u0085',
    '|',
    '%',
    '\ud800',
    '😀',
    ',',
    '[',
    '}',
  )
  const text = fc.oneof(fc.string({unit: 'binary'}), fc.string({unit: pieces, maxLength: 12}))
  fc.assert(
    fc.property(text, s => {
      for (const version of ['1.1', '1.2'] as const) {
        expect(parse(toYaml(s), {version})).toBe(s)
        expect(parse(toYaml({k: [s]}), {version})).toEqual({k: [s]})
      }
    }),
    {numRuns: 2000},
  )
})

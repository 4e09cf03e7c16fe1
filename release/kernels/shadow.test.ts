import fc from 'fast-check'
import {RE2JS} from 're2js'
import {describe, expect, test} from 'vitest'
import {findBeyond} from './re2-inclusion.ts'
import {parseRegexp} from './re2-syntax.ts'
import {findShadowed, literalOf, takes, unanchoredWitness} from './shadow.ts'

const shadows = (...regexps: string[]) => findShadowed(regexps.map(regexp => ({regexp})))

describe('findShadowed', () => {
  test('finds duplicates, literals behind a regexp, and regexps within earlier ones', () => {
    expect(
      findShadowed([
        {literal: '6.12.107+deb13-amd64'},
        {regexp: '^6\\.12\\.[0-9]+\\+deb13-amd64$'},
        {literal: '6.12.107+deb13-amd64'},
        {literal: '6.12.111+deb13-amd64'},
        {regexp: '^6\\.12\\.1[0-9]{2}\\+deb13-amd64$'},
        {literal: '6.12.111+deb13-cloud-amd64'},
      ]),
    ).toEqual([
      {index: 2, verdict: 'shadowed', by: [0]},
      {index: 3, verdict: 'shadowed', by: [1]},
      {index: 4, verdict: 'shadowed', by: [1]},
    ])
  })

  test('finds what only several earlier mappings take together', () => {
    expect(shadows('^a[0-4]$', '^zzz$', '^a[5-9]$', '^a\\d$')).toEqual([
      {index: 3, verdict: 'shadowed', by: [0, 2]},
    ])
    expect(findShadowed([{literal: 'a1'}, {literal: 'a2'}, {literal: 'b'}, {regexp: '^a[12]$'}])).toEqual([
      {index: 3, verdict: 'shadowed', by: [0, 1]},
    ])
    expect(findShadowed([{literal: 'a1'}, {literal: 'a2'}, {regexp: '^a[123]$'}])).toEqual([])
  })

  test('knows that an unanchored expression takes names around it', () => {
    expect(shadows('6.12', '^6\\.12\\.1$')).toEqual([{index: 1, verdict: 'shadowed', by: [0]}])
    expect(shadows('^6\\.12\\.1$', '6.12')).toEqual([])
    expect(shadows('fc43', 'x?fc43y*')).toEqual([{index: 1, verdict: 'shadowed', by: [0]}])
  })

  test('names an expression that no kernel name can match', () => {
    expect(shadows('6$1', ' ', '[^\\x21-\\x7e]', '\\B\\b').map(s => s.verdict)).toEqual(
      Array(4).fill('impossible'),
    )
  })

  test('says unknown instead of guessing', () => {
    expect(shadows('^a(', '^b$')).toEqual([{index: 0, verdict: 'unknown', by: []}])
    expect(shadows('((a{1000}){1000}){1000}')).toEqual([{index: 0, verdict: 'unknown', by: []}])
  })

  test('a regexp behind thousands of literals is judged', () => {
    const literals = Array.from({length: 3000}, (_, i) => ({literal: `6.12.${i}+deb13-amd64`}))
    expect(findShadowed([...literals, {regexp: '^6\\.12\\.[0-9]+\\+deb13-amd64$'}])).toEqual([])
    const two = findShadowed([...literals, {regexp: '^6\\.12\\.12[34]\\+deb13-amd64$'}])
    expect(two).toEqual([{index: 3000, verdict: 'shadowed', by: [123, 124]}])
  })
})

test('literalOf', () => {
  expect(literalOf('^6\\.11\\.0-300\\.fc43\\.x86_64$')).toBe('6.11.0-300.fc43.x86_64')
  expect(literalOf('^6\\.11.0$')).toBeUndefined()
  expect(literalOf('6\\.11')).toBeUndefined()
})

test('takes() looks at names that hold other characters too', () => {
  expect([takes('6', 'é6'), takes('^6', 'é6'), takes('^b$', 'é'), takes('\\bé', 'é')]).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('unanchoredWitness', () => {
  expect(unanchoredWitness('^6\\.12\\.\\d+$')).toBeUndefined()
  expect(unanchoredWitness('^(?:6|7)\\.1$')).toBeUndefined()
  const witness = unanchoredWitness('^6|7\\.1$') ?? ''
  expect(RE2JS.compile('^6|7\\.1$').matcher(witness).find()).toBe(true)
  expect(RE2JS.compile('^(?:^6|7\\.1$)$').matcher(witness).find()).toBe(false)
})

// Small letters, so that languages overlap often.
const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\.',
  '1',
  '\\b',
  '^',
  '$',
  '(?i)A',
  '[[:alpha:]]',
  '\\pL',
  '\\x61',
  '\\Qa.\\E',
  '\\B',
  '(?s).',
  '-',
)
const expression: fc.Arbitrary<string> = fc.letrec<{e: string}>(tie => ({
  e: fc.oneof(
    {depthSize: 'small', withCrossShrink: true},
    atom,
    fc.tuple(tie('e'), tie('e')).map(([x, y]) => x + y),
    fc.tuple(tie('e'), tie('e')).map(([x, y]) => `(?:${x}|${y})`),
    fc
      .tuple(tie('e'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}', '*?'))
      .map(([x, op]) => `(${x})${op}`),
  ),
})).e
const anchored = fc.oneof(
  expression,
  expression.map(e => `^${e}$`),
)
const kernel = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', '1', '.', '-', '_', '+'),
  minLength: 1,
  maxLength: 6,
})
const matcher = (regexp: string) => {
  const compiled = RE2JS.compile(regexp)
  return (text: string) => compiled.matcher(text).find()
}
const matches = (regexp: string, text: string) => matcher(regexp)(text)

describe('against RE2', () => {
  test('parseRegexp() refuses what RE2 refuses, and nothing else', () => {
    const piece = fc.oneof(
      atom,
      fc.constantFrom(
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        '|',
        '*',
        '+',
        '?',
        '-',
        ',',
        ':',
        '^',
        '0',
        '1',
        '9',
        '2',
      ),
      fc.constantFrom(
        '(?',
        '(?i',
        '(?:',
        '(?P<n>',
        '(?<m>',
        '(?-s:',
        '(?=',
        '(?<!',
        '[[:',
        ':]',
        '[^',
        '\\',
        '\\x{',
        '\\p{',
      ),
      fc.constantFrom(
        '\\8',
        '\\C',
        '\\Z',
        '\\z',
        '\\A',
        '\\07',
        '\\1',
        '\\_',
        '\\E',
        '{2}',
        '{2,1}',
        '{1001}',
        '{01}',
        '{,2}',
        '{3,}',
        '{600}',
        '\\pZ',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, {maxLength: 9}), pieces => {
        const regexp = pieces.join('')
        // Go takes `[[:]`; re2js alone reads an unfinished class name there.
        fc.pre(!regexp.includes('[:]'))
        expect(parseRegexp(regexp).refused === undefined, regexp).toBe(accepts(regexp))
      }),
      {numRuns: 5000},
    )
  })

  test('takes() agrees on every name', () => {
    fc.assert(
      fc.property(anchored, kernel, (regexp, name) => {
        expect(takes(regexp, name)).toBe(matches(regexp, name))
      }),
      {numRuns: 2000},
    )
  })

  test('a mapping called shadowed takes no name that the earlier ones leave', () => {
    const names = fc.sample(kernel, {numRuns: 400, seed: 7})
    fc.assert(
      fc.property(fc.array(anchored, {minLength: 2, maxLength: 4}), regexps => {
        for (const {index, verdict, by} of shadows(...regexps)) {
          if (verdict === 'unknown') continue
          const own = matcher(regexps[index] ?? '')
          const others = by.map(i => matcher(regexps[i] ?? ''))
          expect(names.filter(name => own(name) && !others.some(other => other(name)))).toEqual([])
        }
      }),
      {numRuns: 300},
    )
  })

  test('a mapping not called shadowed is the first choice of some name', () => {
    fc.assert(
      fc.property(anchored, anchored, (first, second) => {
        if (shadows(first, second).length > 0) return
        const name = witness(second, first)
        expect(matches(second, name) && !matches(first, name), name).toBe(true)
      }),
      {numRuns: 500},
    )
  })
})

function witness(taker: string, other: string): string {
  const [a, b] = [parseRegexp(taker).node, parseRegexp(other).node]
  const left = a && b ? findBeyond(a, [b]) : undefined
  return left?.kind === 'witness' ? left.kernel : ''
}

function accepts(regexp: string): boolean {
  try {
    RE2JS.compile(regexp)
    return true
  } catch {
    return false
  }
}

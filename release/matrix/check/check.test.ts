import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {parseYaml} from '#lib/yaml.ts'
import {contains} from '#release/lib/range.ts'
import {parseRange} from '#release/lib/range-text.ts'
import {parseVersion} from '#release/lib/versions.ts'
import {checkMatrix} from '../check.ts'
import {check} from '../compat/index.ts'
import {loadMatrix} from '../load.ts'
import type {Matrix} from '../schema/index.ts'
import {minimal} from '../testdata/minimal.ts'

const cite = 'because: it is so, source: docs, asOf: 2026-11-21'
const rule = (id: string, text: string, level = 'supported') =>
  `  - {id: ${id}, ${text}, level: ${level}, ${cite}}`
const judge = (...rules: string[]) =>
  loadMatrix(rules.length > 0 ? `${minimal}rules:\n${rules.join('\n')}\n` : minimal, 'matrix.yaml')
    .diagnostics
const codesOf = (...rules: string[]) => judge(...rules).map(d => `${d.severity} ${d.code}`)

describe('rules that are no contradiction', () => {
  test.each([
    [
      'each version has its own',
      rule('a', "when: {product: 0.1}, requires: {kubernetes: '<1.35'}"),
      rule('b', "when: {product: 0.2}, requires: {kubernetes: '>=1.35'}"),
    ],
    [
      'a feature needs a newer platform than an old version has',
      rule('a', "when: {product: 0.1}, requires: {kubernetes: '<1.35'}"),
      rule('b', "when: {values: {kmm.enabled: true}}, requires: {kubernetes: '>=1.35'}"),
    ],
    [
      'one alternative is left',
      rule('a', "requires: {any: [{containerd: '>=2.0'}, {cri-o: '>=1.34'}]}"),
      rule('b', "requires: {containerd: '<2.0'}"),
    ],
    [
      'an exception to a wide rule',
      rule('a', "requires: {kubernetes: '>=1.34'}"),
      rule('b', 'when: {kubernetes: 1.35, kmm: 2.4}', 'broken'),
    ],
    [
      'one of them does not know',
      rule('a', "requires: {kubernetes: '>=1.35'}"),
      rule('b', "requires: {kubernetes: '<1.35'}", 'unknown'),
    ],
    [
      'what is meant by "not" leaves room',
      rule('a', "requires: {not: {kubernetes: '1.35'}}"),
      rule('b', "requires: {kubernetes: '>=1.35'}"),
    ],
  ])('%s', (_, ...rules) => {
    expect(codesOf(...rules)).toEqual([])
  })
})

describe('rules that are', () => {
  test('also behind all, any and not', () => {
    expect(
      codesOf(
        rule('a', "requires: {all: [{kubernetes: '>=1.36'}, {kmm: '*'}]}"),
        rule('b', "requires: {any: [{kubernetes: '1.34'}, {kubernetes: '1.35'}]}"),
      ),
    ).toContain('error M140')
    expect(
      codesOf(
        rule('a', "requires: {not: {kubernetes: '>=1.36'}}"),
        rule('b', "requires: {kubernetes: '>=1.36'}"),
      ),
    ).toContain('error M140')
  })

  test('point at the range, and at the other one', () => {
    const [found] = judge(rule('a', "requires: {kmm: '>=2.5'}"), rule('b', "requires: {kmm: '<2.5'}"))
    expect(found).toMatchObject({
      code: 'M140',
      place: {line: 36, col: 29},
      related: [{place: {line: 35, col: 29}}],
    })
  })
})

describe('names from other matrices', () => {
  const uses = (list: string) =>
    minimal.replace('sources:', `uses:\n  - {matrix: ../other.yaml${list}}\nsources:`)
  const with_ = (base: string) =>
    loadMatrix(`${base}rules:\n${rule('a', "requires: {other: '>=1.0'}")}\n`, 'm.yaml').diagnostics.map(
      d => d.code,
    )

  test('are known when they are listed, or when the list is left open', () => {
    expect(with_(uses(', components: [other]'))).toEqual([])
    expect(with_(uses(''))).toEqual([])
    expect(with_(uses(', components: [another]'))).toEqual(['M101'])
    expect(with_(minimal)).toEqual(['M101'])
  })
})

test('a released matrix uses others by digest, a site may follow a tag', () => {
  const using = (reference: string, release: boolean) => {
    const uses = minimal.replace('sources:', `uses:\n  - {matrix: ${reference}}\nsources:`)
    const of =
      'release: {version: 0.2.0, date: 2026-11-21, channel: stable, registry: ghcr.io/acme, components: [a], architectures: [amd64], channels: {stable: {summary: S.}}}\n'
    return loadMatrix(`${uses}${release ? of : ''}`, 'm.yaml').diagnostics.filter(d => d.code === 'M154')
  }
  const [tag, digest] = ['oci://ghcr.io/acme/other-matrix:latest', `oci://a/b@sha256:${'a'.repeat(64)}`]
  expect(using(tag, true)).toMatchObject([{severity: 'error', place: {line: 14, col: 14}}])
  expect([using(digest, true), using('../other.yaml', true), using(tag, false)]).toEqual([[], [], []])
})

test('a range that only a patch of a listed minor fulfils is no mistake, one beyond is', () => {
  expect(codesOf(rule('a', "requires: {kmm: '>=2.5.3'}"))).toEqual([])
  expect(codesOf(rule('a', "requires: {kmm: '>=2.6'}"))).toEqual(['error M123'])
  expect(codesOf(rule('a', "when: {kmm: '>=2.6'}, requires: {kubernetes: 1.36}"))).toEqual(['warning M123'])
})

describe('held against the answers', () => {
  const base = loadMatrix(minimal, 'matrix.yaml').value
  const component = fc.constantFrom('product', 'kubernetes', 'kmm')
  const range = fc.constantFrom('*', '>=1.35', '<1.36', '>=2.5', '<2.5', '0.2', '>=0.2', '1.34', '>=1.37')
  const condition = fc
    .uniqueArray(fc.tuple(component, range), {minLength: 1, maxLength: 2, selector: ([name]) => name})
    .map(entries => ({versions: Object.fromEntries(entries)}))
  const wider = fc.oneof(
    condition,
    fc.array(condition, {minLength: 1, maxLength: 2}).map(any => ({versions: {}, any})),
    condition.map(not => ({versions: {}, not})),
  )
  const rules = fc.array(
    fc.record({
      when: fc.option(wider, {nil: undefined}),
      requires: wider,
      level: fc.constantFrom('supported' as const, 'expected' as const),
    }),
    {minLength: 1, maxLength: 3},
  )
  type Drawn = typeof rules extends fc.Arbitrary<infer T> ? T : never
  const matrixOf = (drawn: Drawn): Matrix => {
    if (!base) throw new Error('the base must be sound')
    const made = drawn.map(({when, requires, level}, i) => {
      return {
        id: `r${i}`,
        level,
        requires,
        because: 'drawn',
        source: 'docs',
        asOf: '2026-11-21',
        ...(when ? {when} : {}),
      }
    })
    return {...base, rules: made}
  }
  const source = parseYaml(minimal, 'matrix.yaml')
  const kubernetes = ['1.34', '1.35', '1.36', '1.37']
  const products = ['0.1.0', '0.2.0']
  const kmm = ['2.4.0', '2.5.0', undefined]
  const combinations = products.flatMap(product =>
    kubernetes.flatMap(k => kmm.map(m => ({product, kubernetes: k, ...(m === undefined ? {} : {kmm: m})}))),
  )

  test('what is called unreachable gets a no on every platform', () => {
    let seen = 0
    fc.assert(
      fc.property(rules, drawn => {
        const matrix = matrixOf(drawn)
        if (!checkMatrix(matrix, source).some(d => d.code === 'M143')) return
        seen++
        for (const k of kubernetes)
          expect(check(matrix, {versions: {product: '0.2.0', kubernetes: k}}).answer, k).toBe('no')
      }),
      {numRuns: 2000, seed: 7},
    )
    expect(seen).toBeGreaterThan(20)
  })

  test('a rule that can never hold holds for no combination', () => {
    let seen = 0
    fc.assert(
      fc.property(rules, drawn => {
        const matrix = matrixOf(drawn)
        const never = checkMatrix(matrix, source).flatMap(d =>
          d.code === 'M141' ? (/`(r\d)`/.exec(d.message)?.[1] ?? []) : [],
        )
        seen += never.length
        for (const versions of combinations)
          for (const {rule: id, verdict} of never.length > 0 ? check(matrix, {versions}).because : [])
            if (never.includes(id)) expect(verdict).not.toBe('holds')
      }),
      {numRuns: 2000, seed: 7},
    )
    expect(seen).toBeGreaterThan(20)
  })

  /** The combinations of a message's region, `product >=0.2, kubernetes 1.36`. */
  const within = (region: string | undefined) =>
    combinations.filter(versions =>
      (region?.split(', ') ?? []).every(words => {
        const [name = '', ...range] = words.split(' ')
        const scheme = base?.components[name]?.scheme ?? 'semver'
        const version = parseVersion((versions as Record<string, string>)[name] ?? '', scheme)
        const parsed = parseRange(range.join(' '), scheme).range
        return version !== undefined && parsed !== undefined && contains(parsed, version)
      }),
    )

  test('two rules that contradict each other never hold together where both speak', () => {
    let seen = 0
    fc.assert(
      fc.property(rules, drawn => {
        const matrix = matrixOf(drawn)
        for (const {code, message} of checkMatrix(matrix, source)) {
          const found = /`(r\d)` and `(r\d)` contradict each other(?: for ([^:]*))?/.exec(message)
          if (code !== 'M140' || !found) continue
          const [, a, b, region] = found
          const places = within(region)
          seen += places.length
          for (const versions of places) {
            const {because} = check(matrix, {versions})
            const holding = because.filter(r => (r.rule === a || r.rule === b) && r.verdict === 'holds')
            expect(holding.length, JSON.stringify([message, versions])).toBeLessThan(2)
          }
        }
      }),
      {numRuns: 3000, seed: 7},
    )
    expect(seen).toBeGreaterThan(50)
  })
})

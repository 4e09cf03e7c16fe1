import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {loadMatrix} from '../load.ts'
import type {Matrix} from '../schema/index.ts'
import {minimal} from '../testdata/minimal.ts'
import {check, withGiven} from './index.ts'

const rule = (id: string, text: string, level = 'supported') =>
  `  - {id: ${id}, ${text}, level: ${level}, because: it is so, source: docs, asOf: 2026-11-21}`

function matrixOf(...rules: string[]): Matrix {
  const {value, diagnostics} = loadMatrix(`${minimal}rules:\n${rules.join('\n')}\n`, 'matrix.yaml')
  if (!value) throw new Error(JSON.stringify(diagnostics))
  return value
}

const kubernetes = rule('kubernetes', "when: {product: '>=0.2'}, requires: {kubernetes: '>=1.34 <1.38'}")
const runtime = rule('runtime', "requires: {any: [{containerd: '>=2.0'}, {cri-o: '>=1.34'}]}", 'expected')
const feature = rule('feature', "when: {values: {kmm.enabled: true}}, requires: {kmm: '>=2.4.2 <3'}")
const matrix = matrixOf(kubernetes, runtime, feature)
const ask = (versions: Record<string, string>, values: Record<string, string> = {}, m = matrix) =>
  check(m, {versions, values})

describe('check', () => {
  test('says yes only with a rule, and what else is needed', () => {
    const answer = ask({kubernetes: 'v1.36.4+k3s1'})
    expect(answer).toMatchObject({answer: 'yes', level: 'supported', assumed: {product: '0.2.0'}})
    expect(answer.alsoNeeds).toEqual([
      {
        rule: 'runtime',
        anyOf: [
          {component: 'containerd', range: '>=2.0'},
          {component: 'cri-o', range: '>=1.34'},
        ],
      },
    ])
  })

  test('is as sure as the weakest rule of a yes', () => {
    expect(ask({kubernetes: '1.36', containerd: '2.1.4'})).toMatchObject({answer: 'yes', level: 'expected'})
  })

  test('says no with the rule that is violated', () => {
    const answer = ask({kubernetes: '1.33'})
    expect(answer).toMatchObject({answer: 'no', level: 'supported'})
    expect(answer.because.find(r => r.verdict === 'broken')?.rule).toBe('kubernetes')
  })

  test('does not know what no rule speaks about', () => {
    const answer = ask({kubernetes: '1.36', helm: '3.14.0'})
    expect(answer).toMatchObject({answer: 'unknown', level: 'unknown'})
    expect(answer.uncovered).toEqual([
      {component: 'helm', version: '3.14.0', why: 'no rule says that it works with the rest'},
    ])
  })

  test('takes no word for what was given that was said of a part of it', () => {
    const late = matrixOf(
      kubernetes,
      rule('late', "when: {product: '>=0.2', kubernetes: '1.36', kmm: '2.5.1'}"),
    )
    const all = (text: string) => ask({kubernetes: '1.36', kmm: text}, {}, late)
    expect(all('2.5.1').answer).toBe('yes')
    expect(all('2.5')).toMatchObject({answer: 'unknown', uncovered: [{component: 'kmm'}]})
  })

  test('does not know a version newer than all that are listed, and does not let an expectation condemn it', () => {
    const open = matrixOf(rule('kubernetes', "requires: {kubernetes: '>=1.34'}"))
    expect(ask({kubernetes: '1.99'}, {}, open).uncovered).toEqual([
      {component: 'kubernetes', version: '1.99', why: '1.99 is not listed; the newest is 1.37'},
    ])
    const guess = matrixOf(rule('kubernetes', "requires: {kubernetes: '>=1.34 <1.38'}", 'expected'))
    expect(ask({kubernetes: '1.38'}, {}, guess).answer).toBe('unknown')
    expect(ask({kubernetes: '1.38'}).answer).toBe('no')
  })

  test('conditions on values use the defaults of the components', () => {
    expect(ask({kubernetes: '1.36'}).alsoNeeds.map(n => n.rule)).toEqual(['runtime'])
    expect(ask({kubernetes: '1.36'}, {'kmm.enabled': 'true'}).alsoNeeds.map(n => n.rule)).toEqual([
      'runtime',
      'feature',
    ])
  })

  test('a version given in part is unknown where its patches differ', () => {
    const on = {'kmm.enabled': 'true'}
    expect(ask({kubernetes: '1.36', kmm: '2.4'}, on).answer).toBe('unknown')
    expect(ask({kubernetes: '1.36', kmm: '2.4.1'}, on).answer).toBe('no')
    expect(ask({kubernetes: '1.36', kmm: '2.5'}, on).answer).toBe('yes')
  })

  test('rules that hold about other things do not vouch for a component', () => {
    const apart = matrixOf(kubernetes, rule('apart', "when: {helm: '*'}, requires: {helm: '>=3.14'}"))
    expect(ask({kubernetes: '1.36', helm: '3.14.0'}, {}, apart).answer).toBe('unknown')
  })

  test('unknown and broken rules never vouch', () => {
    for (const level of ['unknown', 'broken'])
      expect(
        ask({kubernetes: '1.36'}, {}, matrixOf(rule('k', "requires: {kubernetes: '*'}", level))).answer,
      ).toBe('unknown')
  })

  test('skew between components', () => {
    const skew = matrixOf(
      kubernetes,
      rule('skew', "when: {kubelet: '*'}, requires: {skew: {of: kubelet, to: kubernetes, min: -3, max: 0}}"),
    )
    expect(ask({kubernetes: '1.37', kubelet: '1.34'}, {}, skew).answer).toBe('yes')
    expect(ask({kubernetes: '1.36', kubelet: '1.37'}, {}, skew).answer).toBe('no')
    expect(ask({kubelet: '1.37'}, {}, skew).alsoNeeds.map(n => n.rule)).toContain('skew')
  })

  test('what nobody knows is refused by name', () => {
    expect(ask({kubernets: '1.36'}).refused).toEqual([
      {component: 'kubernets', version: '1.36', why: 'the matrix has no such component'},
    ])
    expect(ask({kubernetes: 'newest'}).answer).toBe('unknown')
    expect(ask({constructor: '1.0.0'}).answer).toBe('unknown')
  })
})

test('withGiven lists what works with what is there', () => {
  const companions = withGiven(matrix, {versions: {kubernetes: '1.36'}, values: {'kmm.enabled': 'true'}})
  expect(companions.find(c => c.component === 'kmm')).toMatchObject({
    range: '>=2.4.2 <3.0',
    level: 'supported',
    rules: ['feature'],
    versions: [
      {version: '2.4.0', answer: 'no'},
      {version: '2.5.0', answer: 'yes', rules: ['kubernetes', 'feature']},
    ],
  })
  expect(companions.find(c => c.component === 'cri-o')?.range).toBe('>=1.34')
  expect(companions.map(c => c.component)).not.toContain('kubernetes')
})

describe('whatever the rules', () => {
  const component = fc.constantFrom('product', 'kubernetes', 'containerd', 'kmm', 'helm')
  const range = fc.constantFrom('*', '>=1.35', '<1.36', '>=2.0 <3', '0.2', '>=0.2', '<=2.4', '3.14')
  const condition = fc
    .uniqueArray(fc.tuple(component, range), {minLength: 1, maxLength: 2, selector: ([name]) => name})
    .map(entries => ({versions: Object.fromEntries(entries)}))
  const anyOf = fc.oneof(
    condition,
    fc.array(condition, {minLength: 1, maxLength: 2}).map(any => ({versions: {}, any})),
    condition.map(not => ({versions: {}, not})),
  )
  const rules = fc.array(
    fc.record({
      when: fc.option(anyOf, {nil: undefined}),
      requires: fc.option(anyOf, {nil: undefined}),
      level: fc.constantFrom(
        'tested' as const,
        'supported' as const,
        'expected' as const,
        'unknown' as const,
        'broken' as const,
      ),
    }),
    {maxLength: 5},
  )
  const given = fc.record(
    {
      kubernetes: fc.constantFrom('1.34', '1.36', '1.99', '1.36.4'),
      containerd: fc.constantFrom('1.7', '2.1', '2.1.3'),
      kmm: fc.constantFrom('2.4.0', '2.5', '2.9.9'),
      helm: fc.constantFrom('3.14.0', '4'),
    },
    {requiredKeys: ['kubernetes']},
  )
  type Drawn = typeof rules extends fc.Arbitrary<infer T> ? T : never
  const withRules = (drawn: Drawn): Matrix => ({
    ...matrix,
    rules: drawn.map((r, i) => ({
      id: `r${i}`,
      level: r.level,
      because: 'drawn',
      source: 'docs',
      asOf: '2026-11-21',
      ...(r.when ? {when: r.when} : {}),
      ...(r.requires ? {requires: r.requires} : {}),
    })),
  })

  test('a yes has a rule that vouches for every given component', () => {
    fc.assert(
      fc.property(rules, given, (drawn, versions) => {
        const m = withRules(drawn)
        const answer = check(m, {versions})
        if (answer.answer !== 'yes') return
        const holding = answer.because.filter(
          r => r.verdict === 'holds' && ['tested', 'supported', 'expected'].includes(r.level),
        )
        const text = JSON.stringify(m.rules.filter(r => holding.some(h => h.rule === r.id)))
        for (const name of Object.keys(versions)) expect(text).toContain(`"${name}"`)
        expect(answer.because.every(r => r.verdict === 'holds' || r.verdict === 'unmet')).toBe(true)
      }),
      {numRuns: 3000},
    )
  })

  test('a further broken rule never makes an answer better', () => {
    const rank = {no: 0, unknown: 1, yes: 2}
    fc.assert(
      fc.property(rules, anyOf, given, (drawn, when, versions) => {
        const before = check(withRules(drawn), {versions}).answer
        const after = check(withRules([...drawn, {when, requires: undefined, level: 'broken'}]), {
          versions,
        }).answer
        expect(rank[after]).toBeLessThanOrEqual(rank[before])
      }),
      {numRuns: 3000},
    )
  })

  test('the order of what is given and of the rules does not change the answer', () => {
    fc.assert(
      fc.property(rules, given, (drawn, versions) => {
        const turned = Object.fromEntries(Object.entries(versions).reverse())
        const a = check(withRules(drawn), {versions: versions as Record<string, string>})
        const b = check(withRules([...drawn].reverse()), {versions: turned as Record<string, string>})
        expect([b.answer, b.level]).toEqual([a.answer, a.level])
      }),
      {numRuns: 1000},
    )
  })
})

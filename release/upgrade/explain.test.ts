import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {planUpgrade} from './plan.ts'
import type {UpgradeRequest} from './request.ts'
import {matrixOf, platform, request} from './testing.ts'

const matrix = matrixOf(platform)
const explain = (asked: UpgradeRequest) => planUpgrade(asked).explanation

test('the nearest wishes that could be met are told, each with all others unchanged', () => {
  const found = explain(request(matrix, {kubernetes: '1.33..1.36', karpenter: '1.5.0..1.9.x'}))
  expect(found?.instead).toEqual([
    {name: 'karpenter', wanted: '1.9.x', instead: '1.13.0'},
    {name: 'kubernetes', wanted: '1.36', instead: '1.35'},
  ])
  for (const {name, instead} of found?.instead ?? []) {
    const versions = {
      kubernetes: '1.33..1.36',
      karpenter: '1.5.0..1.9.x',
      [name]: `${name === 'karpenter' ? '1.5.0' : '1.33'}..${instead}`,
    }
    expect(planUpgrade(request(matrix, versions)).plan?.end[name]).toBe(instead)
  }
})

test('where no restriction frees a way alone, a set that does is told, and no less of it does', () => {
  const versions = {product: '1.0.0..2.0.0', kubernetes: '1.36', database: '2.9.0'}
  const text = platform.replace(
    'rules:\n',
    "rules:\n  - {id: product-2-too, when: {product: '>=2.0.0'}, requires: {database: '>=3.0.0'}, level: expected, because: It is said twice., source: docs, asOf: 2026-11-21}\n",
  )
  const asked = request(matrixOf(text), versions, {policy: {onlyReversible: true, noDowntime: true}})
  const found = explain(asked)
  expect(found?.conflict.map(c => c.item)).toEqual(['rule:product-2', 'policy:noDowntime'])
  expect(found?.relaxations).toEqual([])
  expect(found?.together.map(c => c.item)).toEqual(['policy:onlyReversible', 'policy:noDowntime'])
  expect(planUpgrade({...asked, policy: {}}).plan).toBeDefined()
  expect(planUpgrade({...asked, policy: {noDowntime: true}}).plan).toBeUndefined()
})

describe('what the moves alone cannot do', () => {
  const remarks = (versions: Record<string, string>) => explain(request(matrix, versions))?.remarks

  test('go down where nothing goes down, whatever the rules say', () => {
    expect(remarks({kubernetes: '1.36..1.34'})).toEqual([
      'kubernetes 1.34 is older than what runs, and the matrix knows no step down from kubernetes 1.36',
    ])
  })

  test('pass over versions that nobody has listed', () => {
    expect(remarks({kubernetes: '1.29..1.34'})).toEqual([
      'the matrix knows no step away from kubernetes 1.29',
    ])
    expect(remarks({kubernetes: '1.34..1.39'})).toEqual([
      'the steps that the matrix knows lead from kubernetes 1.34 to 1.36 and no further',
    ])
  })
})

test('where the current versions break a rule, those are named, and which others would not', () => {
  const found = explain(request(matrix, {kubernetes: '1.35..1.36', karpenter: '1.5.0', product: '1.0.0'}))
  expect(found).toMatchObject({kind: 'invalid-start', about: ['karpenter', 'kubernetes']})
  expect(found?.remarks).toEqual([
    'with karpenter 1.9.0 instead of 1.5.0 they break none',
    'with kubernetes 1.33 instead of 1.35 they break none',
  ])
})

/** Impossible requests to the real matrices: what is in the way has to be cited, and something has to be left to do. */
describe.each<[string, Record<string, string>, Partial<UpgradeRequest>?]>([
  ['mlops-platform', {eks: '1.33..1.36', karpenter: '1.5.0..1.6.x'}],
  ['mlops-platform', {eks: '1.31..1.36', kserve: '0.15.2..0.17.0'}],
  ['mlops-platform', {eks: '1.31..1.34', kserve: '0.15.2..0.15.2'}],
  ['mlops-platform', {mlflow: '2.9.0..3.1.0'}, {policy: {noDowntime: true}}],
  ['kubevirt', {kubevirt: '1.8.4..1.9.0', kubernetes: '1.34..1.37'}],
  [
    'kubevirt',
    {kubevirt: '1.8.4..1.9.0', kubernetes: '1.35'},
    {facts: {'no live migration is in flight': 'false'}},
  ],
  ['kubevirt', {kubevirt: '1.6.0..1.9.0', kubernetes: '1.33..1.33'}],
  ['mock-device', {'mock-device': '0.1.0..0.2.0', kubernetes: '1.33..1.33'}],
  ['mock-device', {'mock-device': '0.1.0..0.2.0', kubernetes: '1.33..1.34'}, {policy: {noDowntime: true}}],
])('%s %j %j', (product, versions, more) => {
  const real = matrixOf(readFileSync(new URL(`../../matrix/${product}.yaml`, import.meta.url), 'utf8'))

  test('is refused with sources, and what is said to free a way frees it', () => {
    const asked = request(real, versions, more)
    const found = explain(asked)
    expect(found?.kind).toBe('no-way')
    const items = found?.conflict.map(c => c.item) ?? []
    expect(items.length).toBeGreaterThan(0)
    for (const {item, text, source} of found?.conflict ?? []) {
      expect(text).toMatch(/\w/)
      if (!item.startsWith('policy:')) expect(real.sources[source ?? '']).toBeDefined()
    }
    const {relaxations = [], together = [], instead = []} = found ?? {}
    expect(relaxations.length + together.length + instead.length).toBeGreaterThan(0)
    expect(items).toEqual(expect.arrayContaining(relaxations.map(r => r.item)))
    const free = new Set(relaxations.map(r => r.item))
    for (const {id} of real.rules.filter(rule => free.has(`rule:${rule.id}`))) {
      const rules = real.rules.filter(rule => rule.id !== id)
      expect(planUpgrade({...asked, matrix: {...real, rules}}).plan, id).toBeDefined()
    }
  })
})

import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {planUpgrade, type UpgradePlan} from './plan.ts'
import type {UpgradeRequest} from './request.ts'
import {matrixOf, platform, request} from './testing.ts'

const matrix = matrixOf(platform)

function plan(asked: UpgradeRequest): UpgradePlan {
  const planned = planUpgrade(asked)
  if (!planned.plan) throw new Error(JSON.stringify(planned.explanation))
  return planned.plan
}

const moves = (p: UpgradePlan) =>
  p.hops.map(h => `${h.component}${h.instance ? `@${h.instance}` : ''} ${h.from}→${h.to}`)

describe('a platform and an add-on with windows', () => {
  const found = plan(request(matrix, {kubernetes: '1.33..1.36', karpenter: '1.5.0'}))

  test('the add-on is lifted by a bridge version before the platform leaves it behind', () => {
    // 1.13 does not know 1.33, so one bridge is needed; 1.9.3 is the newest patch of the one that reaches farthest.
    expect(moves(found)).toEqual([
      'karpenter 1.5.0→1.9.3',
      'kubernetes 1.33→1.34',
      'karpenter 1.9.3→1.13.0',
      'kubernetes 1.34→1.35',
      'kubernetes 1.35→1.36',
    ])
    expect(found).toMatchObject({exact: true, cost: {irreversible: 0, disruptive: 0, steps: 5, older: 0}})
  })

  test('each hop says why it is there, by its rule', () => {
    expect(found.hops[0]?.why).toEqual([
      {
        kind: 'rule',
        rule: 'karpenter-1.5',
        text: 'Karpenter 1.5 knows Kubernetes up to 1.33.',
        source: 'docs',
        level: 'supported',
        before: 2,
      },
    ])
    expect(found.hops[1]?.why[0]).toMatchObject({kind: 'rule', rule: 'karpenter-1.13', before: 3})
    expect(found.hops[3]?.why[0]).toMatchObject({kind: 'waypoint', transition: 'kubernetes-step'})
    expect(found.hops[4]?.why).toEqual([{kind: 'wanted', text: 'kubernetes 1.36 is wanted'}])
  })

  test('a way back that the next hop of the same thing closes says so', () => {
    expect(found.hops[1]?.reversible).toEqual({
      kind: 'until',
      within: 7 * 86_400_000,
      when: ['not upgraded again'],
      lostAfter: 4,
      doesNotRestore: [],
      otherwise: 'blue-green',
    })
    expect(found.hops[4]?.reversible).not.toHaveProperty('lostAfter')
  })

  test('a version that is released later does not exist yet', () => {
    expect(() => plan(request(matrix, {kubernetes: '1.35', karpenter: '1.9.0..1.14.x'}))).toThrow(
      DiagnosticError,
    )
    const later = plan(request(matrix, {kubernetes: '1.35', karpenter: '1.9.0..1.14.x'}, {now: '2027-01-01'}))
    expect(moves(later)).toEqual(['karpenter 1.9.0→1.14.0'])
  })
})

test('instances of one component are held to the rules each by itself', () => {
  const found = plan(
    request(matrix, {kubernetes: '1.33..1.36', 'kubelet@pool-a': '1.33', 'kubelet@pool-b': '1.32'}),
  )
  expect(moves(found)).toEqual([
    'kubernetes 1.33→1.34',
    'kubelet@pool-a 1.33→1.34',
    'kubelet@pool-b 1.32→1.34',
    'kubernetes 1.34→1.35',
    'kubernetes 1.35→1.36',
  ])
  expect(found.cost.disruptive).toBe(2)
})

test('what is needed beyond what is wanted is moved too, with its procedure, its checks and its risks', () => {
  const found = plan(request(matrix, {product: '1.0.0..2.0.0', kubernetes: '1.36', database: '2.9.0'}))
  expect(moves(found)).toEqual(['database 2.9.0→3.0.0', 'product 1.0.0→2.0.0'])
  const [database] = found.hops
  expect(database).toMatchObject({
    disruption: 'downtime',
    reversible: {kind: 'never'},
    checks: ['backup taken'],
    risks: [{name: 'slow-migration', known: false}],
    why: [{kind: 'rule', rule: 'product-2', before: 2}],
  })
  expect(database?.steps.map(s => [s.phase, s.title, s.run])).toEqual([
    ['backup', 'Take a snapshot.', ['snapshot {{name}}']],
    ['change', 'Migrate to 3.0.0.', ['migrate --to 3.0.0']],
  ])
  expect(database?.rollback.map(s => s.title)).toEqual(['Restore the snapshot.'])
})

test('what must be reinstalled is away while the platform moves', () => {
  const text = platform
    .replace(
      'rules:\n',
      "rules:\n  - {id: product-1, when: {product: <2}, requires: {kubernetes: '<=1.34'}, level: supported, because: Product 1 ends with 1.34., source: docs, asOf: 2026-11-21}\n",
    )
    .replace(
      'component: product, back: {}',
      "component: product, to: '>=2.0.0', reinstall: true, disruption: downtime",
    )
  const found = plan(request(matrixOf(text), {product: '1.0.0..2.0.0', kubernetes: '1.34'}))
  expect(moves(found)).toEqual([
    'product 1.0.0→absent',
    'kubernetes 1.34→1.35',
    'kubernetes 1.35→1.36',
    'product absent→2.0.0',
  ])
  expect(found.hops.map(h => h.disruption)).toEqual(['downtime', 'restart', 'restart', 'none'])
  expect(found.cost).toMatchObject({irreversible: 1, disruptive: 1})
  // Nothing ends absent, and nothing goes that is not asked to be replaced.
  expect(plan(request(matrixOf(text), {product: '1.0.0', kubernetes: '1.33..1.34'})).end).toEqual({
    product: '1.0.0',
    kubernetes: '1.34',
  })
})

test('what a reinstallation takes away is looked at before the old version goes', () => {
  const text = platform
    .replace(
      'product: {title: Product,',
      "$& removedApis: [{api: shop/v1, kinds: [], removed: '2.0.0', source: docs, asOf: 2026-11-21}],",
    )
    .replace(
      'component: product, back: {}',
      "component: product, to: '>=2.0.0', reinstall: true, disruption: downtime",
    )
  const found = plan(
    request(matrixOf(text), {product: '1.0.0..2.0.0', kubernetes: '1.36', database: '3.0.0'}),
  )
  expect(found.hops.map(h => [h.to, h.checks])).toEqual([
    ['absent', ['nothing uses shop/v1 any more']],
    ['2.0.0', []],
  ])
})

test('a group moves when any of its members is to; two versions of one group are refused', () => {
  const part = (order: number) =>
    `{title: Part, scheme: semver, group: shop, order: ${order}, versions: [{version: 1.0.0}, {version: 2.0.0}]}`
  const shop = matrixOf(platform.replace('rules:\n', `  front: ${part(2)}\n  rear: ${part(1)}\nrules:\n`))
  expect(moves(plan(request(shop, {front: '1.0.0..2.0.0', rear: '1.0.0'})))).toEqual(['rear 1.0.0→2.0.0'])
  expect(() => plan(request(shop, {front: '1.0.0..2.0.0', rear: '1.0.0..1.0.0'}))).toThrow('J005')
})

test('nothing to do is a plan without hops', () => {
  expect(plan(request(matrix, {kubernetes: '1.36..>=1.35', karpenter: '1.13.0'})).hops).toEqual([])
})

describe('no way', () => {
  const explain = (asked: UpgradeRequest) => planUpgrade(asked).explanation

  test('a conflict is irreducible, and what frees it is told', () => {
    const found = explain(request(matrix, {kubernetes: '1.33..1.36', karpenter: '1.5.0..1.9.x'}))
    expect(found?.kind).toBe('no-way')
    expect(found?.conflict.map(c => c.item)).toEqual(['rule:karpenter-1.9'])
    expect(found?.conflict[0]).toMatchObject({
      text: 'Karpenter 1.9 knows Kubernetes up to 1.35.',
      source: 'docs',
      level: 'supported',
    })
    expect(found?.relaxations.map(c => c.item)).toEqual(['rule:karpenter-1.9'])
  })

  test('a policy of the asker is blamed with the rule that needs the step', () => {
    const versions = {product: '1.0.0..2.0.0', kubernetes: '1.36', database: '2.9.0'}
    for (const policy of [{noDowntime: true}, {onlyReversible: true}, {refuseRisks: ['slow-migration']}]) {
      const found = explain(request(matrix, versions, {policy}))
      expect(found?.conflict.map(c => c.item)).toEqual(['rule:product-2', `policy:${Object.keys(policy)[0]}`])
      expect(found?.relaxations).toEqual(found?.conflict)
    }
  })

  test('where nothing is known of a way back there is none to count on', () => {
    const text = platform.replace(/ {2}- \{id: product-up.*\n/, '')
    const found = explain(
      request(matrixOf(text), {product: '1.0.0..1.1.0'}, {policy: {onlyReversible: true}}),
    )
    expect(found?.conflict.map(c => c.item)).toEqual(['policy:onlyReversible'])
  })

  test('a risk that is known to be absent stops nobody; a condition known not to hold stops everybody', () => {
    const versions = {product: '1.0.0..2.0.0', kubernetes: '1.36', database: '2.9.0'}
    expect(
      plan(request(matrix, versions, {policy: {refuseRisks: ['*']}, facts: {'large tables': 'false'}})).hops,
    ).toHaveLength(2)
    const found = explain(request(matrix, versions, {facts: {'backup taken': 'false'}}))
    expect(found?.conflict.map(c => c.item)).toEqual(['rule:product-2', 'transition:database-3'])
  })

  test('a move that no transition allows is blamed on the transition', () => {
    const found = explain(request(matrix, {kubernetes: '1.36..1.34'}))
    expect(found?.kind).toBe('no-way')
    expect(found?.conflict).toEqual([])
  })

  test('current versions that break a rule are told before anything is planned', () => {
    const found = explain(request(matrix, {kubernetes: '1.35..1.36', karpenter: '1.5.0'}))
    expect(found).toMatchObject({kind: 'invalid-start', conflict: [{item: 'rule:karpenter-1.5'}]})
  })
})

test('all that is wrong with a request is told at once', () => {
  const bad = request(matrix, {
    kubernets: '1.33',
    karpenter: 'soon',
    product: '1.0.0..3.x',
    database: '2.9.0..=>3',
  })
  try {
    planUpgrade({...bad, wanted: {...bad.wanted, kubelet: '1.36'}})
    expect.unreachable()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    expect(error.diagnostics.map(d => d.code).sort()).toEqual(['J001', 'J002', 'J003', 'J004', 'J006'])
    expect(error.diagnostics.find(d => d.code === 'J001')?.hint).toBe('did you mean kubernetes?')
    expect(error.diagnostics.find(d => d.code === 'J002')?.expected).toMatch(/^a whole one, such as \d/)
  }
})

test('an API version that goes on the way is a check of the hop that takes it away', () => {
  const text = platform.replace(
    'kubernetes: {title: Kubernetes,',
    "$& removedApis: [{api: flow/v1beta3, kinds: [Flow], removed: '1.35', replacement: flow/v1, source: docs, asOf: 2026-11-21}],",
  )
  const found = plan(request(matrixOf(text), {kubernetes: '1.33..1.36'}))
  expect(found.hops.map(h => h.checks.filter(c => c.includes('flow')))).toEqual([
    [],
    ['nothing uses Flow of flow/v1beta3 any more, but flow/v1'],
    [],
  ])
})

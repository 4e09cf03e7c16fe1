import {expect, test} from 'vitest'
import {diffPlans} from './diff.ts'
import {planUpgrade, type UpgradePlan} from './plan.ts'
import {matrixOf, platform, request} from './testing.ts'

function planned(words: Record<string, string>, text = platform): UpgradePlan {
  const {plan} = planUpgrade(request(matrixOf(text), words))
  if (!plan) throw new Error('no plan')
  return plan
}

const lines = (before: UpgradePlan, after: UpgradePlan) =>
  diffPlans(before, after).hops.map(({kind, before: a, after: b, parts}) =>
    [kind, (b ?? a)?.name, (b ?? a)?.to, ...parts].join(' '),
  )

const plan = planned({kubernetes: '1.33..1.35', karpenter: '1.5.0'})

test('a plan is the same as itself', () => {
  expect(diffPlans(plan, plan)).toMatchObject({same: true, current: {}, wanted: {}})
})

test('another goal adds hops at their places', () => {
  const further = planned({kubernetes: '1.33..1.36', karpenter: '1.5.0'})
  expect(diffPlans(plan, further)).toMatchObject({same: false, wanted: {kubernetes: ['1.35', '1.36']}})
  expect(lines(plan, further)).toEqual([
    // From here on there is a later hop of the same thing.
    'changed karpenter 1.9.3 reversible',
    'same kubernetes 1.34',
    'added karpenter 1.13.0',
    'changed kubernetes 1.35 reversible',
    'added kubernetes 1.36',
  ])
})

test('a hop that became another one is removed and added; one with other words is changed', () => {
  const without = platform
    .replace(', {version: 1.9.3}', '')
    .replace('because: Any step up., source: docs', 'because: Any., source: docs')
  const after = planned({kubernetes: '1.33..1.35', karpenter: '1.5.0'}, without)
  expect(lines(plan, after)).toEqual([
    'removed karpenter 1.9.3',
    'added karpenter 1.9.0',
    'same kubernetes 1.34',
    'same kubernetes 1.35',
  ])
  const product = planned({kubernetes: '1.33', karpenter: '1.5.0..1.9.3'})
  const reworded = planned(
    {kubernetes: '1.33', karpenter: '1.5.0..1.9.3'},
    without.replace('1.9.0},', '1.9.0}, {version: 1.9.3},'),
  )
  expect(lines(product, reworded)).toEqual(['changed karpenter 1.9.3 because'])
})

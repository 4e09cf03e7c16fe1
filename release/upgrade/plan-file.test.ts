import {expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {planUpgrade, type UpgradePlan} from './plan.ts'
import {readPlan} from './plan-file.ts'
import {matrixOf, platform, request} from './testing.ts'

const {plan} = planUpgrade(request(matrixOf(platform), {kubernetes: '1.33..1.36', karpenter: '1.5.0'}))

const problems = (text: string) => {
  try {
    readPlan(text, 'plan.json')
    return []
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return error.diagnostics.map(d => [d.code, d.message])
  }
}

test('what was written is read back, with keys that this version does not know', () => {
  expect(readPlan(JSON.stringify(plan), 'plan.json')).toEqual(plan)
  const later = {...plan, later: 1}
  expect(readPlan(JSON.stringify(later), 'plan.json')).toEqual(later)
})

test('everything else is refused in words', () => {
  expect(problems('{')[0]?.[0]).toBe('J011')
  expect(problems('[]')[0]?.[0]).toBe('J011')
  const {now: _, ...without} = plan as UpgradePlan
  expect(problems(JSON.stringify(without)).map(([, m]) => m)).toEqual([expect.stringContaining('now')])
  // A file of another kind is told as that, not as all that it lacks.
  expect(problems(JSON.stringify({...without, kind: 'Other'})).map(([, m]) => m)).toEqual([
    expect.stringContaining('kind'),
  ])
  const turned = {...(plan as UpgradePlan), hops: plan?.hops.toReversed()}
  expect(problems(JSON.stringify(turned))[0]?.[0]).toBe('J012')
})

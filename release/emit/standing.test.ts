import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import type {Bound} from '../upgrade/site/bindings.ts'
import {standing, standings} from './standing.ts'
import {givenFor, readProduct} from './testing.ts'

const matrix = readProduct('mlops-platform')
const {plan} = givenFor(matrix, {
  eks: '1.34..1.35',
  karpenter: '1.6.0',
  'karpenter-crd': '1.6.0',
  'kubelet@gpu': '1.34..1.35',
})

const bound = (versions: Record<string, string>): Bound[] =>
  Object.entries(versions).map(([name, version]) => ({name, version, owner: 'manual', where: `${name}.yaml`}))
const at = (versions: Record<string, string>) => standings(plan, bound(versions), matrix)
const code = (work: () => unknown) => {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return error.diagnostics[0]?.code
  }
}

describe('where the files stand', () => {
  test('what runs may have been said as machines name it', () => {
    const said = givenFor(matrix, {eks: 'v1.34.2-eks-1a2b..1.35', mlflow: 'v2.9.2'}).plan
    expect(standings(said, bound({eks: '1.34', mlflow: '2.9.2'}), matrix)).toEqual([{done: 0, parts: 0}])
  })

  test('the plan that this is about', () => {
    expect(plan.hops.map(h => `${h.component} ${h.to}`)).toEqual([
      'karpenter-crd 1.14.1',
      'eks 1.35',
      'kubelet 1.35',
    ])
  })

  test('after each hop, and between the parts of one', () => {
    const all = (crd: string, karpenter: string, eks: string, gpu: string) =>
      at({'karpenter-crd': crd, karpenter, eks, 'kubelet@gpu': gpu})
    expect(all('1.6.0', '1.6.0', '1.34', '1.34')).toEqual([{done: 0, parts: 0}])
    expect(all('1.14.1', '1.6.0', '1.34', '1.34')).toEqual([{done: 0, parts: 1}])
    expect(all('1.14.1', '1.14.1', '1.34', '1.34')).toEqual([{done: 1, parts: 0}])
    expect(all('1.14.1', '1.14.1', '1.35', '1.35')).toEqual([{done: 3, parts: 0}])
    // The controller before its CRDs, and nodes before their control plane, are in no state of the plan.
    expect(all('1.6.0', '1.14.1', '1.34', '1.34')).toEqual([])
    expect(all('1.14.1', '1.14.1', '1.34', '1.35')).toEqual([])
  })

  test('what no file tells of is asked for', () => {
    const open = bound({eks: '1.35'})
    expect(code(() => standing(plan, open, matrix))).toBe('J101')
    expect(standing(plan, open, matrix, 2)).toEqual({done: 2, parts: 0})
    expect(standing(plan, open, matrix, 3)).toEqual({done: 3, parts: 0})
    expect(code(() => standing(plan, open, matrix, 0))).toBe('J102')
    expect(code(() => standing(plan, bound({eks: '1.33'}), matrix))).toBe('J100')
  })

  test('what the plan does not speak of does not count, nor what only a cluster knows', () => {
    const more = [
      ...bound({eks: '1.35', 'kubelet@gpu': '1.35', istio: '1.28'}),
      {name: 'karpenter', owner: 'helm', where: 'live', version: undefined} as const,
    ]
    expect(standings(plan, more, matrix)).toEqual([{done: 3, parts: 0}])
  })
})

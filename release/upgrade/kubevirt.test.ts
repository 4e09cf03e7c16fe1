import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {planUpgrade} from './plan.ts'
import {matrixOf, request} from './testing.ts'

const matrix = matrixOf(readFileSync(new URL('../../matrix/kubevirt.yaml', import.meta.url), 'utf8'))

function plan(versions: Record<string, string>) {
  const {plan, explanation} = planUpgrade(request(matrix, versions))
  if (!plan) throw new Error(JSON.stringify(explanation))
  return plan
}

const moves = (versions: Record<string, string>) =>
  plan(versions).hops.map(({component, from, to}) => `${component} ${from}→${to}`)

describe('the real matrix of KubeVirt', () => {
  test('KubeVirt and Kubernetes pull each other up in turn', () => {
    expect(moves({kubevirt: '1.7.4..1.9.0', kubernetes: '1.34..1.36'})).toEqual([
      'kubevirt 1.7.4→1.8.4',
      'kubernetes 1.34→1.35',
      'kubevirt 1.8.4→1.9.0',
      'kubernetes 1.35→1.36',
    ])
  })

  test('a minor is left and reached at its latest patch only, patch by patch', () => {
    expect(moves({kubevirt: '1.7.2..1.8.x', kubernetes: '1.34'})).toEqual([
      'kubevirt 1.7.2→1.7.3',
      'kubevirt 1.7.3→1.7.4',
      'kubevirt 1.7.4→1.8.4',
    ])
  })

  test('the latest patch is that of the day', () => {
    const asked = request(matrix, {kubevirt: '1.7.2..1.8.x', kubernetes: '1.34'}, {now: '2026-04-01'})
    expect(planUpgrade(asked).plan?.hops.map(h => h.to)).toEqual(['1.8.1'])
  })

  test('the next minor waits for machines on old launchers; going back has an order of its own', () => {
    const [hop] = plan({kubevirt: '1.8.4..1.9.0', kubernetes: '1.35'}).hops
    expect(hop?.checks).toContain('no outdated virt-launcher of an earlier upgrade is left')
    expect(hop?.steps.map(s => s.phase)).toEqual([
      ...Array(4).fill('before'),
      ...Array(2).fill('change'),
      ...Array(3).fill('wait'),
      ...Array(3).fill('verify'),
    ])
    expect(hop?.rollback[0]?.do).toMatchObject({
      action: 'kubectl-patch',
      patch: '{"spec":{"imageTag":"v1.8.4"}}',
    })
  })

  test('the historical move to its own namespace has its own procedure, and no other', () => {
    const [hop, ...others] = plan({kubevirt: '0.11.0..0.12.0'}).hops
    expect(others).toEqual([])
    expect(hop?.steps.filter(s => s.phase === 'change').map(s => s.title)).toEqual([
      'Create the new namespace.',
      'Apply the manifests of 0.12.',
      'Delete what 0.11 left in kube-system.',
      'Delete its registrations.',
      'Let virt-api register again; it looks for conflicts at its start only.',
    ])
  })

  test('skipping a minor, or a Kubernetes that is too new, has no way and says why', () => {
    const {explanation} = planUpgrade(request(matrix, {kubevirt: '1.8.4..1.8.x', kubernetes: '1.35..1.36'}))
    expect(explanation?.conflict.map(c => c.item)).toEqual(['rule:kubevirt-1.8'])
  })
})

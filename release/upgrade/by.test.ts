import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {planUpgrade} from './plan.ts'
import {matrixOf, request, told} from './testing.ts'

/*
 * What was written down of mock-device for particular sites, as it is planned for them now. What is expected is written by
 * hand from those documents, with what is wrong in them put right.
 */
const matrix = matrixOf(readFileSync(new URL('../../matrix/mock-device.yaml', import.meta.url), 'utf8'))

function hop(versions: Record<string, string>, by: string[]) {
  const {plan, explanation} = planUpgrade(request(matrix, versions, {by}))
  const [found] = plan?.hops ?? []
  if (!found) throw new Error(JSON.stringify(explanation))
  return {found, steps: found.steps.map(told), rollback: found.rollback.map(told)}
}

const patch = {'mock-device': '0.2.0..0.2.1', kubernetes: '1.34'}
const checks = [
  'before ask: Read the release notes of every version between the old and the new one.',
  'before ./lockstep compat check',
  'before ./lockstep kernels coverage',
  'before kubectl get resourceclaims',
  'before ask: Try it on a cluster that nobody depends on.',
]
const backup = ['backup helm get values', 'backup helm history {{release}}']
const objects = [
  'verify kubectl get pods',
  'verify kubectl get modules.kmm.sigs.x-k8s.io',
  'verify kubectl get resourceslices',
]
const back =
  'change ask: With ordered upgrades, give the nodes the old version of the kernel module again by their label.'

describe('mock-device as a site goes by it', () => {
  test('without Helm: the manifests of the new version, and nothing that asks Helm; back by those of the old one', () => {
    const {steps, rollback, found} = hop(patch, ['mock-device-manual'])
    expect(steps).toEqual([
      ...checks,
      'before oras pull ghcr.io/fabiendupont/mock-device-manifests:v0.2.1',
      'change tar xzf *.tar.gz',
      'change kubectl get all,modules.kmm.sigs.x-k8s.io',
      'wait kubectl-wait daemonset',
      ...objects,
    ])
    expect(rollback).toEqual([
      'change oras pull ghcr.io/fabiendupont/mock-device-manifests:v0.2.0, tar xzf *.tar.gz',
      back,
      'verify kubectl get pods',
    ])
    expect(JSON.stringify(found)).not.toMatch(/helm (?!-)/)
  })

  test('from a private registry: copied and verified first, then the release points to the copy', () => {
    const {steps, rollback} = hop(patch, ['private-registry'])
    expect(steps).toEqual([
      ...checks,
      'before ./lockstep mirror 0.2.1',
      'before ./lockstep release verify',
      ...backup,
      'change helm upgrade {{release}}',
      'wait kubectl-wait daemonset',
      'verify helm list -n',
      ...objects,
    ])
    expect(rollback).toEqual(['change helm-rollback {{release}} 0.2.0', back, 'verify kubectl get pods'])
  })

  test('the kernel module by KMM’s ordered upgrade: the chart first, then node by node by its label', () => {
    const {steps, rollback, found} = hop(patch, ['kernel-driver-ordered'])
    expect(steps).toEqual([
      ...checks,
      'before ask: This is for releases with `kernelModule.orderedUpgrade.enabled`; KMM cannot switch it on in place.',
      'before kubectl drain {{node}}',
      ...backup,
      'change set mock-device 0.2.1',
      'change kubectl label node',
      'wait kubectl-wait daemonset',
      'wait kubectl wait node/{{node}}',
      'verify helm list -n',
      ...objects,
      'verify kubectl uncordon {{node}}',
    ])
    expect(found.steps.flatMap(({run}) => run ?? []).join()).toContain(
      'kmm.node.kubernetes.io/version-module.{{namespace}}.mock-accel=0.2.1',
    )
    expect(rollback).toEqual(['change helm-rollback {{release}} 0.2.0', back, 'verify kubectl get pods'])
  })

  test('the kernel module by hand comes after what brings the rest', () => {
    const {steps} = hop(patch, ['mock-device-manual', 'kernel-driver-manual'])
    expect(steps.filter(step => step.startsWith('change'))).toEqual([
      'change tar xzf *.tar.gz',
      'change kubectl get all,modules.kmm.sigs.x-k8s.io',
      'change sudo rmmod mock_accel',
      'change tar xzf mock-device-v0.2.1-kernel-driver.tar.gz, make && sudo',
    ])
    expect(steps.at(-1)).toBe('verify modinfo -F version')
  })

  test('a new kernel on the nodes: asked before, and the release that is installed keeps its version', () => {
    const {steps, found} = hop({linux: '6.12.95..6.12.107', 'mock-device': '0.2.0'}, [])
    expect(steps).toEqual([
      'before ./lockstep kernels gate',
      'before kubectl get preflightvalidations.kmm.sigs.x-k8s.io',
      'change helm upgrade {{release}}',
    ])
    expect(found.steps.at(-1)?.run?.[0]).toContain('--version {{installed}} ')
  })

  test('what another site goes by changes nothing for a component that it is not of', () => {
    const usual = planUpgrade(request(matrix, {kubernetes: '1.34..1.35'})).plan
    const given = planUpgrade(request(matrix, {kubernetes: '1.34..1.35'}, {by: ['mock-device-manual']})).plan
    expect(given?.hops).toEqual(usual?.hops)
  })
})

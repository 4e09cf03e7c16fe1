import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {planUpgrade} from './plan.ts'
import {matrixOf, request} from './testing.ts'

const matrix = matrixOf(readFileSync(new URL('../../matrix/mlops-platform.yaml', import.meta.url), 'utf8'))

function plan(versions: Record<string, string>) {
  const {plan, explanation} = planUpgrade(request(matrix, versions))
  if (!plan) throw new Error(JSON.stringify(explanation))
  return plan
}

const moves = (versions: Record<string, string>) =>
  plan(versions).hops.map(({members, from, to}) => `${members.join('+')} ${from}→${to}`)

const changes = (versions: Record<string, string>, hop = 0) =>
  plan(versions).hops[hop]?.steps.filter(s => s.phase === 'change') ?? []

describe('the real matrix of the MLOps platform', () => {
  test('EKS goes up minor by minor; what the next minor does not know is lifted before it', () => {
    expect(
      moves({eks: '1.33..1.36', karpenter: '1.6.0', 'karpenter-crd': '1.6.0', kserve: '0.18.1'}),
    ).toEqual([
      'karpenter-crd+karpenter 1.6.0→1.14.1',
      'eks 1.33→1.34',
      'eks 1.34→1.35',
      'kserve 0.18.1→0.19.0',
      'eks 1.35→1.36',
    ])
  })

  test('only the last move of the control plane keeps its seven days; nodes and add-ons are not restored', () => {
    const {hops} = plan({eks: '1.34..1.36'})
    expect(hops.map(h => [h.reversible.kind, h.reversible.within, h.reversible.lostAfter])).toEqual([
      ['until', 604_800_000, 2],
      ['until', 604_800_000, undefined],
    ])
    expect(hops[0]?.soak).toEqual({min: 86_400_000})
    expect(hops[0]?.rollback[0]?.title).toContain('node groups')
  })

  test('Kubernetes 1.32 is the one bridge between KServe 0.15 and 0.16', () => {
    expect(moves({eks: '1.31..1.33', kserve: '0.15.2'})).toEqual([
      'eks 1.31→1.32',
      'kserve 0.15.2→0.16.0',
      'eks 1.32→1.33',
    ])
  })

  test('node groups move when the skew forces them, each by itself', () => {
    expect(moves({eks: '1.33..1.36', 'kubelet@gpu': '1.32', 'kubelet@cpu': '1.33'})).toEqual([
      'eks 1.33→1.34',
      'eks 1.34→1.35',
      'kubelet 1.32→1.33',
      'eks 1.35→1.36',
    ])
  })

  test('the VPC CNI add-on goes one minor in a call, up and down', () => {
    expect(moves({'vpc-cni': '1.18.0..1.21.0'})).toHaveLength(3)
    expect(moves({'vpc-cni': '1.21.0..1.20.0'})).toHaveLength(1)
  })

  test('Karpenter: CRDs first; v1 by way of 1.0, and by 0.33 or later before it', () => {
    const versions = {karpenter: '0.32.0..1.14.x', 'karpenter-crd': '0.32.0'}
    const found = plan(versions)
    expect(found.hops.map(h => h.to.split('.').slice(0, 2).join('.')).slice(-2)).toEqual(['1.0', '1.14'])
    expect(found.hops[0]?.to).toMatch(/^0\.3[3-7]\./)
    expect(changes(versions).map(s => s.set && 'chart' in s.set && s.set.chart)).toEqual([
      'karpenter-crd',
      'karpenter',
    ])
    expect(found.hops[1]?.risks.map(r => r.name)).toEqual(['no-way-back-from-v1'])
  })

  test('KServe: the split of its chart is crossed by its own procedure, CRDs first', () => {
    const versions = {kserve: '0.16.0..0.18.x', eks: '1.34'}
    expect(changes(versions).map(s => s.set && 'chart' in s.set && s.set.chart)).toEqual([
      'kserve-crd',
      undefined,
      'kserve-resources',
      'kserve-runtime-configs',
    ])
    expect(changes(versions, 1).map(s => s.set && 'chart' in s.set && s.set.chart)).toEqual([
      'kserve-crd',
      'kserve-resources',
      'kserve-runtime-configs',
    ])
  })

  test('MLflow: snapshot, migration with the new image, then the server; back by the snapshot only', () => {
    const [hop] = plan({mlflow: '2.9.2..3.17.2'}).hops
    expect(hop?.steps.map(s => s.do?.action ?? Object.keys(s.set ?? s.probe ?? {})[0])).toEqual([
      'kubectl-scale',
      'rds-snapshot',
      'job',
      'image',
      'kubectl-scale',
      'kubectl-wait',
      'http',
    ])
    expect(hop?.steps[2]?.do).toMatchObject({
      image: 'ghcr.io/mlflow/mlflow:v3.17.2',
      command: ['mlflow', 'db', 'upgrade', '{{uri}}'],
    })
    expect(hop).toMatchObject({disruption: 'downtime', reversible: {kind: 'only-if', otherwise: 'restore'}})
    // The snapshot is that of this run, told by the version that was left again.
    expect(hop?.rollback[1]?.do).toMatchObject({snapshot: 'mlflow-before-3.17.2-{{run}}'})
    expect(hop?.rollback[2]?.set).toMatchObject({image: 'ghcr.io/mlflow/mlflow', to: 'v2.9.2'})
  })

  test('Argo Workflows: 3.6.3 is never a stop, 4.0 has a check of its own, and the backup has all kinds', () => {
    const {hops} = plan({'argo-workflows': '3.5.15..4.0.x'})
    expect(hops.map(h => h.to)).toEqual(['3.6.19', '3.7.18', '4.0.10'])
    expect(hops[2]?.steps[0]?.title).toContain('CronWorkflows')
    expect(hops[0]?.steps[0]?.do).toMatchObject({
      resources: ['workflows', 'workflowtemplates', 'clusterworkflowtemplates', 'cronworkflows'],
    })
  })

  test('the Terraform provider goes one major at a time, with its lock file', () => {
    const [hop] = plan({'terraform-aws-provider': '5.100.0..6.0.0'}).hops
    expect(hop?.steps.map(s => s.do?.action ?? s.set)).toEqual([
      {field: 'terraform.required_providers.aws.version', file: 'versions.tf', to: '~> 6.0.0'},
      'terraform-init',
      'terraform-plan',
      undefined,
      'terraform-apply',
    ])
    expect(hop?.rollback[0]?.run?.[0]).toContain('.terraform.lock.hcl')
  })

  test('what no rule speaks of is told as unknown', () => {
    expect(plan({eks: '1.35..1.36', 'argo-workflows': '3.7.18'}).notes).toContain(
      'no rule says that argo-workflows 3.7.18 works with the rest',
    )
  })

  test('Istio goes before the minor that its own window does not reach, one minor at a time', () => {
    expect(moves({eks: '1.34..1.36', istio: '1.28'})).toEqual([
      'istio 1.28→1.29',
      'eks 1.34→1.35',
      'istio 1.29→1.30',
      'eks 1.35→1.36',
    ])
  })
})

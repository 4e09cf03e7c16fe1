import {describe, expect, test} from 'vitest'
import {node, pod} from '../live/testing.ts'
import {judgeEks} from './eks.ts'
import {found, report} from './testing.ts'

test('a cluster with nothing in it has nothing wrong', async () => {
  const {findings, checks} = await report({})
  expect(findings).toEqual([])
  expect(checks.every(check => check.state === 'done')).toBe(true)
})

describe('what could not be seen', () => {
  test('is told with the checks that are silent for it, and judged by nobody', async () => {
    const bare = pod('alone', {owner: ''})
    const refuse = (path: string) => (path === '/api/v1/pods' ? 403 : undefined)
    const {findings, checks} = await report({pods: [bare]}, {refuse})
    expect(findings).toMatchObject([
      {
        code: 'Z001',
        level: 'unknown',
        about: 'unseen pods',
        what: expect.stringMatching(/refused.*budgets that block a drain, pods without a controller/),
      },
    ])
    expect(checks.filter(check => check.state === 'unseen').map(check => check.name)).toContain(
      'resource claims',
    )
  })

  test('is not the same as what is not there', async () => {
    const refuse = (path: string) => (path.includes('kubevirt.io') ? 404 : undefined)
    const {findings, checks} = await report({}, {refuse})
    expect(findings).toEqual([])
    expect(checks.filter(check => check.state === 'absent').map(check => check.name)).toEqual([
      'KubeVirt',
      'launchers of virtual machines',
      'migrations of virtual machines',
    ])
  })
})

describe('versions', () => {
  test('that do not work together, by a rule of the matrix with its source', async () => {
    const kubeVirts = [
      {
        metadata: {name: 'kv', namespace: 'kubevirt'},
        status: {observedKubeVirtVersion: 'v1.7.4', phase: 'Deployed'},
      },
    ]
    const {findings} = await report({kubeVirts}, {matrix: 'kubevirt'})
    expect(findings).toMatchObject([
      {
        code: 'Z010',
        level: 'problem',
        about: 'kubernetes 1.36 and kubevirt 1.7.4',
        source: expect.stringContaining('https://github.com/kubevirt/sig-release'),
      },
    ])
  })

  test('out of support, and groups of nodes that are not of one piece', async () => {
    const nodes = [node('one', {kubeletVersion: 'v1.34.8'}), node('two')]
    expect(await found({nodes}, {matrix: 'kubevirt'})).toEqual([
      'Z011 warning kubelet 1.34: 1.34 is out of support (node one)',
      'Z021 warning node group nodes: v1.34.8 on one; v1.36.4 on two',
    ])
  })
})

test('EKS: parts that are not well, insights by their weight, and silence', () => {
  const insight = (status: string) => ({
    name: 'n',
    category: 'UPGRADE_READINESS',
    kubernetes: '1.36',
    status,
    reason: 'because',
  })
  const part = {
    kind: 'add-on',
    name: 'vpc-cni',
    version: 'v1.20.4',
    status: 'DEGRADED',
    issues: ['no role'],
  } as const
  const findings = judgeEks({
    parts: [part],
    insights: ['PASSING', 'ERROR', 'WARNING', 'UNKNOWN'].map(insight),
  })
  expect(findings.map(f => `${f.code} ${f.level} ${f.about}: ${f.what}`)).toEqual([
    'Z112 problem eks add-on vpc-cni v1.20.4: its status is DEGRADED; no role',
    'Z111 problem eks insight n for 1.36: ERROR: because (UPGRADE_READINESS)',
    'Z111 warning eks insight n for 1.36: WARNING: because (UPGRADE_READINESS)',
    'Z111 unknown eks insight n for 1.36: UNKNOWN: because (UPGRADE_READINESS)',
  ])
  expect(judgeEks({unseen: 'no aws'})).toMatchObject([{code: 'Z110', level: 'unknown', what: 'no aws'}])
})

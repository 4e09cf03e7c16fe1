import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseAllDocuments} from 'yaml'
import type {Exec} from '../lib/effects.ts'
import {pathOf} from '../lib/kube.ts'
import {matrixOf} from '../upgrade/testing.ts'
import {readEks} from './aws.ts'
import {detectVersions} from './detect.ts'
import {kinds} from './kinds.ts'
import {deprecatedUses} from './metrics.ts'
import {nodeScript, parseNodeFacts} from './node.ts'
import {readCluster} from './read.ts'
import {selectorOf, selects} from './selector.ts'
import {deployment, memoryKube, node, type Objects} from './testing.ts'

const read = (objects: Objects) => readCluster(memoryKube(objects))
const matrix = (name: string) =>
  matrixOf(readFileSync(new URL(`../../matrix/${name}.yaml`, import.meta.url), 'utf8'))

describe('reading a cluster', () => {
  test('every kind is listed once', async () => {
    const kube = memoryKube({})
    await readCluster(kube)
    const lists = Object.values(kinds).map(kind => pathOf(kind.resource))
    expect(kube.asked.toSorted()).toEqual(['/version', '/metrics', ...lists].toSorted())
  })

  test('what may not be read is unseen, what is not served is absent, and nothing hides the rest', async () => {
    const refuse = (path: string) =>
      path.includes('kubevirt.io') ? 404 : path.includes('secrets') ? 403 : undefined
    const snapshot = await readCluster(memoryKube({nodes: [node('one')]}, {refuse}))
    expect(snapshot.vmis).toEqual({state: 'absent'})
    expect(snapshot.helmRevisions).toMatchObject({state: 'unseen', why: expect.stringContaining('/secrets')})
    expect(snapshot.nodes).toMatchObject({state: 'seen', items: [{name: 'one', kubelet: 'v1.36.4'}]})
  })

  test('the RBAC manifest allows exactly what is read', () => {
    const text = readFileSync(new URL('../../docs/examples/doctor/rbac.yaml', import.meta.url), 'utf8')
    type Rule = {apiGroups?: string[]; resources?: string[]; nonResourceURLs?: string[]; verbs: string[]}
    const rules = parseAllDocuments(text).flatMap(d => (d.toJSON() as {rules?: Rule[]}).rules ?? [])
    const allowed = rules.flatMap(({apiGroups = [], resources = [], nonResourceURLs = [], verbs}) => [
      ...apiGroups.flatMap(group =>
        resources.flatMap(resource => verbs.map(verb => `${verb} ${group}/${resource}`)),
      ),
      ...nonResourceURLs.flatMap(url => verbs.map(verb => `${verb} ${url}`)),
    ])
    const needed = Object.values(kinds).map(({resource}) => `list ${resource.group}/${resource.plural}`)
    expect(allowed.toSorted()).toEqual(['get /version', 'get /metrics', ...needed].toSorted())
  })
})

describe('versions', () => {
  const versions = async (objects: Objects, name: string) =>
    detectVersions(await read(objects), matrix(name)).running.map(
      r => `${r.component}${r.instance ? `@${r.instance}` : ''} ${r.version}`,
    )

  test('of nodes: kubelet by node group, runtime and kernel as they are', async () => {
    const gpu = {'eks.amazonaws.com/nodegroup': 'GPU large'}
    const nodes = [
      node('one'),
      node('two', {
        labels: gpu,
        kubeletVersion: 'v1.35.2-eks-ab12',
        containerRuntimeVersion: 'cri-o://1.34.1',
      }),
    ]
    expect(await versions({nodes}, 'mock-device')).toEqual([
      'containerd 2.3',
      'cri-o 1.34',
      'kubelet@gpu-large 1.35',
      'kubelet@nodes 1.36',
      'kubernetes 1.36',
      'linux 6.12.107',
    ])
    expect(await versions({nodes: [node('one')]}, 'kubevirt')).toEqual(['kubelet 1.36', 'kubernetes 1.36'])
  })

  test('of workloads: by the tag of the image, else by the labels of the chart', async () => {
    const objects = {
      deployments: [
        deployment('cert-manager', 'quay.io/jetstack/cert-manager-controller:v1.20.1@sha256:ab'),
        deployment('not-it', 'example.com/my-cert-manager-controller:v1.2.3'),
        deployment('karpenter', 'public.ecr.aws/karpenter/controller:1.9.3@sha256:cd'),
        deployment('kmm-operator-controller', 'quay.io/x/kernel-module-management-operator@sha256:ef', {
          labels: {'app.kubernetes.io/name': 'kmm', 'app.kubernetes.io/version': 'v2.6.0'},
        }),
        deployment('driver', 'ghcr.io/x/driver:latest', {labels: {'helm.sh/chart': 'mock-device-0.2.0'}}),
      ],
      daemonSets: [
        deployment(
          'aws-node',
          '602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.4-eksbuild.2',
        ),
      ],
      kubeVirts: [
        {metadata: {name: 'kv', namespace: 'kubevirt'}, status: {observedKubeVirtVersion: 'v1.8.2'}},
      ],
    }
    expect(await versions(objects, 'mlops-platform')).toEqual([
      'cert-manager 1.20',
      'karpenter 1.9.3',
      'vpc-cni 1.20.4',
    ])
    expect(await versions(objects, 'mock-device')).toEqual([
      'cert-manager 1.20',
      'kmm 2.6.0',
      'kubernetes 1.36',
      'mock-device 0.2.0',
    ])
    expect(await versions(objects, 'kubevirt')).toEqual(['kubernetes 1.36', 'kubevirt 1.8.2'])
  })
})

test('label selectors select as Kubernetes does', () => {
  const expressions = (operator: string, values?: string[]) =>
    selectorOf({matchExpressions: [{key: 'a', operator, ...(values ? {values} : {})}]})
  expect(selects(selectorOf({}), {})).toBe(true)
  expect(selects(selectorOf({matchLabels: {a: 'x'}}), {a: 'x', b: 'y'})).toBe(true)
  expect(selects(selectorOf({matchLabels: {a: 'x'}}), {a: 'y'})).toBe(false)
  expect(selects(expressions('In', ['x']), {})).toBe(false)
  expect(selects(expressions('NotIn', ['x']), {})).toBe(true)
  expect(selects(expressions('NotIn', ['x']), {a: 'x'})).toBe(false)
  expect(selects(expressions('Exists'), {a: ''})).toBe(true)
  expect(selects(expressions('DoesNotExist'), {a: ''})).toBe(false)
})

test('deprecated APIs are found among the other metrics', () => {
  const line = (labels: string, value = 1) => `apiserver_requested_deprecated_apis{${labels}} ${value}\n`
  const text = [
    '# TYPE apiserver_requested_deprecated_apis gauge\n',
    line(
      'group="flowcontrol.apiserver.k8s.io",removed_release="1.37",resource="flowschemas",subresource="",version="v1beta3"',
    ),
    'apiserver_requested_deprecated_apis_other{group="x"} 1\n',
    line('group="",removed_release="",resource="pods",subresource="eviction",version="v1"'),
    line('group="gone",removed_release="1.38",resource="x",subresource="",version="v1"', 0),
  ].join('')
  expect(deprecatedUses(text)).toEqual([
    {group: 'flowcontrol.apiserver.k8s.io', version: 'v1beta3', resource: 'flowschemas', removed: '1.37'},
    {group: '', version: 'v1', resource: 'pods/eviction', removed: undefined},
  ])
})

test('facts of a node are read from between other lines, and only whole', () => {
  const told = parseNodeFacts(
    'hello\nfacts 1\nkernel 6.12.107\nselinux permissive\nruntime containerd containerd github.com/containerd v1.7.28 abc\nruntime crio\nconfiguration enable_cdi = true\nmodules read\nmodule mock_accel\ndevice mock0\nfolder .\nsocket a-reg.sock\nend\nbye\n',
    'log',
  )
  expect(told).toMatchObject({
    selinux: 'permissive',
    runtimes: [
      {name: 'containerd', version: '1.7.28'},
      {name: 'crio', version: undefined},
    ],
    configuration: ['enable_cdi = true'],
    modules: ['read', 'mock_accel'],
    devices: ['mock0'],
    sockets: ['a-reg.sock'],
  })
  expect(() => parseNodeFacts('facts 1\nkernel 6\n', 'log')).toThrow('its end is missing')
  expect(() => parseNodeFacts('no\n', 'log')).toThrow('Z130')
  expect(nodeScript).not.toMatch(/\bcat "\$file"/)
})

test("a node's CDI folder is found from within a pod, where links lead elsewhere", () => {
  const root = mkdtempSync(join(tmpdir(), 'node-'))
  try {
    mkdirSync(join(root, 'run/cdi'), {recursive: true})
    mkdirSync(join(root, 'var'))
    symlinkSync('/nowhere', join(root, 'var/run'))
    const out = execFileSync('sh', ['-s'], {input: nodeScript, env: {...process.env, ROOT: root}})
    expect(parseNodeFacts(out.toString(), 'here').cdiFolders).toEqual(['/var/run/cdi'])
  } finally {
    rmSync(root, {recursive: true})
  }
})

describe('EKS', () => {
  /** What the `aws` program would print, by its words. */
  const aws = (answers: Record<string, unknown>): Exec => ({
    run: async command => {
      const known = Object.entries(answers).find(([words]) =>
        command.join(' ').startsWith(`aws eks ${words}`),
      )
      const [code, text] = known ? [0, JSON.stringify(known[1])] : [254, '']
      return {code, stdout: Buffer.from(text), stderr: Buffer.from(known ? '' : 'AccessDenied')}
    },
  })
  const server = 'https://AB.gr7.eu-west-1.eks.amazonaws.com'

  test('is asked for the cluster with this endpoint, its parts and insights', async () => {
    const read = await readEks(
      server,
      aws({
        'list-clusters --region eu-west-1': {clusters: ['other', 'mine']},
        'describe-cluster --name other': {cluster: {name: 'other', endpoint: 'https://x'}},
        'describe-cluster --name mine': {
          cluster: {name: 'mine', endpoint: server.replace('AB', 'ab'), version: '1.35', status: 'ACTIVE'},
        },
        'list-addons --cluster-name mine': {addons: ['vpc-cni']},
        'describe-addon --cluster-name mine --addon-name vpc-cni': {
          addon: {
            addonName: 'vpc-cni',
            addonVersion: 'v1.20.4-eksbuild.2',
            status: 'DEGRADED',
            health: {issues: [{code: 'AccessDenied', message: 'no role'}]},
          },
        },
        'list-nodegroups': {nodegroups: ['gpu']},
        'describe-nodegroup': {nodegroup: {nodegroupName: 'gpu', version: '1.34', status: 'ACTIVE'}},
        'list-insights': {
          insights: [
            {
              name: 'Deprecated APIs',
              category: 'UPGRADE_READINESS',
              kubernetesVersion: '1.36',
              insightStatus: {status: 'ERROR', reason: 'in use'},
            },
          ],
        },
      }),
    )
    expect(read).toEqual({
      parts: [
        {kind: 'cluster', name: 'mine', version: '1.35', status: 'ACTIVE', issues: []},
        {
          kind: 'add-on',
          name: 'vpc-cni',
          version: 'v1.20.4-eksbuild.2',
          status: 'DEGRADED',
          issues: ['AccessDenied: no role'],
        },
        {kind: 'node group', name: 'gpu', version: '1.34', status: 'ACTIVE', issues: []},
      ],
      insights: [
        {
          name: 'Deprecated APIs',
          category: 'UPGRADE_READINESS',
          kubernetes: '1.36',
          status: 'ERROR',
          reason: 'in use',
        },
      ],
    })
  })

  test('that may not be asked, or knows no such cluster, is unseen', async () => {
    expect(await readEks(server, aws({}))).toEqual({unseen: 'aws eks list-clusters: AccessDenied'})
    expect(await readEks(server, aws({'list-clusters': {clusters: []}}))).toMatchObject({
      unseen: expect.stringContaining('no EKS cluster'),
    })
  })
})

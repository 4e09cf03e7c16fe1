import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {readCluster} from '../live/read.ts'
import {deployment, memoryKube, node, type Objects, pod} from '../live/testing.ts'
import {matrixOf} from '../upgrade/testing.ts'
import {judgeEks} from './eks.ts'
import {examine} from './examine.ts'

const matrices = Object.fromEntries(
  ['mock-device', 'kubevirt'].map(name => [
    name,
    matrixOf(readFileSync(new URL(`../../matrix/${name}.yaml`, import.meta.url), 'utf8')),
  ]),
)
const now = new Date('2026-11-21T12:00:00Z')
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString()

type Options = {metrics?: string; refuse?: (path: string) => number | undefined; matrix?: string}

async function report(objects: Objects, {matrix: name = 'mock-device', ...options}: Options = {}) {
  const matrix = matrices[name]
  if (!matrix) throw new Error(name)
  const all = {nodes: [node('one')], classes: [{metadata: {name: 'gpu'}}], ...objects}
  return examine(await readCluster(memoryKube(all, options)), {matrix, now})
}

/** `Z040 problem poddisruptionbudget team/db: …` */
async function found(objects: Objects, options: Options = {}): Promise<string[]> {
  const {findings} = await report(objects, options)
  return findings.map(f => `${f.code} ${f.level} ${f.about}: ${f.what}`)
}

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

describe('draining', () => {
  const budget = (name: string, selector: object, allowed: number) => ({
    metadata: {name, namespace: 'team'},
    spec: {selector},
    status: {disruptionsAllowed: allowed, currentHealthy: 2, desiredHealthy: 2, expectedPods: 2},
  })
  const db = {matchLabels: {app: 'db'}}

  test('is blocked by a budget that lets nothing go, and holds pods on nodes', async () => {
    const pods = [pod('db-0', {labels: {app: 'db'}}), pod('db-1', {labels: {app: 'db'}, node: 'two'})]
    expect(await found({pods, pdbs: [budget('db', db, 0)]})).toEqual([
      'Z040 problem poddisruptionbudget team/db: no pod may go: 2 of the 2 that it needs are healthy; it holds db-0 on one, db-1 on two',
    ])
    expect(await found({pods, pdbs: [budget('db', db, 1)]})).toEqual([])
    expect(await found({pods: [pod('web')], pdbs: [budget('db', db, 0)]})).toEqual([])
  })

  test('is blocked by two budgets for one pod; pods of DaemonSets and finished ones are not moved', async () => {
    const pods = [
      pod('db-0', {labels: {app: 'db'}}),
      pod('agent', {labels: {app: 'db'}, owner: 'DaemonSet'}),
      pod('done', {labels: {app: 'db'}, owner: '', status: {phase: 'Succeeded'}}),
    ]
    expect(await found({pods, pdbs: [budget('db', db, 1), budget('all', {}, 1)]})).toEqual([
      'Z041 problem pod team/db-0: selected by db, all',
    ])
  })

  test('loses pods without a controller, and needs nodes that are ready', async () => {
    const nodes = [node('one'), node('two', {ready: 'Unknown'}), node('three', {ready: 'False'})]
    expect(await found({nodes, pods: [pod('alone', {owner: ''}), pod('static', {owner: 'Node'})]})).toEqual([
      'Z020 problem node three: its kubelet says: PLEG is not healthy',
      'Z020 problem node two: its kubelet says nothing',
      'Z042 warning namespace team: alone on one',
    ])
  })
})

describe('the API', () => {
  const crd = (stored: string[], more = {}) => ({
    metadata: {name: 'things.example.com'},
    spec: {
      versions: [
        {name: 'v1', served: true, storage: true},
        {name: 'v1beta1', served: true},
      ],
      ...more,
    },
    status: {storedVersions: stored},
  })

  test('stores objects in versions that a newer CRD may drop', async () => {
    expect(await found({crds: [crd(['v1'])]})).toEqual([])
    expect(await found({crds: [crd(['v1beta1', 'v1'])]})).toEqual([
      'Z030 warning crd things.example.com: storedVersions has v1beta1 beside v1',
    ])
    expect(await found({crds: [crd(['v1alpha1', 'v1'])]})).toEqual([
      'Z030 problem crd things.example.com: storedVersions has v1alpha1 beside v1; v1alpha1 is no longer served',
    ])
  })

  test('was asked for what the next minor no longer has', async () => {
    const use = (removed: string) =>
      `\napiserver_requested_deprecated_apis{group="g",removed_release="${removed}",resource="r",subresource="",version="v1beta1"} 1\n`
    expect(await found({}, {metrics: use('1.37')})).toEqual([
      'Z031 problem api g/v1beta1 r: was asked for since the API server started; Kubernetes 1.37 no longer has it',
    ])
    expect(await found({}, {metrics: use('1.38')})).toEqual([expect.stringContaining('Z031 warning')])
  })

  const service = {namespace: 'hooks', name: 'hook'}
  const webhook = (failurePolicy: string) => ({
    metadata: {name: 'guard'},
    webhooks: [
      {name: 'guard.example.com', failurePolicy, clientConfig: {service}, rules: [{resources: ['pods']}]},
    ],
  })
  const slice = (...ready: (boolean | undefined)[]) => ({
    metadata: {name: 's', namespace: 'hooks', labels: {'kubernetes.io/service-name': 'hook'}},
    endpoints: ready.map(r => ({conditions: r === undefined ? {} : {ready: r}})),
  })

  test('calls webhooks behind which nobody is', async () => {
    const what = 'calls the service hooks/hook, which has no ready endpoint'
    expect(await found({validating: [webhook('Fail')], endpointSlices: [slice(false)]})).toEqual([
      `Z090 problem validatingwebhookconfiguration guard: guard.example.com ${what}; refused meanwhile: pods`,
    ])
    expect(await found({mutating: [webhook('Ignore')]})).toEqual([
      expect.stringContaining('Z090 warning mutating'),
    ])
    expect(
      await found({validating: [webhook('Fail')], endpointSlices: [slice(false), slice(undefined)]}),
    ).toEqual([])
    const conversion = {conversion: {webhook: {clientConfig: {service}}}}
    expect(await found({crds: [crd(['v1'], conversion)]})).toEqual([
      expect.stringContaining('Z090 problem crd things'),
    ])
  })

  test('has aggregated parts that do not answer; local ones need nobody', async () => {
    const status = {conditions: [{type: 'Available', status: 'False', message: 'no endpoints'}]}
    const apiServices = [
      {metadata: {name: 'v1.metrics'}, spec: {service}, status},
      {metadata: {name: 'v1.apps'}, spec: {}},
    ]
    expect(await found({apiServices})).toEqual(['Z091 problem apiservice v1.metrics: no endpoints'])
  })
})

describe('Helm', () => {
  const revision = (version: number, status: string, age: number) => ({
    metadata: {
      name: `sh.helm.release.v1.app.v${version}`,
      namespace: 'team',
      labels: {
        owner: 'helm',
        name: 'app',
        version: String(version),
        status,
        modifiedAt: String(now.getTime() / 1000 - age),
      },
    },
  })

  test('is stuck in a change that nobody makes any more, with the way back', async () => {
    const revisions = [
      revision(10, 'pending-upgrade', 7200),
      revision(9, 'failed', 9000),
      revision(8, 'superseded', 9999),
    ]
    const {findings} = await report({helmRevisions: revisions})
    expect(findings).toMatchObject([
      {
        ...{code: 'Z050', level: 'problem', about: 'helm release team/app'},
        what: 'revision 10 has been pending-upgrade for 2 hours',
        todo: expect.stringContaining('helm rollback app 8 --namespace team'),
      },
    ])
  })

  test('of a first install there is nothing to go back to; a young change may be under way; a failed one is told', async () => {
    const {findings} = await report({helmRevisions: [revision(1, 'pending-install', 7200)]})
    expect(findings[0]?.todo).toContain('helm uninstall app')
    expect(await found({helmRevisions: [revision(1, 'pending-install', 30)]})).toEqual([
      expect.stringContaining('Z050 warning'),
    ])
    expect(await found({helmRevisions: [revision(2, 'failed', 30), revision(1, 'deployed', 40)]})).toEqual([
      'Z051 warning helm release team/app: revision 2 is failed',
    ])
    expect(await found({helmRevisions: [revision(2, 'deployed', 30), revision(1, 'failed', 40)]})).toEqual([])
  })
})

describe('KMM', () => {
  const module = (kernelMappings: object[], selector: object = {accel: 'yes'}) => ({
    metadata: {name: 'accel', namespace: 'mock'},
    spec: {selector, moduleLoader: {container: {kernelMappings}}},
  })
  const containerImage = `r.test/m:v1-\${KERNEL_FULL_VERSION}`
  const debian = {regexp: String.raw`^6\.12\.\d+\+deb13-amd64$`, containerImage}
  const labels = {accel: 'yes', 'kmm.node.kubernetes.io/mock.accel.ready': ''}

  test('passes over nodes whose kernel no mapping takes: told by its own rules', async () => {
    const nodes = [
      node('one', {labels}),
      node('two', {labels: {accel: 'yes'}, kernelVersion: '6.18.1-cloud'}),
      node('three', {kernelVersion: '5.4.0-not-selected'}),
    ]
    expect(await found({nodes, kmmModules: [module([debian])]})).toEqual([
      'Z060 problem module mock/accel: no mapping takes 6.18.1-cloud, which runs on two',
    ])
  })

  test('has not loaded what a mapping takes; or has mappings that say nothing', async () => {
    const nodes = [node('one', {labels: {accel: 'yes'}})]
    expect(await found({nodes, kmmModules: [module([debian])]})).toEqual([
      'Z062 warning module mock/accel: not loaded on one (6.12.107+deb13-amd64); its image is r.test/m:v1-6.12.107_deb13-amd64',
    ])
    expect(await found({nodes, kmmModules: [module([{regexp: '^6(?=x)', containerImage}])]})).toEqual([
      expect.stringContaining('Z061 problem module mock/accel'),
    ])
    expect(
      await found({nodes, kmmModules: [module([{...debian, containerImage: 'r.test/m:$NOPE'}])]}),
    ).toEqual([expect.stringContaining('Z061 problem module mock/accel')])
  })
})

describe('KubeVirt and cert-manager', () => {
  const place = (name: string) => ({name, namespace: 'vms'})

  test('are rolling out, or not up', async () => {
    const kubeVirt = {
      phase: 'Deploying',
      observedKubeVirtVersion: 'v1.8.2',
      targetKubeVirtVersion: 'v1.8.3',
      conditions: [{type: 'Degraded', status: 'True'}],
    }
    const labels = {'app.kubernetes.io/name': 'webhook', 'app.kubernetes.io/part-of': 'cert-manager'}
    expect(
      await found({
        kubeVirts: [{metadata: place('kv'), status: kubeVirt}],
        deployments: [
          deployment('cm-webhook', 'x:1', {labels, available: 0}),
          deployment('mine', 'x:1', {available: 0}),
        ],
      }),
    ).toEqual([
      'Z070 problem kubevirt vms/kv: its phase is Deploying; it is degraded; it is on the way from v1.8.2 to v1.8.3',
      'Z080 problem deployment system/cm-webhook: 0 of 1 pods are available',
    ])
  })

  test('have machines with old launchers, and migrations under way', async () => {
    const labels = {'kubevirt.io/outdatedLauncherImage': ''}
    const fixed = {conditions: [{type: 'LiveMigratable', status: 'False'}]}
    const migration = (name: string, phase: string) => ({
      metadata: {...place(name), creationTimestamp: ago(300)},
      spec: {vmiName: 'a'},
      status: {phase},
    })
    const outdated = {
      kubeVirts: [{metadata: place('kv'), status: {phase: 'Deployed'}}],
      vmis: [
        {metadata: {...place('a'), labels}},
        {metadata: {...place('b'), labels}, status: fixed},
        {metadata: place('c')},
      ],
      migrations: [migration('m1', 'Running'), migration('m2', 'Succeeded')],
    }
    expect(await found(outdated)).toEqual([
      'Z071 warning virtual machines: 2: vms/a, vms/b; cannot migrate: vms/b; KubeVirt is told to update none (workloadUpdateMethods is empty)',
      'Z072 warning virtualmachineinstancemigration vms/m1: a has been Running for 5 minutes',
    ])
  })

  test('have certificates that are not ready, or at their end', async () => {
    const certificate = (name: string, status: string, notAfter: string) => ({
      metadata: place(name),
      status: {notAfter, conditions: [{type: 'Ready', status, message: 'no issuer'}]},
    })
    const certificates = [
      certificate('good', 'True', '2027-01-01T00:00:00Z'),
      certificate('none', 'False', '2027-01-01T00:00:00Z'),
      certificate('old', 'True', ago(7200)),
    ]
    expect(await found({certificates})).toEqual([
      'Z081 problem certificate vms/none: no issuer',
      `Z081 problem certificate vms/old: ended 2 hours ago, on ${ago(7200)}`,
    ])
  })
})

describe('devices', () => {
  const slice = (
    name: string,
    {
      node: nodeName = 'one',
      generation = 1,
      count = 1,
      taints = [],
    }: {node?: string; generation?: number; count?: number; taints?: object[]} = {},
  ) => ({
    metadata: {name},
    spec: {
      ...{driver: 'd', nodeName, devices: [{name: 'dev0', taints}]},
      pool: {name: `${nodeName}/p`, generation, resourceSliceCount: count},
    },
  })

  test('are published in whole pools by nodes that exist; old generations do not count', async () => {
    expect(await found({slices: [slice('a', {generation: 2}), slice('old', {count: 2})]})).toEqual([])
    expect(await found({slices: [slice('a', {count: 2}), slice('b', {node: 'gone'})]})).toEqual([
      'Z100 problem pool d/one/p: 1 of 2 slices of generation 1 are there',
      'Z101 problem resourceslices of node gone: there is no such node; left are b',
    ])
  })

  test('are tainted, or not published although a driver runs', async () => {
    const taints = [{key: 'd/health', value: 'failed', effect: 'NoExecute'}]
    const labels = {'app.kubernetes.io/component': 'dra-driver'}
    const pods = [
      pod('drv-a', {labels, owner: 'DaemonSet'}),
      pod('drv-b', {labels, owner: 'DaemonSet', node: 'two'}),
    ]
    expect(await found({slices: [slice('a', {taints})], pods})).toEqual([
      'Z104 problem drivers in namespace team: no slices from two (drv-b)',
      'Z102 warning pool d/one/p: dev0 (d/health=failed:NoExecute)',
    ])
  })

  const claim = (more: {deletionTimestamp?: string; deviceClassName?: string; status?: object}) => {
    const {deletionTimestamp, deviceClassName = 'gpu', status = {}} = more
    return {
      metadata: {name: 'c', namespace: 'team', ...(deletionTimestamp ? {deletionTimestamp} : {})},
      spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName}}]}},
      status,
    }
  }
  const about = 'Z103 problem resourceclaim team/c:'
  const waiting = pod('p', {
    spec: {resourceClaims: [{name: 'r', resourceClaimName: 'c'}]},
    status: {
      phase: 'Pending',
      conditions: [{type: 'PodScheduled', status: 'False', message: 'cannot allocate all claims'}],
    },
  })

  test('are claimed in vain: no class, no device, no end', async () => {
    expect(await found({claims: [claim({})]})).toEqual([])
    expect(await found({claims: [claim({deviceClassName: 'none'})]})).toEqual([
      `${about} there is no device class none`,
    ])
    expect(await found({claims: [claim({})], pods: [waiting]})).toEqual([
      `${about} p waits: cannot allocate all claims`,
    ])
    expect(await found({claims: [claim({deletionTimestamp: ago(3600)})]})).toEqual([
      expect.stringContaining('has been going for 1 hour'),
    ])
    expect(await found({claims: [claim({deletionTimestamp: ago(60)})]})).toEqual([])
  })

  test('are gone although a claim has them; or are held for a pod that is gone', async () => {
    const results = [{driver: 'd', pool: 'one/p', device: 'dev0'}]
    const held = claim({
      status: {allocation: {devices: {results}}, reservedFor: [{resource: 'pods', name: 'p'}]},
    })
    expect(await found({claims: [held], slices: [slice('a')], pods: [pod('p')]})).toEqual([])
    expect(await found({claims: [held], pods: [pod('p')]})).toEqual([
      `${about} it has d/one/p/dev0, which no slice has any more`,
    ])
    expect(await found({claims: [held], slices: [slice('a')]})).toEqual([
      `${about} it is reserved for p, which is gone`,
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

import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type ControlPlane, mustKubectl, startControlPlane, type User} from '#testbed/cluster/control-plane.ts'
import {installKmmCrds} from '#testbed/cluster/kmm.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {needTools} from '#testbed/needs.ts'
import type {Report} from '../doctor/examine.ts'
import {lockstep} from './testing.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kmm')
const root = join(import.meta.dirname, '../..')
const account = (name: string): User => ({
  token: `token-of-${name}`,
  name: `system:serviceaccount:lockstep:${name}`,
  groups: ['system:serviceaccounts', 'system:authenticated'],
})

const versions = (storage: string) =>
  ['v1beta1', 'v1'].map(name => ({
    name,
    served: true,
    storage: name === storage,
    schema: {openAPIV3Schema: {type: 'object'}},
  }))
const crd = (storage: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {name: 'things.example.com'},
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: {plural: 'things', kind: 'Thing'},
    versions: versions(storage),
  },
})

const inTeam = (name: string, labels: Record<string, string> = {}) => ({name, namespace: 'team', labels})
const containers = [{name: 'c', image: 'busybox'}]
const objects = [
  {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'team'}},
  {apiVersion: 'v1', kind: 'ServiceAccount', metadata: inTeam('default')},
  {
    ...{apiVersion: 'v1', kind: 'Secret', type: 'helm.sh/release.v1'},
    metadata: inTeam('sh.helm.release.v1.app.v1', {
      owner: 'helm',
      name: 'app',
      version: '1',
      status: 'deployed',
      modifiedAt: '1790000000',
    }),
    stringData: {release: 'a secret that is never read'},
  },
  {
    ...{apiVersion: 'v1', kind: 'Secret', type: 'helm.sh/release.v1'},
    metadata: inTeam('sh.helm.release.v1.app.v2', {
      owner: 'helm',
      name: 'app',
      version: '2',
      status: 'pending-upgrade',
      modifiedAt: '1790000001',
    }),
  },
  {
    ...{apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: inTeam('db')},
    spec: {minAvailable: 1, selector: {matchLabels: {app: 'db'}}},
  },
  {
    ...{apiVersion: 'v1', kind: 'Pod', metadata: inTeam('db-0', {app: 'db'})},
    spec: {nodeName: 'one', containers, automountServiceAccountToken: false},
  },
  {
    ...{apiVersion: 'apps/v1', kind: 'Deployment'},
    metadata: {name: 'cert-manager', namespace: 'team', labels: {'app.kubernetes.io/name': 'cert-manager'}},
    spec: {
      selector: {matchLabels: {a: 'b'}},
      template: {
        metadata: {labels: {a: 'b'}},
        spec: {containers: [{name: 'c', image: 'quay.io/jetstack/cert-manager-controller:v1.20.1'}]},
      },
    },
  },
  {
    ...{
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: {name: 'guard'},
    },
    webhooks: [
      {
        ...{
          name: 'guard.example.com',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          failurePolicy: 'Fail',
        },
        clientConfig: {service: {namespace: 'team', name: 'nobody'}},
        rules: [
          {apiGroups: ['example.com'], apiVersions: ['*'], operations: ['CREATE'], resources: ['widgets']},
        ],
      },
    ],
  },
  {
    ...{apiVersion: 'kmm.sigs.x-k8s.io/v1beta1', kind: 'Module', metadata: inTeam('accel')},
    spec: {
      selector: {accel: 'yes'},
      moduleLoader: {
        container: {
          modprobe: {moduleName: 'accel'},
          kernelMappings: [{regexp: String.raw`^6\.12\..*-amd64$`, containerImage: 'registry.test/accel:1'}],
        },
      },
    },
  },
  {
    ...{apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: {name: 'one-gpu'}},
    spec: {
      ...{driver: 'gpu.example.com', nodeName: 'one', devices: [{name: 'gpu0'}]},
      pool: {name: 'one', generation: 1, resourceSliceCount: 2},
    },
  },
  {
    ...{apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: inTeam('wish')},
    spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName: 'nowhere'}}]}},
  },
]

/** What is set by controllers, of which none runs. */
const status = {
  'pdb/db': {
    status: {
      disruptionsAllowed: 0,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
      observedGeneration: 1,
    },
  },
  'pod/db-0': {status: {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]}},
}

describe.skipIf(!tools)('doctor, on a real API server', () => {
  let plane: ControlPlane
  const apply = (object: object) => mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify(object))
  const configs: Record<string, string> = {}

  beforeAll(async () => {
    const users = [account('doctor'), account('no-secrets'), account('nobody')]
    plane = await startControlPlane({users})
    await installKmmCrds(plane)
    await addFakeNode(plane, 'one', '6.12.107+deb13-amd64')
    await addFakeNode(plane, 'two', '6.18.1-cloud', {accel: 'yes'})
    await mustKubectl(plane, ['apply', '-f', join(root, 'docs/examples/doctor/rbac.yaml')])
    await mustKubectl(plane, [
      'create',
      'clusterrolebinding',
      'no-secrets',
      '--clusterrole=lockstep-doctor',
      '--user=system:serviceaccount:lockstep:no-secrets',
    ])
    await apply(crd('v1beta1'))
    await mustKubectl(plane, ['wait', '--for=create', 'namespace/default'])
    await apply({apiVersion: 'v1', kind: 'List', items: objects})
    await apply(crd('v1'))
    for (const [name, patch] of Object.entries(status))
      await mustKubectl(plane, [
        '-n',
        'team',
        'patch',
        name,
        '--subresource=status',
        '--type=merge',
        '-p',
        JSON.stringify(patch),
      ])
    // Deprecated since Kubernetes 1.19, and still served.
    await mustKubectl(plane, ['get', 'componentstatuses'])
    for (const user of users) {
      const config = JSON.parse(plane.kubeconfigText)
      config.users[0].user = {token: user.token}
      const path = join(plane.folder, `config-${user.token}`)
      configs[user.name.split(':').at(-1) ?? ''] = path
      await writeFile(path, JSON.stringify(config))
    }
  })
  afterAll(() => plane?.stop())

  const examine = async (user: string): Promise<{code: number; report: Report; err: string}> => {
    const {code, out, err} = await lockstep(root, 'doctor', '--kubeconfig', configs[user] ?? '', '-o', 'json')
    return {code, report: JSON.parse(out), err}
  }

  test('finds what is wrong, with the rights of its manifest and no others', async () => {
    const {code, report} = await examine('doctor')
    expect(code).toBe(1)
    const found = report.findings.map(f => `${f.code} ${f.level} ${f.about}: ${f.what}`)
    // The API server's own clients may ask for deprecated APIs as well.
    const deprecated = found.filter(text => text.startsWith('Z031'))
    expect(deprecated).toContain(
      'Z031 warning api v1 componentstatuses: was asked for since the API server started',
    )
    expect(found.filter(text => !deprecated.includes(text))).toEqual([
      'Z040 problem poddisruptionbudget team/db: no pod may go: 1 of the 1 that it needs are healthy; it holds db-0 on one',
      expect.stringMatching(
        /^Z050 problem helm release team\/app: revision 2 has been pending-upgrade for \d+ days$/,
      ),
      'Z060 problem module team/accel: no mapping takes 6.18.1-cloud, which runs on two',
      'Z080 problem deployment team/cert-manager: 0 of 1 pods are available',
      'Z090 problem validatingwebhookconfiguration guard: guard.example.com calls the service team/nobody, which has no ready endpoint; refused meanwhile: widgets',
      'Z100 problem pool gpu.example.com/one: 1 of 2 slices of generation 1 are there',
      'Z103 problem resourceclaim team/wish: there is no device class nowhere',
      expect.stringContaining('Z011 warning containerd 2.1: 2.1 has had no support since'),
      'Z030 warning crd things.example.com: storedVersions has v1beta1 beside v1',
      'Z042 warning namespace team: db-0 on one',
    ])
    expect(report.versions.running.map(r => `${r.component} ${r.version}`)).toEqual([
      'cert-manager 1.20',
      'containerd 2.1',
      'kubelet 1.36',
      'kubernetes 1.36',
      'linux 6.12.107',
      'linux 6.18.1',
    ])
    expect(report.checks.filter(check => check.state === 'absent').map(check => check.name)).toEqual([
      'certificates',
      'KubeVirt',
      'launchers of virtual machines',
      'migrations of virtual machines',
    ])
  })

  test('calls unknown what it may not see, and says which checks are silent for it', async () => {
    const {code, report} = await examine('no-secrets')
    expect(code).toBe(1)
    expect(report.findings.filter(f => f.level === 'unknown')).toMatchObject([
      {
        code: 'Z001',
        about: 'unseen helmRevisions',
        what: expect.stringMatching(/cannot list resource "secrets".*Helm releases/),
      },
    ])
    const nobody = await examine('nobody')
    expect(nobody.code).toBe(1)
    expect(new Set(nobody.report.findings.map(f => f.code))).toEqual(new Set(['Z001']))
    expect(nobody.report.checks.filter(check => check.state === 'done')).toEqual([])
  })

  test('a plan starts from what the cluster runs, and status asks the objects that bindings name', async () => {
    const config = configs.doctor ?? ''
    const live = ['--live', '--kubeconfig', plane.kubeconfig]
    const planned = await lockstep(root, 'upgrade', 'plan', 'kubernetes=..1.37', ...live, '-o', 'json')
    expect(planned.err).toBe('')
    expect(JSON.parse(planned.out).hops).toMatchObject([{component: 'kubernetes', from: '1.36', to: '1.37'}])
    expect(
      (await lockstep(root, 'upgrade', 'plan', 'karpenter=..1.9.3', '--live', '--kubeconfig', config)).code,
    ).toBe(2)

    const bindings = join(plane.folder, 'bindings.yaml')
    const at = (object: string, path: string) =>
      `{component: kubelet, instance: one, owner: manual, at: {object: ${object}, path: ${path}}}`
    const write = (line: string) =>
      writeFile(
        bindings,
        `apiVersion: lockstep/v1\nkind: Bindings\nuses: [{matrix: ${root}/matrix/kubevirt.yaml}]\nbindings:\n  - ${line}\n`,
      )
    await write(at('node/one', 'status.nodeInfo.kubeletVersion'))
    const status = await lockstep(root, 'status', '--bindings', bindings, ...live, '-o', 'json')
    expect(JSON.parse(status.out).components).toMatchObject([{name: 'kubelet@one', version: '1.36'}])
    await write(at('deployments.apps/team/cert-manager', 'spec.nothing'))
    const missing = await lockstep(root, 'status', '--bindings', bindings, ...live)
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('it has no field spec.nothing')])
  })

  test('the API server takes the Job for a node', async () => {
    const {out} = await lockstep(root, 'doctor', 'node', '--job', 'one')
    expect(await mustKubectl(plane, ['-n', 'team', 'create', '--dry-run=server', '-f', '-'], out)).toContain(
      'created',
    )
  })

  test('a server that is not there ends with 3', async () => {
    const gone = join(plane.folder, 'gone')
    const config = JSON.parse(plane.kubeconfigText)
    config.clusters[0].cluster.server = 'https://127.0.0.1:1'
    await writeFile(gone, JSON.stringify(config))
    const {code, err} = await lockstep(root, 'doctor', 'cluster', '--kubeconfig', gone)
    expect([code, err]).toEqual([3, expect.stringContaining('E061')])
  })
})

/** What e2e tests share: a cluster of this process, objects in it, and looking for what is left behind. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {expect} from 'vitest'
import type {FeatureGates} from '../cluster/control-plane.ts'
import {lineProgress} from '../progress.ts'
import {type KubernetesVersion, standardKubernetes} from '../tools/tools.ts'
import {type Cluster, launch, openCluster} from './client.ts'
import type {NodeWish} from './cluster.ts'
import {nodeDisks} from './disk.ts'
import {busyboxImage, type NodeImage, pauseImage} from './images.ts'

export type TestCluster = Cluster & {
  /** Makes objects, or changes them. */
  apply(...objects: object[]): Promise<void>
  /** What kubectl says; it must succeed. */
  get(...args: string[]): Promise<string>
  /** Asks every quarter of a second. */
  until(what: string, ask: () => Promise<boolean>, seconds?: number): Promise<void>
  stop(): Promise<void>
  /** The cluster's process. */
  readonly pid: number
}

/** Seconds until something counts as never: a busy machine is no failure. */
const patience = 240

/** Of the guests that run here. */
export const testLine = 'debian-13-cloud-amd64'

export async function testCluster(
  nodes: readonly NodeWish[],
  {
    images = [],
    module = true,
    version = standardKubernetes,
    gates = {},
  }: {
    images?: readonly NodeImage[]
    module?: boolean
    version?: KubernetesVersion
    gates?: FeatureGates
  } = {},
): Promise<TestCluster> {
  const progress = lineProgress('  ')
  const disks = await nodeDisks([await pauseImage(), await busyboxImage(), ...images], {progress}, version)
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'))
  const wish = {nodes, line: testLine, module, disks, shell: false, version, gates}
  const launched = await launch(folder, wish, {detached: false, progress}).catch(async error => {
    await rm(folder, {recursive: true})
    throw error
  })
  const cluster = await openCluster(folder)
  const get = async (...args: string[]) => {
    const {code, stdout, stderr} = await cluster.kubectl(args)
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  return {
    ...cluster,
    pid: launched.pid,
    get,
    async apply(...objects) {
      const stdin = JSON.stringify({apiVersion: 'v1', kind: 'List', items: objects})
      const {code, stderr} = await cluster.kubectl(['apply', '-f', '-'], {stdin})
      if (code !== 0) throw new Error(stderr)
    },
    async until(what, ask, seconds = patience) {
      const end = Date.now() + seconds * 1000
      let last: unknown
      while (
        !(await ask().catch(error => {
          last = error
          return false
        }))
      ) {
        if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s${last ? ` (${last})` : ''}`)
        await sleep(250)
      }
    },
    async stop() {
      await launched.stop()
      await rm(folder, {recursive: true, force: true})
    },
  }
}

/** A pod with one claim of its own, of a DeviceClass, that runs a script by busybox. */
export function podWithClaim(
  name: string,
  script: string,
  {deviceClass = 'mock-accel-vf', restart = 'Never', node = '', image = 'localhost/busybox:1'} = {},
): object[] {
  return [
    {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaimTemplate',
      metadata: {name, namespace: 'default'},
      spec: {spec: {devices: {requests: [{name: 'device', exactly: {deviceClassName: deviceClass}}]}}},
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {name, namespace: 'default'},
      spec: {
        restartPolicy: restart,
        terminationGracePeriodSeconds: 1,
        ...(node ? {nodeSelector: {'kubernetes.io/hostname': node}} : {}),
        resourceClaims: [{name: 'device', resourceClaimTemplateName: name}],
        containers: [
          {
            name: 'main',
            image,
            imagePullPolicy: 'Never',
            command: ['sh', '-c', script],
            resources: {claims: [{name: 'device'}]},
          },
        ],
      },
    },
  ]
}

export const phase = (cluster: TestCluster, pod: string) =>
  cluster.get('get', 'pod', pod, '-o', 'jsonpath={.status.phase}')

export async function running(cluster: TestCluster, pod: string, seconds = patience): Promise<void> {
  await cluster.until(`pod ${pod} Running`, async () => (await phase(cluster, pod)) === 'Running', seconds)
}

/** How a pod ended: `Succeeded` or `Failed`. */
export async function ended(cluster: TestCluster, pod: string, seconds = patience): Promise<string> {
  const over = async () => ['Succeeded', 'Failed'].includes(await phase(cluster, pod))
  await cluster.until(`pod ${pod} at its end`, over, seconds)
  return phase(cluster, pod)
}

/** Device of each allocated claim: `node1/unknown/mock0v0`. */
export async function allocations(cluster: TestCluster): Promise<string[]> {
  const {items} = JSON.parse(await cluster.get('get', 'resourceclaims', '-A', '-o', 'json')) as {
    items: {status?: {allocation?: {devices?: {results?: {pool: string; device: string}[]}}}}[]
  }
  return items
    .flatMap(one => one.status?.allocation?.devices?.results ?? [])
    .map(one => `${one.pool}/${one.device}`)
    .sort()
}

const checkpoint = '/var/lib/kubelet/plugins/mock-accel.example.com/checkpoint.json'

/** What a node has of claims: CDI files, claims in the checkpoint, devices that say `allocated`. */
export async function traces(cluster: TestCluster, node = 'node1'): Promise<string[]> {
  const handle = cluster.node(node)
  const files = await handle.get('node ls /var/run/cdi')
  const {claims} = JSON.parse((await handle.get(`node cat ${checkpoint} || echo '{}'`)) || '{}')
  const devices = await handle.get('cd /sys/class/mock-accel; grep -l allocated */status; true')
  return [
    ...files.split('\n').filter(Boolean),
    ...Object.keys(claims ?? {}).map(uid => `claim ${uid}`),
    ...devices.split('\n').filter(Boolean),
  ]
}

/** Removes the pods and claims of tests, without waiting. */
export async function clear(cluster: TestCluster): Promise<void> {
  for (const kind of ['pods', 'resourceclaims', 'resourceclaimtemplates'])
    await cluster.kubectl(['delete', kind, '--all', '--wait=false', '--grace-period=1'])
}

/** After every fault: pods end, no claim is left, and nothing on the node. */
export async function expectNothingLeft(
  cluster: TestCluster,
  nodes: readonly string[] = ['node1'],
): Promise<void> {
  const none = async (kind: string) => (await cluster.get('get', kind, '-o', 'name')) === ''
  await cluster.get('delete', 'pods', '--all', '--wait=false')
  await cluster.until('all pods gone', () => none('pods'))
  await cluster.get('delete', 'resourceclaimtemplates', '--all')
  await cluster.until('all claims gone', () => none('resourceclaims'))
  const left = async (node: string) => (await traces(cluster, node)).map(one => `${node}: ${one}`)
  for (const node of nodes)
    await cluster.until(`nothing on ${node}`, async () => (await left(node)).length === 0).catch(() => {})
  expect((await Promise.all(nodes.map(left))).flat()).toEqual([])
}

/** What e2e tests share: a cluster of this process, objects in it, and looking for what is left behind. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {expect} from 'vitest'
import type {FeatureGates} from '../cluster/control-plane.ts'
import {lineProgress} from '../progress.ts'
import {type KubernetesVersion, standardKubernetes} from '../tools/tools.ts'
import {apiReader} from './api.ts'
import {type Cluster, launch, openCluster} from './client.ts'
import type {NodeWish} from './cluster.ts'
import {nodeDisks} from './disk.ts'
import {busyboxImage, type NodeImage, pauseImage} from './images.ts'

export type TestCluster = Cluster & {
  /** Makes objects, or changes them. */
  apply(...objects: object[]): Promise<void>
  /** What kubectl says; it must succeed. */
  get(...args: string[]): Promise<string>
  /** An object or a list by its path: for what is asked again and again. */
  read<T>(path: string): Promise<T>
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
  const api = await apiReader(cluster.kubeconfig)
  const get = async (...args: string[]) => {
    for (let tries = 1; ; tries++) {
      const {code, stdout, stderr} = await cluster.kubectl(args)
      if (code === 0) return stdout.trim()
      // Before anything was asked: the kubelet of a busy machine comes late to its first handshake.
      if (tries === 5 || !stderr.includes('TLS handshake timeout'))
        throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    }
  }
  return {
    ...cluster,
    pid: launched.pid,
    get,
    read: api.get,
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
        if (Date.now() > end)
          throw new Error(
            `${what}: not within ${seconds} s${last ? ` (${last})` : ''}\n${await circumstances(get)}`,
          )
        await sleep(250)
      }
    },
    async stop() {
      api.close()
      await launched.stop()
      await rm(folder, {recursive: true, force: true})
    },
  }
}

/** What somebody would ask first who wants to know why something did not come. */
async function circumstances(get: TestCluster['get']): Promise<string> {
  const sorted = ['--sort-by=.metadata.creationTimestamp', '-A']
  const questions = [
    ['get', 'nodes,resourceslices,resourceclaims', '-A'],
    ['get', 'pods', '-A', '-o', 'wide'],
    ['get', 'events', ...sorted],
  ]
  const answers = await Promise.all(questions.map(args => get(...args).catch(String)))
  return answers.map(text => text.split('\n').slice(-25).join('\n')).join('\n\n')
}

/** A script for a pod that runs until it is told to end, and then does so at once. */
export const sleeping = 'trap exit TERM; sleep 3600 & wait'

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

const pods = '/api/v1/namespaces/default/pods'
const claims = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims'

export type Pod = {
  metadata: {name: string}
  status: {phase: string; containerStatuses?: readonly [{containerID: string; restartCount: number}]}
}

export const readPod = (cluster: TestCluster, name: string) => cluster.read<Pod>(`${pods}/${name}`)

/** `Running`, `Pending` and so on of all pods of tests, sorted. */
export async function phases(cluster: TestCluster): Promise<string[]> {
  return (await cluster.read<{items: Pod[]}>(pods)).items.map(({status}) => status.phase).sort()
}

const phase = async (cluster: TestCluster, pod: string) => (await readPod(cluster, pod)).status.phase

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
  const {items} = await cluster.read<{
    items: {status?: {allocation?: {devices?: {results?: {pool: string; device: string}[]}}}}[]
  }>(claims)
  return items
    .flatMap(one => one.status?.allocation?.devices?.results ?? [])
    .map(one => `${one.pool}/${one.device}`)
    .sort()
}

const checkpoint = '/var/lib/kubelet/plugins/mock-accel.example.com/checkpoint.json'

/** What a node has of claims: CDI files, claims in the checkpoint, devices that say `allocated`; without the module there are none. */
export async function traces(cluster: TestCluster, node = 'node1'): Promise<string[]> {
  const said = await cluster.node(node).get(`
    node ls /var/run/cdi
    node cat ${checkpoint} 2> /dev/null | tr -d '\\n'; echo
    [ ! -d /sys/class/mock-accel ] || { cd /sys/class/mock-accel; grep -l allocated */status; }; true`)
  const lines = said.split('\n').filter(Boolean)
  return lines.flatMap(line =>
    line.startsWith('{') ? Object.keys(JSON.parse(line).claims ?? {}).map(uid => `claim ${uid}`) : [line],
  )
}

/** Removes the pods and claims of tests, without waiting. */
export async function clear(cluster: TestCluster): Promise<void> {
  const kinds = 'pods,resourceclaims,resourceclaimtemplates'
  await cluster.kubectl(['delete', kinds, '--all', '--wait=false', '--grace-period=1'])
}

/** After every fault: pods end, no claim is left, and nothing on the node. */
export async function expectNothingLeft(
  cluster: TestCluster,
  nodes: readonly string[] = ['node1'],
): Promise<void> {
  const none = async (path: string) => (await cluster.read<{items: []}>(path)).items.length === 0
  await cluster.get('delete', 'pods,resourceclaimtemplates', '--all', '--wait=false')
  await cluster.until('all pods gone', () => none(pods))
  await cluster.until('all claims gone', () => none(claims))
  for (const node of nodes) {
    let last: string[] = []
    const clean = async () => {
      last = (await traces(cluster, node)).map(one => `${node}: ${one}`)
      return last.length === 0
    }
    await cluster.until(`nothing on ${node}`, clean).catch(() => {})
    expect(last).toEqual([])
  }
}

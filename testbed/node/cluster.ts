import {randomUUID} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {Progress} from '#release/lib/effects.ts'
import {
  type ControlPlane,
  type FeatureGates,
  mustKubectl,
  startControlPlane,
} from '../cluster/control-plane.ts'
import {problem, until} from '../cluster/processes.ts'
import type {Machine} from '../guest/machine.ts'
import type {KubernetesVersion} from '../tools/tools.ts'
import type {NodeDisks} from './disk.ts'
import {network, startNode} from './node.ts'

export type NodeWish = {
  name: string
  /** The text of a topology file of mock-accel-server. */
  topology: string
}

export type ClusterWish = {
  nodes: readonly NodeWish[]
  /** A line of matrix/kernels.lock.yaml. */
  line: string
  /** Whether nodes load the module when they boot. */
  module: boolean
  /** Also see `nodeDisks`. */
  disks: NodeDisks
  shell: boolean
  version: KubernetesVersion
  /** Of the control plane and of kubelets, against their defaults. */
  gates: FeatureGates
}

/** A control plane and nodes, in this process's network namespace. */
export type RunningCluster = {
  plane: ControlPlane
  nodes: ReadonlyMap<string, Machine>
  stop(): Promise<void>
}

/**
 * Starts a control plane and machines for it, and waits until all nodes are Ready. The network must be this process's
 * own: fixed addresses and port 443 are used.
 * @param folder for keys, logs of its own and the like
 * @throws DiagnosticError B532 a step of the set-up was refused, B531 a node did not become Ready in time, and what
 *   `startControlPlane` and `startNode` throw
 */
export async function startCluster(
  wish: ClusterWish,
  folder: string,
  progress: Progress,
): Promise<RunningCluster> {
  const nodes = new Map<string, Machine>()
  let plane: ControlPlane | undefined
  const stop = async () => {
    await Promise.all([...nodes.values()].map(machine => machine.stop()))
    await plane?.stop()
  }
  try {
    await prepareNetwork(Math.max(1, wish.nodes.length))
    const users = wish.nodes.map(({name}) => ({
      token: randomUUID(),
      name: `system:node:${name}`,
      groups: ['system:nodes'],
    }))
    const client = await clientCertificate(folder)
    plane = await step(progress, 'control plane', () =>
      startControlPlane({
        with: ['kube-controller-manager', 'kube-scheduler'],
        port: 443,
        version: wish.version,
        gates: wish.gates,
        users,
        serviceRange: network.services,
        flags: [
          `--kubelet-client-certificate=${client.certificate}`,
          `--kubelet-client-key=${client.key}`,
          '--kubelet-preferred-address-types=InternalIP',
          // It looks for a route to the world otherwise, and there is none.
          `--advertise-address=${network.address(0)}`,
        ],
      }),
    )
    const serverCa = await readFile(join(plane.folder, 'certificates/apiserver.crt'), 'utf8')
    const clientCa = await readFile(client.certificate, 'utf8')
    const running = plane
    await Promise.all(
      wish.nodes.map(({name, topology}, index) =>
        step(progress, `node ${name}`, async () => {
          const {line, disks, module, shell, gates} = wish
          const token = users[index]?.token ?? ''
          const authorities = {serverCa, clientCa}
          const options = {name, index, topology, line, disks, module, shell, gates, token, ...authorities}
          nodes.set(name, await startNode(options))
          await until(`node ${name}`, () => isReady(running, name), [], 300_000)
        }),
      ),
    )
    return {plane, nodes, stop}
  } catch (error) {
    await stop()
    throw error
  }
}

async function step<T>(progress: Progress, title: string, work: () => Promise<T>): Promise<T> {
  const task = progress.task(title)
  try {
    const result = await work()
    task.done()
    return result
  } catch (error) {
    task.failed()
    throw error
  }
}

/**
 * The loopback, with the nodes' addresses on it: QEMU forwards kubelets' ports from there. What goes to such an address
 * must not come from it too, or QEMU's network would answer the guest itself.
 */
async function prepareNetwork(nodes: number): Promise<void> {
  const lines = Array.from({length: nodes}, (_, i) => network.address(i)).map(
    address =>
      `ip address replace ${address}/32 dev lo; ip route replace local ${address} dev lo proto kernel scope host src 127.0.0.1 table local`,
  )
  await inToolbox(['ip link set lo up', ...lines].join('\n'))
}

/** What the API server shows kubelets; it signs itself, so kubelets are given it as their authority. */
async function clientCertificate(folder: string): Promise<{certificate: string; key: string}> {
  await inToolbox(
    `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /O=system:masters/CN=kube-apiserver \\
      -addext extendedKeyUsage=clientAuth -keyout /build/out/kubelet-client.key -out /build/out/kubelet-client.crt`,
    folder,
  )
  return {certificate: join(folder, 'kubelet-client.crt'), key: join(folder, 'kubelet-client.key')}
}

async function inToolbox(script: string, folder?: string): Promise<void> {
  const toolbox = await openToolbox()
  const binds = folder ? [{from: folder, to: '/build/out'}] : []
  const result = await toolbox.run(['sh', '-euc', script], {binds})
  if (result.code !== 0) throw problem('B532', result.stderr.toString().trim())
}

async function isReady(plane: ControlPlane, name: string): Promise<boolean> {
  const path = '{.status.conditions[?(@.type=="Ready")].status}'
  return (await mustKubectl(plane, ['get', 'node', name, '-o', `jsonpath=${path}`])) === 'True'
}

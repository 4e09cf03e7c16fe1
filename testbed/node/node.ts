import {readFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import type {FeatureGates} from '../cluster/control-plane.ts'
import {moduleName} from '../guest/initrd.ts'
import {type Machine, startMachine} from '../guest/machine.ts'
import {imageOf, lineKernel} from '../guest/module.ts'
import type {NodeDisks} from './disk.ts'
import {nodeModules} from './kernel-modules.ts'

/**
 * QEMU's user network, as a node sees it: the host is the ClusterIP of the API server, so that what runs in a pod
 * finds it as in any cluster, though nobody implements services here.
 */
export const network = {
  range: '10.96.0.0/16',
  services: '10.96.0.0/24',
  server: '10.96.0.1',
  address: (index: number) => `10.96.1.${15 + index}`,
  pods: (index: number) => `10.96.${16 + index}`,
  kubelet: 10250,
}

export type NodeOptions = {
  name: string
  /** From 0. */
  index: number
  /** A line of matrix/kernels.lock.yaml. */
  line: string
  /** The text of a topology file. */
  topology: string
  disks: NodeDisks
  /** The module loaded and all VFs on; else it only lies in the initial RAM disk. */
  module: boolean
  /** Kubelet's to the API server. */
  token: string
  /** PEM: whom kubelet knows the API server by, and whose clients it lets in. */
  serverCa: string
  clientCa: string
  shell: boolean
  /** Of kubelet, against its defaults. */
  gates: FeatureGates
}

/**
 * Boots a machine that runs containerd and kubelet on its disk; answers when it takes scripts, some seconds before the
 * node is Ready. Nothing that it writes outlives QEMU; a reset keeps it.
 * @throws DiagnosticError what `startMachine` throws
 */
export async function startNode(options: NodeOptions): Promise<Machine> {
  const {disks, index} = options
  const modules = await nodeModules(await imageOf(lineKernel(options.line)))
  const address = network.address(index)
  const forward = `tcp:${address}:${network.kubelet}-${address}:${network.kubelet}`
  const machine = await startMachine({
    line: options.line,
    topology: options.topology,
    modules,
    shell: options.shell,
    timeout: 180_000,
    append: 'quiet',
    files: {
      'etc/boot': await readFile(join(import.meta.dirname, 'guest/boot.sh'), 'utf8'),
      'bin/node': enter,
      'etc/profile': profile,
      'modules/order': modules.map(path => moduleName(basename(path))).join('\n'),
      ...(options.module ? {'etc/load-module': ''} : {}),
      ...seed(options, address),
    },
    binds: [
      {from: disks.root, to: '/build/disks/root.img', readonly: true},
      {from: disks.images, to: '/build/disks/images.img', readonly: true},
    ],
    // As devices, which come after the agent's: its port is named by the order of virtio devices.
    qemu: [
      ...['root', 'images'].flatMap(name => [
        '-drive',
        `id=${name},file=/build/disks/${name}.img,format=raw,if=none,snapshot=on,cache=unsafe`,
        ...['-device', `virtio-blk-pci,drive=${name},bus=pcie.0`],
      ]),
      '-netdev',
      `user,id=net,net=${network.range},host=${network.server},hostfwd=${forward}`,
      ...['-device', 'virtio-net-pci,netdev=net,bus=pcie.0'],
    ],
  })
  // A person may reboot it from within. In a test that is a panic, which shall not pass unnoticed.
  if (options.shell) await machine.guest.qmp.command('set-action', {reboot: 'reset'})
  return machine
}

/** `node COMMAND…` in a test's script, or at a person's shell: on the node's own disk. */
const enter =
  '#!/bin/sh\nexec chroot "/proc/$(cat /tmp/node.pid)/root" /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"\n'
/** The terminal outlives its shells: with its first one the machine would end. */
const profile = "export PS1='node# '\nwhile :; do node sh; echo 'Ctrl-] leaves.'; done\n"

/** What is this node's own, copied over its disk at each boot. */
function seed(options: NodeOptions, address: string): Record<string, string> {
  const {name, index, token, serverCa, clientCa, gates} = options
  const env = {
    NAME: name,
    ADDRESS: address,
    GATEWAY: network.server,
    PODS: network.pods(index),
  }
  return {
    'seed/etc/node/env': Object.entries(env)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
    'seed/etc/node/client-ca.crt': clientCa,
    'seed/etc/node/kubelet.json': JSON.stringify(kubeletConfig(gates)),
    'seed/etc/node/kubeconfig': JSON.stringify(kubeconfig(`https://${network.server}:443`, serverCa, token)),
    'seed/etc/hostname': `${name}\n`,
  }
}

/** JSON is YAML. */
export function kubeconfig(server: string, ca: string, token: string): unknown {
  const cluster = {server, 'certificate-authority-data': Buffer.from(ca).toString('base64')}
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'node',
    clusters: [{name: 'node', cluster}],
    users: [{name: 'node', user: {token}}],
    contexts: [{name: 'node', context: {cluster: 'node', user: 'node'}}],
  }
}

/** https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
const kubeletConfig = (gates: FeatureGates) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  authentication: {
    anonymous: {enabled: false},
    webhook: {enabled: false},
    x509: {clientCAFile: '/etc/node/client-ca.crt'},
  },
  authorization: {mode: 'AlwaysAllow'},
  cgroupDriver: 'cgroupfs',
  enforceNodeAllocatable: [],
  failSwapOn: false,
  // Tests kill containers: they shall not wait minutes for the next one.
  featureGates: {KubeletCrashLoopBackOffMax: true, ...gates},
  crashLoopBackOff: {maxContainerRestartPeriod: '2s'},
  // How soon kubelet asks a driver again that could not prepare; a minute and more otherwise.
  syncFrequency: '5s',
  resolvConf: '',
  makeIPTablesUtilChains: false,
  localStorageCapacityIsolation: false,
  imageGCHighThresholdPercent: 100,
  evictionHard: Object.fromEntries(
    ['memory.available', 'nodefs.available', 'nodefs.inodesFree', 'imagefs.available'].map(name => [
      name,
      '0%',
    ]),
  ),
})

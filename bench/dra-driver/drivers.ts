/** The drivers of the comparison, each a process of its own, registered by the fake kubelet. */
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {build} from 'esbuild'
import {dra} from '#lib/generated/device.ts'
import type {ControlPlane} from '#testbed/cluster/control-plane.ts'
import {tool} from '#testbed/tools/tool.ts'
import {device, plug} from '../../dra-driver/src/testing.ts'
import type {Api} from '../../dra-sanity/src/api.ts'
import type {ClaimSource} from '../../dra-sanity/src/claims.ts'
import {type Cluster, claimsOf, clusterOf} from '../../dra-sanity/src/cluster.ts'
import {findDriver, kubeletTimes, openPlugin, type Plugin} from '../../dra-sanity/src/kubelet.ts'
import {type Memory, makeGroup} from './memory.ts'

/** For a claim with one and a claim with 32 at the same time. */
export const deviceCount = 33

/** What is started, and how; a folder of its own for each. */
export type Contender = {
  name: string
  driver: string
  node: string
  folder: string
  command: readonly string[]
}

/** `disk` is as /var/lib/kubelet, `memory` as /run and /sys: CDI files and devices are in memory on every node. */
export type Places = {disk: string; memory: string}

export type Running = {
  pid: number
  plugin: Plugin
  claims: ClaimSource
  /** Milliseconds from the process's start to its first slice with devices in the API. */
  firstSlice: number
  memory(): Memory
  stop(): Promise<void>
}

/** The driver as it ships: bundled, with the image's flags. */
export async function ours(
  plane: ControlPlane,
  {disk, memory}: Places,
  node: string,
  durability: 'fsync' | 'none',
): Promise<Contender> {
  const name = `ours-${durability}`
  const folder = join(disk, name)
  const [sysfs, outfile] = [join(memory, name, 'sys'), join(disk, 'driver.cjs')]
  for (let i = 0; i < deviceCount; i++) plug(sysfs, device(`mock${i}`))
  await build({
    ...{bundle: true, platform: 'node', target: 'node24', format: 'cjs', logLevel: 'error', outfile},
    entryPoints: [join(import.meta.dirname, '../../dra-driver/src/main.ts')],
  })
  return {
    ...{name: durability === 'none' ? 'ours' : 'ours, durable', driver: dra.driver, node, folder},
    command: [
      ...[process.execPath, '--max-semi-space-size=1', '--max-old-space-size=64', outfile],
      ...[`--kubeconfig=${plane.kubeconfig}`, `--node-name=${node}`, `--kubelet-root=${folder}`],
      ...[`--cdi-root=${memory}/${name}/cdi`, `--sysfs-root=${sysfs}`, `--durability=${durability}`],
      ...['--http-address=off', '--log-level=warn'],
    ],
  }
}

/** Kubernetes' test driver: no checkpoint, no exclusivity; what the official helper costs. */
export async function theirs(plane: ControlPlane, {disk, memory}: Places, node: string): Promise<Contender> {
  const driver = 'test-driver.cdi.k8s.io'
  const [folder, cdi] = [join(disk, 'theirs'), join(memory, 'theirs/cdi')]
  for (const path of [join(folder, 'plugins_registry'), join(folder, 'plugins', driver), cdi])
    await mkdir(path, {recursive: true})
  return {
    ...{name: 'Go helper', driver, node, folder},
    command: [
      ...[await tool('dra-test-driver'), `--kubeconfig=${plane.kubeconfig}`, 'kubelet-plugin'],
      ...[`--node-name=${node}`, `--num-devices=${deviceCount}`, `--cdi-dir=${cdi}`],
      ...[`--plugin-registration-path=${folder}/plugins_registry`, `--datadir=${folder}/plugins`],
    ],
  }
}

export async function start({driver, node, folder, command}: Contender, api: Api): Promise<Running> {
  const options = {driver, namespace: 'default', nodeName: node}
  const cluster = clusterOf(api, options)
  await mkdir(join(folder, 'plugins_registry'), {recursive: true})
  const group = makeGroup()
  const [program = '', ...args] = group.wrap(['setpriv', '--pdeathsig=KILL', ...command])
  const began = performance.now()
  const child = spawn(program, args, {stdio: ['ignore', 'ignore', 'ignore']})
  await devicesIn(cluster, child)
  const firstSlice = performance.now() - began
  const {found} = await findDriver(join(folder, 'plugins_registry'), driver, kubeletTimes)
  if (!found) throw new Error(`${driver} does not register`)
  const plugin = openPlugin(found.socket, found.info, kubeletTimes)
  return {
    pid: child.pid ?? 0,
    plugin,
    claims: claimsOf(api, cluster, options),
    firstSlice,
    memory: () => group.memoryOf(child.pid ?? 0),
    async stop() {
      plugin.close()
      child.kill()
      if (child.exitCode === null) await once(child, 'exit')
      group.remove()
      await cluster.wipe()
    },
  }
}

async function devicesIn(cluster: Cluster, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended with ${child.exitCode}`)
    const slices = await cluster.slices()
    if (slices.some(slice => slice.spec.devices?.length)) return
    await sleep(5)
  }
}

/** Seconds of processor time that a process has used: /proc/PID/stat counts in hundredths. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

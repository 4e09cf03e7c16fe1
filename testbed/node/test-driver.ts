/** A cluster, the driver's image on its nodes, and the chart in a registry. */
import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import type {FeatureGates} from '../cluster/control-plane.ts'
import {lineKernel, moduleFor} from '../guest/module.ts'
import {guestProgram} from '../guest/program.ts'
import {startDockerRegistry} from '../registry/docker-registry.ts'
import {tool} from '../tools/tool.ts'
import type {KubernetesVersion} from '../tools/tools.ts'
import type {NodeWish} from './cluster.ts'
import {busyboxImage} from './images.ts'
import {driverRelease} from './test-release.ts'
import {type TestCluster, testCluster, testLine} from './testing.ts'

export type DriverCluster = TestCluster & {
  /** `helm install` or `upgrade` of the chart from the registry; waits until the driver is ready. */
  helm(verb: 'install' | 'upgrade', ...more: string[]): Promise<void>
  /** `helm test`: what its pod wrote. */
  helmTest(): Promise<string>
  /** Devices of all slices, `pool/device`, sorted. */
  published(): Promise<string[]>
}

/** Emulation, on a busy machine at that: a slow start is no failure. */
const patientProbe = ['--set', 'draDriver.livenessProbe.failureThreshold=15']

export const driverNamespace = 'mock-device'
/** A shell with `exercise` (kernel-driver/exercise) and, as /lib/mock-accel.ko, the module. */
export const podImage = 'localhost/pod:1'

export async function driverCluster(
  nodes: readonly NodeWish[],
  options: {module?: boolean; version?: KubernetesVersion; gates?: FeatureGates} = {},
): Promise<DriverCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'driver-cluster-'))
  const [release, registry, program, pods] = await Promise.all([
    driverRelease(),
    startDockerRegistry(folder),
    tool('helm4'),
    podImageWith(),
  ])
  const run = async (args: readonly string[], kubeconfig = '') => {
    const env = {...process.env, KUBECONFIG: kubeconfig, HOME: folder}
    await promisify(execFile)(program, [...args, '--plain-http'], {env})
  }
  const clear = async () => {
    await registry.stop()
    await release.remove()
    await rm(folder, {recursive: true, force: true})
  }
  try {
    await run(['push', release.chart, `oci://${registry.host}/charts`])
    const cluster = await testCluster(nodes, {images: [...release.images, pods], ...options})
    return {
      ...cluster,
      helm: (verb, ...more) =>
        run(
          [
            ...[
              verb,
              'mock-device',
              `oci://${registry.host}/charts/mock-device`,
              '--version',
              release.version,
            ],
            ...['--namespace', driverNamespace, '--create-namespace', '--wait', '--timeout', '300s'],
            ...[...patientProbe, ...more],
          ],
          cluster.kubeconfig,
        ),
      async helmTest() {
        const args = ['test', 'mock-device', '--namespace', driverNamespace, '--logs', '--timeout', '300s']
        const env = {...process.env, KUBECONFIG: cluster.kubeconfig, HOME: folder}
        return (await promisify(execFile)(program, args, {env})).stdout
      },
      published: () => published(cluster),
      async stop() {
        await cluster.stop()
        await clear()
      },
    }
  } catch (error) {
    await clear()
    throw error
  }
}

async function podImageWith() {
  const driver = join(import.meta.dirname, '../../kernel-driver')
  const [exercise, module] = await Promise.all([
    guestProgram(join(driver, 'exercise/exercise.c'), join(driver, 'include/uapi')),
    moduleFor(lineKernel(testLine)),
  ])
  return busyboxImage(podImage, {
    'bin/exercise': await readFile(exercise),
    'lib/mock-accel.ko': await readFile(module),
  })
}

async function published(cluster: TestCluster): Promise<string[]> {
  const {items} = await cluster.read<{
    items: {spec: {pool: {name: string}; devices?: {name: string}[]}}[]
  }>('/apis/resource.k8s.io/v1/resourceslices')
  return items.flatMap(({spec}) => (spec.devices ?? []).map(one => `${spec.pool.name}/${one.name}`)).sort()
}

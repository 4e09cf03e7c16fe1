/** mock-device's own driver, on a sysfs of plain files, against a real API server: nothing may be left to say. */
import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {dra} from '#lib/generated/device.ts'
import {type ControlPlane, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {needTools} from '#testbed/needs.ts'
import {device, plug} from '../../dra-driver/src/testing.ts'
import {type Api, openApi} from './api.ts'
import {cdiFolder} from './cdi.ts'
import {claimsOf, clusterOf} from './cluster.ts'
import {type Owned, own} from './hooks.ts'
import {kubeletTimes} from './kubelet.ts'
import {run} from './run.ts'
import {scenarios} from './scenarios/index.ts'
import type {Ground} from './trial.ts'

const tools = await needTools('kubectl', 'kube-apiserver')
const program = join(import.meta.dirname, '../../dra-driver/src/main.ts')
const devices = Array.from({length: 10}, (_, i) => device(`mock${i}`, {numaNode: i % 2}))

describe.skipIf(!tools)('mock-accel-dra-driver', () => {
  let plane: ControlPlane
  let api: Api
  let plugin: Owned
  let ground: Ground
  let root: string
  beforeAll(async () => {
    plane = await startControlPlane()
    await addFakeNode(plane, 'node1', '6.12.107-amd64')
    // Sockets need short paths.
    root = await mkdtemp(join(tmpdir(), 'sanity-'))
    const registryDir = join(root, 'kubelet/plugins_registry')
    await mkdir(registryDir, {recursive: true})
    const sysfs = join(root, 'sys')
    for (const one of devices) plug(sysfs, one)
    const command = [
      `exec '${process.execPath}' '${program}' --kubeconfig=${plane.kubeconfig} --node-name=node1 --kubelet-root=${root}/kubelet`,
      `--cdi-root=${root}/cdi --sysfs-root=${sysfs} --rescan-interval=0.3 --http-address=off --log-level=warn`,
    ].join(' ')
    plugin = own(command)
    api = await openApi(plane.kubeconfig)
    const options = {driver: dra.driver, namespace: 'default', nodeName: 'node1'}
    const cluster = clusterOf(api, options)
    ground = {
      registryDir,
      driver: dra.driver,
      times: kubeletTimes,
      claims: claimsOf(api, cluster, options),
      cluster,
      cdi: cdiFolder(join(root, 'cdi')),
      hooks: {
        restart: signal => plugin.restart(signal),
        second: async () => own(command),
        fault: async ({device: name}, health) => {
          const one = devices.find(it => it.name === name)
          if (one) plug(sysfs, {...one, health: health === 'healthy' ? 'ok' : 'failed'})
        },
      },
    }
  })
  afterAll(async () => {
    await plugin?.stop()
    api?.close()
    await plane?.stop()
    if (root) await rm(root, {recursive: true, force: true})
  })

  test.each(scenarios)('$name: $title', async scenario => {
    const [result] = await run([scenario], ground)
    expect(result, plugin.output()).toMatchObject({status: 'pass', findings: []})
  })

  test('has nothing of the claims left', async () => {
    const {stdout} = await plane.kubectl(['get', 'resourceclaims', '-A', '-o', 'name'])
    expect(stdout).toBe('')
    expect(await cdiFolder(join(root, 'cdi')).all()).toEqual([])
  })
})

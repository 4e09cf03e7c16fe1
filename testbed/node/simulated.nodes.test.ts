/** Invented devices as docs/guides/dev-cluster.md has them, on a node without the module: what kind and k3s are, too. */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '../needs.ts'
import {type DriverCluster, driverCluster} from './test-driver.ts'
import {ended, expectNothingLeft, podWithClaim} from './testing.ts'

const tools = await needTools('helm4', 'kubectl', 'kube-apiserver', 'kubelet')
const guide = join(import.meta.dirname, '../../docs/guides/dev-cluster.md')
const topology = 'apiVersion: mock-accel/v1\nkind: Topology\nmemory: 1Gi\ndevices: [{}]\n'

describe.skipIf(!tools)('the chart with simulated devices, on a node without the module', () => {
  let cluster: DriverCluster
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'simulated-'))
    const [values = ''] =
      /(?<=```yaml simulated\n)[\s\S]*?(?=\n```)/.exec(await readFile(guide, 'utf8')) ?? []
    await writeFile(join(folder, 'simulated.yaml'), values)
    cluster = await driverCluster([{name: 'node1', topology}], {module: false})
    await cluster.helm('install', '-f', join(folder, 'simulated.yaml'))
  })
  afterAll(async () => {
    await cluster?.stop()
    await rm(folder, {recursive: true})
  })

  test('all of the topology is published', async () => {
    await cluster.until('all slices', async () => (await cluster.published()).length === 10)
    expect(await cluster.published()).toEqual(
      [0, 1].flatMap(i => ['', 'v0', 'v1', 'v2', 'v3'].map(vf => `node1/numa${i}/mock${i}${vf}`)),
    )
  })

  test('helm test succeeds, and a pod gets the environment of its device and nothing in /dev', async () => {
    expect(await cluster.helmTest()).toMatch(/^mock\dv\d [0-9a-f-]{36} 0000:[0-9a-f:.]+$/m)
    const script = '[ "$MOCK_ACCEL_UUID" ] && [ ! -e "/dev/$MOCK_ACCEL_DEVICE" ] && echo $MOCK_ACCEL_DEVICE'
    await cluster.apply(...podWithClaim('pod', script))
    expect(await ended(cluster, 'pod')).toBe('Succeeded')
    expect(await cluster.get('logs', 'pod')).toMatch(/^mock\dv\d$/)
    await expectNothingLeft(cluster)
  })
})

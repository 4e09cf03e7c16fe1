import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '../needs.ts'
import {type DriverCluster, driverCluster} from './test-driver.ts'
import {allocations, expectNothingLeft, podWithClaim, readPod, running, sleeping} from './testing.ts'

const tools = await needTools('helm4', 'kubectl', 'kube-apiserver', 'kubelet')

const topology = `
apiVersion: mock-accel/v1
kind: Topology
memory: 1Gi
devices: [{vfs: 1}]
`

describe.skipIf(!tools)('two nodes whose devices have equal names', () => {
  let cluster: DriverCluster
  beforeAll(async () => {
    const nodes = ['node1', 'node2'].map(name => ({name, topology}))
    cluster = await driverCluster(nodes)
    await cluster.helm('install')
  })
  afterAll(() => cluster?.stop())

  test('each node publishes its own', async () => {
    await cluster.until('all slices', async () => (await cluster.published()).length === 4)
    expect(await cluster.published()).toEqual(
      ['node1', 'node2'].flatMap(node => ['mock0', 'mock0v0'].map(name => `${node}/unknown/${name}`)),
    )
  })

  test('a device that is held on one is free on the other', async () => {
    await cluster.apply(...['a', 'b'].flatMap(name => podWithClaim(name, sleeping)))
    await Promise.all([running(cluster, 'a'), running(cluster, 'b')])
    expect(await allocations(cluster)).toEqual(['node1/unknown/mock0v0', 'node2/unknown/mock0v0'])
    await expectNothingLeft(cluster, ['node1', 'node2'])
  })

  test('one node rebooted: the other does not notice', async () => {
    await cluster.apply(
      ...['node1', 'node2'].flatMap(node => podWithClaim(node, sleeping, {node, restart: 'Always'})),
    )
    await Promise.all([running(cluster, 'node1'), running(cluster, 'node2')])
    const restarts = async (pod: string) =>
      (await readPod(cluster, pod)).status.containerStatuses?.[0].restartCount
    await cluster.node('node1').reset()
    await cluster.until('started again', async () => ((await restarts('node1')) ?? 0) > 0, 480)
    expect(await restarts('node2')).toBe(0)
    await expectNothingLeft(cluster, ['node1', 'node2'])
  })
})

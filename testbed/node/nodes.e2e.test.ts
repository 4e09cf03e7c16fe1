import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '../needs.ts'
import {standardKubernetes} from '../tools/tools.ts'
import {type DriverCluster, driverCluster} from './test-driver.ts'
import {allocations, ended, expectNothingLeft, podWithClaim, running} from './testing.ts'

const tools = process.env.TEST_ALL && (await needTools('helm4', 'kubectl', 'kube-apiserver', 'kubelet'))

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
    await cluster.apply(...['a', 'b'].flatMap(name => podWithClaim(name, 'sleep 3600')))
    await Promise.all([running(cluster, 'a'), running(cluster, 'b')])
    expect(await allocations(cluster)).toEqual(['node1/unknown/mock0v0', 'node2/unknown/mock0v0'])
    await expectNothingLeft(cluster, ['node1', 'node2'])
  })

  test('one node rebooted: the other does not notice', async () => {
    await cluster.apply(
      ...['node1', 'node2'].flatMap(node => podWithClaim(node, 'sleep 3600', {node, restart: 'Always'})),
    )
    await Promise.all([running(cluster, 'node1'), running(cluster, 'node2')])
    const restarts = (pod: string) =>
      cluster.get('get', 'pod', pod, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}')
    await cluster.node('node1').reset()
    await cluster.until('started again', async () => Number(await restarts('node1')) > 0, 480)
    expect(await restarts('node2')).toBe('0')
    await expectNothingLeft(cluster, ['node1', 'node2'])
  })
})

describe.skipIf(!tools).each(['1.34', '1.37'] as const)(
  `Kubernetes %s instead of ${standardKubernetes}`,
  version => {
    let cluster: DriverCluster
    beforeAll(async () => {
      // Its components are built from Go when this is the first time.
      cluster = await driverCluster([{name: 'node1', topology}], {version})
      await cluster.helm('install')
    }, 3_600_000)
    afterAll(() => cluster?.stop())

    test('a pod gets its device and gives it back', async () => {
      await cluster.apply(...podWithClaim('pod', '[ -c /dev/$MOCK_ACCEL_DEVICE ]'))
      expect(await ended(cluster, 'pod')).toBe('Succeeded')
      expect(
        await cluster.get('get', 'nodes', '-o', 'jsonpath={.items[0].status.nodeInfo.kubeletVersion}'),
      ).toContain(`v${version}.`)
      await expectNothingLeft(cluster)
    })
  },
)

import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '../needs.ts'
import {type DriverCluster, driverCluster, driverNamespace} from './test-driver.ts'
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

/** What 1.36 has on by default, though it is no stable part of Kubernetes yet. */
const newerFeatures = [
  'DRAConsumableCapacity',
  'DRADeviceBindingConditions',
  'DRADeviceTaints',
  'DRAExtendedResource',
  'DRAPartitionableDevices',
  'DRAResourceClaimDeviceStatus',
  'DRAResourceClaimGranularStatusAuthorization',
  'ResourceHealthStatus',
  'ResourceHealthStatusMessage',
]

const others = [
  {title: 'Kubernetes 1.34', version: '1.34'},
  {title: 'Kubernetes 1.37', version: '1.37'},
  {
    title: 'Kubernetes 1.36 with its newer features off',
    version: '1.36',
    gates: Object.fromEntries(newerFeatures.map(name => [name, false])),
    dropped: ['spec.devices[].consumesCounters', 'spec.sharedCounters'],
  },
] as const

describe.skipIf(!tools).each(others)('$title', ({version, ...more}) => {
  let cluster: DriverCluster
  beforeAll(async () => {
    // Its components are built from Go when this is the first time.
    const {gates = {}} = 'gates' in more ? more : {}
    cluster = await driverCluster([{name: 'node1', topology}], {version, gates})
    await cluster.helm('install')
  }, 3_600_000)
  afterAll(() => cluster?.stop())

  const slices = () => cluster.get('get', 'resourceslices', '-o', 'jsonpath={..metadata.resourceVersion}')

  test('every device is published, and the driver tells what the server does not keep', async () => {
    await cluster.until('all slices', async () => (await cluster.published()).length === 2)
    const log = await cluster.get('-n', driverNamespace, 'logs', 'daemonset/mock-device-dra-driver')
    const told = [...log.matchAll(/drops a field.*?(spec[\w.[\]]+)/g)].map(([, field]) => field)
    expect([...new Set(told)].sort()).toEqual('dropped' in more ? more.dropped : [])
  })

  test('a pod gets its device and gives it back; slices stay as they are', async () => {
    const before = await slices()
    await cluster.apply(...podWithClaim('pod', '[ -c /dev/$MOCK_ACCEL_DEVICE ]'))
    expect(await ended(cluster, 'pod')).toBe('Succeeded')
    const path = 'jsonpath={.items[0].status.nodeInfo.kubeletVersion}'
    expect(await cluster.get('get', 'nodes', '-o', path)).toContain(`v${version}.`)
    await expectNothingLeft(cluster)
    expect(await slices()).toBe(before)
  })
})

import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {shows} from '../evidence.ts'
import {needTools} from '../needs.ts'
import {type DriverCluster, driverCluster, driverNamespace} from './test-driver.ts'
import {ended, expectNothingLeft, podWithClaim} from './testing.ts'
import {versionsOf} from './versions.ts'

const tools = await needTools('helm4', 'kubectl', 'kube-apiserver', 'kubelet')

const topology = `
apiVersion: mock-accel/v1
kind: Topology
memory: 1Gi
devices: [{vfs: 1}]
`

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

  test('a pod gets its device and gives it back; slices stay as they are', async context => {
    const before = await slices()
    await cluster.apply(...podWithClaim('pod', '[ -c /dev/$MOCK_ACCEL_DEVICE ]'))
    expect(await ended(cluster, 'pod')).toBe('Succeeded')
    const path = 'jsonpath={.items[0].status.nodeInfo.kubeletVersion}'
    expect(await cluster.get('get', 'nodes', '-o', path)).toContain(`v${version}.`)
    await expectNothingLeft(cluster)
    expect(await slices()).toBe(before)
    shows(context, ['kubernetes-for-0.2'], await versionsOf(cluster))
  })
})

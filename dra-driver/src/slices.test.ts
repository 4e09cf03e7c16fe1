import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {dra} from '#lib/generated/device.ts'
import type {Device} from './device.ts'
import {quantity} from './quantity.ts'
import {buildPools, poolName} from './slices.ts'
import {device} from './testing.ts'

const options = {node: 'node1'}
const names = (devices: readonly Device[], sharedCounters = false) =>
  buildPools(devices, {...options, sharedCounters}).map(pool => [
    pool.name,
    pool.slices.map(
      slice => slice.devices?.map(one => one.name) ?? slice.sharedCounters?.map(set => set.name),
    ),
  ])

describe('pools', () => {
  test('one for each NUMA node, named after the node, devices in order', () => {
    const far = device('mock10', {numaNode: 1})
    const {numaNode: _, ...nowhere} = device('mock3')
    expect(
      names([device('mock2'), far, nowhere, device('mock0v1'), device('mock0v0'), device('mock0')]),
    ).toEqual([
      ['node1/numa0', [['mock0', 'mock0v0', 'mock0v1', 'mock2']]],
      ['node1/numa1', [['mock10']]],
      ['node1/unknown', [['mock3']]],
    ])
  })

  test('an empty one without devices', () => {
    expect(buildPools([], options)).toEqual([
      {name: 'node1/unknown', labels: {driver: dra.driver, node: 'node1'}, slices: [{devices: []}]},
    ])
  })

  test('of two nodes never meet', () => {
    expect(poolName('a', {numaNode: 0})).not.toBe(poolName('b', {numaNode: 0}))
  })

  test('128 devices in a slice, 64 where counters are consumed, 8 counter sets, and all of them once', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(20), fc.boolean(), (pfs, families, sharedCounters) => {
        const devices = [
          ...Array.from({length: pfs}, (_, i) => device(`mock${i}`)),
          ...Array.from({length: Math.min(pfs, families)}, (_, i) => device(`mock${i}v0`)),
        ]
        const [pool] = buildPools(devices, {...options, sharedCounters})
        const slices = pool?.slices ?? []
        const counted = slices.some(slice => slice.sharedCounters)
        for (const slice of slices) {
          expect([slice.devices, slice.sharedCounters].filter(Boolean)).toHaveLength(1)
          expect(slice.devices?.length ?? 0).toBeLessThanOrEqual(counted ? 64 : 128)
          expect(slice.sharedCounters?.length ?? 0).toBeLessThanOrEqual(8)
        }
        const all = slices.flatMap(slice => slice.devices?.map(one => one.name) ?? [])
        expect([...all].sort()).toEqual(devices.map(one => one.name).sort())
      }),
    )
  })
})

describe('a device', () => {
  const described = (one: Device) => buildPools([one], options)[0]?.slices[0]?.devices?.[0]

  test('has all attributes of the contract, under both names', () => {
    const one = device('mock0v1', {numaNode: 1, capabilities: 0b0011})
    expect(described(one)).toEqual({
      name: 'mock0v1',
      capacity: {memory: {value: '16Gi'}},
      attributes: {
        uuid: {string: one.uuid},
        label: {string: 'NODE1-PF0-VF1'},
        deviceType: {string: 'vf'},
        pciAddress: {string: '0000:10:00.2'},
        numaNode: {int: 1},
        compute: {bool: true},
        passphrase: {bool: true},
        sriov: {bool: false},
        health: {bool: false},
        fwVersion: {version: '1.0.0'},
        physfn: {string: 'mock0'},
        'resource.kubernetes.io/numaNode': {int: 1},
        'resource.kubernetes.io/pcieRoot': {string: 'pci0000:00'},
        'resource.kubernetes.io/pciBusID': {string: '0000:10:00.2'},
        numa_node: {int: 1},
        memory: {int: 17179869184},
      },
    })
  })

  test('says nothing of what is not known', () => {
    const {numaNode: _n, pcieRoot: _p, ...rest} = device('mock0', {label: 'x'.repeat(65), fwVersion: '1.0'})
    const left = Object.keys(described(rest)?.attributes ?? {})
    for (const name of [
      'label',
      'numaNode',
      'numa_node',
      'fwVersion',
      'physfn',
      'resource.kubernetes.io/pcieRoot',
    ])
      expect(left).not.toContain(name)
  })

  test('and its VFs draw on one counter set, the PF on all of it', () => {
    const devices = [
      device('mock0', {memory: 12n << 30n}),
      ...['mock0v0', 'mock0v1'].map(name => device(name, {memory: 4n << 30n})),
      device('mock1'),
    ]
    const [pool] = buildPools(devices, {...options, sharedCounters: true})
    expect(pool?.slices[0]).toEqual({sharedCounters: [{name: 'mock0', counters: {memory: {value: '12Gi'}}}]})
    const consumed = pool?.slices[1]?.devices?.map(one => one.consumesCounters?.[0]?.counters.memory?.value)
    expect(consumed).toEqual(['12Gi', '4Gi', '4Gi', undefined])
  })
})

test('a failed device is tainted, a degraded one is not, and 64 fit into a slice then', () => {
  const devices = Array.from({length: 100}, (_, i) => device(`mock${i}`))
  devices[7] = device('mock7', {health: 'failed'})
  devices[8] = device('mock8', {health: 'degraded'})
  const [pool] = buildPools(devices, options)
  expect(pool?.slices.map(slice => slice.devices?.length)).toEqual([64, 36])
  const tainted = pool?.slices.flatMap(slice => slice.devices ?? []).filter(one => one.taints)
  expect(tainted?.map(one => [one.name, one.taints])).toEqual([
    ['mock7', [{key: 'mock-accel.example.com/health', value: 'failed', effect: 'NoSchedule'}]],
  ])
})

test('labels hold 63 characters; a longer node name is left out', () => {
  expect(buildPools([], {node: 'n'.repeat(64)})[0]?.labels).toEqual({driver: dra.driver})
})

test.each([
  [0n, '0'],
  [1023n, '1023'],
  [1024n, '1Ki'],
  [1000n, '1k'],
  [17_180_000_000n, '17180M'],
  [16n << 30n, '16Gi'],
  [(16n << 30n) + 1024n, '16777217Ki'],
  [5n << 60n, '5Ei'],
])('%s bytes are %s', (bytes, text) => {
  expect(quantity(bytes)).toBe(text)
})

/**
 * Devices → pools of ResourceSlices, as they should be. Pure.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-slice-v1/
 */
import {capabilities, dra} from '#lib/generated/device.ts'
import {byName, type Device} from './device.ts'
import type {AttributeValue, CounterSet, SliceDevice, SliceSpec, Taint} from './kube-types.ts'
import {quantity} from './quantity.ts'

export type SliceOptions = {
  node: string
  driver?: string
  /** Says with counters that a PF and its VFs draw on the same memory (partitionable devices). */
  sharedCounters?: boolean
}

/** A pool as it should be; generation and slice count are decided against what the server has. */
export type Pool = {
  name: string
  labels: Record<string, string>
  slices: Pick<SliceSpec, 'devices' | 'sharedCounters'>[]
}

/** The API's limits on one slice; `devicesWithMore`: with taints or consumed counters. */
export const limits = {devices: 128, devicesWithMore: 64, counterSets: 8, text: 64, label: 63} as const

/** Every pool of the node. A node without devices has one empty pool, which says that the driver is alive. */
export function buildPools(devices: readonly Device[], options: SliceOptions): Pool[] {
  const labels = sliceLabels(options)
  const byPool = Map.groupBy([...devices].sort(byName), device => poolName(options.node, device))
  if (byPool.size === 0) byPool.set(poolName(options.node, {}), [])
  return [...byPool]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, members]) => ({name, labels, slices: buildSlices(members, options)}))
}

/** The node's name keeps equal NUMA nodes of two machines apart: a device is known by driver, pool and name. */
export function poolName(node: string, {numaNode}: Pick<Device, 'numaNode'>): string {
  return numaNode === undefined
    ? dra.poolUnknown.replace('{node}', node)
    : dra.pool.replace('{node}', node).replace('{numaNode}', String(numaNode))
}

function buildSlices(devices: readonly Device[], {sharedCounters}: SliceOptions): Pool['slices'] {
  const sets = sharedCounters ? counterSets(devices) : []
  const shared = new Map(sets.map(set => [set.name, set]))
  const described = devices.map(device => describe(device, shared))
  const more = described.some(device => device.consumesCounters ?? device.taints)
  const perSlice = more ? limits.devicesWithMore : limits.devices
  // A slice holds devices or counters, never both.
  return [
    ...chunks(sets, limits.counterSets).map(some => ({sharedCounters: some})),
    ...(described.length === 0
      ? [{devices: []}]
      : chunks(described, perSlice).map(some => ({devices: some}))),
  ]
}

function describe(device: Device, shared: ReadonlyMap<string, CounterSet>): SliceDevice {
  const set = shared.get(device.physfn ?? device.name)
  const memory = {value: quantity(device.memory)}
  return {
    name: device.name,
    attributes: attributes(device),
    capacity: {memory},
    ...(set ? {consumesCounters: [{counterSet: set.name, counters: {memory}}]} : {}),
    ...(device.health === 'failed' ? {taints: [failedTaint]} : {}),
  }
}

/** Keeps new pods away; running ones may have their own opinion of a failed device. */
const failedTaint: Taint = {key: `${dra.driver}/health`, value: 'failed', effect: 'NoSchedule'}

/** One set for each PF that has VFs in the pool: its memory, which it needs whole. */
function counterSets(devices: readonly Device[]): CounterSet[] {
  const parents = new Set(devices.map(device => device.physfn))
  return devices
    .filter(device => device.type === 'pf' && parents.has(device.name))
    .map(({name, memory}) => ({name, counters: {memory: {value: quantity(memory)}}}))
}

/** What cannot be said rightly is left out: a wrong value would be allocated by. */
function attributes(device: Device): Record<string, AttributeValue> {
  const values: Record<string, AttributeValue | undefined> = {
    uuid: text(device.uuid),
    label: text(device.label),
    deviceType: text(device.type),
    pciAddress: text(device.pciAddress),
    numaNode: whole(device.numaNode),
    ...capabilityAttributes(device.capabilities),
    fwVersion: version(device.fwVersion),
    physfn: text(device.physfn),
    'resource.kubernetes.io/numaNode': whole(device.numaNode),
    'resource.kubernetes.io/pcieRoot': text(device.pcieRoot),
    'resource.kubernetes.io/pciBusID': text(device.pciAddress),
    numa_node: whole(device.numaNode),
    memory: device.memory <= Number.MAX_SAFE_INTEGER ? whole(Number(device.memory)) : undefined,
  }
  const known = Object.keys(dra.attributes).map(name => [name, values[name]] as const)
  return Object.fromEntries(known.flatMap(([name, value]) => (value ? [[name, value]] : [])))
}

function capabilityAttributes(register: number): Record<string, AttributeValue> {
  const bits = Object.entries(capabilities)
  return Object.fromEntries(bits.map(([name, bit]) => [name, {bool: ((register >>> bit) & 1) === 1}]))
}

function text(value: string | undefined): AttributeValue | undefined {
  return value && Buffer.byteLength(value) <= limits.text ? {string: value} : undefined
}

function whole(value: number | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : {int: value}
}

/** The API takes only full semantic versions. */
function version(value: string): AttributeValue | undefined {
  return /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(value) ? {version: value} : undefined
}

/** A label's value holds 63 characters and a node's name 253: a longer name is left out, not cut. */
function sliceLabels({node, driver = dra.driver}: SliceOptions): Record<string, string> {
  const labels = {driver, node}
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value.length <= limits.label))
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({length: Math.ceil(all.length / size)}, (_, i) => all.slice(i * size, (i + 1) * size))
}

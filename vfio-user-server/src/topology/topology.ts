import {limits} from '#lib/generated/device.ts'
import type {Machine, PfDescription} from '../machine.ts'

export type NumaNode = {id: number; memory: bigint; cpus: number}

/** A machine as a topology file describes it, with everything that it left out filled in. */
export type Topology = Machine & {
  node: string
  /** Empty when the guest has no NUMA. */
  numa: readonly NumaNode[]
  /** Of the guest; the sum over its nodes. */
  memory: bigint
  cpus: number
  iommu: 'intel' | undefined
}

export const defaults = {
  node: 'node1',
  guestMemory: 512n << 20n,
  nodeMemory: 256n << 20n,
  deviceMemory: 16n << 30n,
} as const

/** The label of a PF that has none: the `index`th on its NUMA node. */
export function defaultLabel(node: string, numa: number | undefined, index: number): string {
  return `${node.toUpperCase()}${numa === undefined ? '' : `-NUMA${numa}`}-PF${index}`
}

/** Longest label of a PF with VFs, whose labels are longer. */
export const longestPfLabel = limits.LABEL_MAX - '-VF00'.length

/** Functions of one slot besides the PF: without ARI a VF's number is one of seven. */
export const vfsOfOneSlot = 7
/** Slots of one bus, each with the root port of a PF. */
export const portsOfOneBus = 32

export type {Machine, PfDescription}

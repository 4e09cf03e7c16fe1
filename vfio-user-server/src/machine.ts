import type {Identity} from './identity.ts'
import {vfIdentity, vfMemory} from './identity.ts'
import type {RandomSource} from './passphrase.ts'
import {PhysicalFunction} from './pci-function.ts'
import type {SriovMode} from './sriov.ts'

/** One PF as a person describes it. */
export type PfDescription = {
  /** Names it and its socket: `pf0`. */
  name: string
  identity: Identity
  memory: bigint
  vfs: number
  numa: number | undefined
}

export type Machine = {sriov: SriovMode; pfs: readonly PfDescription[]}

/** Firmware version of the emulated device, 0x00MMmmpp. */
const firmware = 0x00010000

/** What a VF and its socket are called. */
export function vfName(pf: string, index: number): string {
  return `${pf}-vf${index}`
}

/** The PFs with their VFs, as they are at power-on. */
export function buildPf(
  {name, identity, memory, vfs}: PfDescription,
  sriov: SriovMode,
  random?: RandomSource,
): PhysicalFunction {
  const common = {sriov, ...(random ? {random} : {})}
  const shared = ['compute', 'passphrase', 'health'] as const
  const offersVfs = vfs > 0 && sriov !== 'off'
  const values = {
    ...identity,
    memory,
    firmware,
    capabilities: offersVfs ? ([...shared, 'sriov'] as const) : shared,
  }
  const virtual = Array.from({length: vfs}, (_, index) => ({
    ...common,
    name: vfName(name, index),
    values: {...vfIdentity(identity, index), memory: vfMemory(memory, vfs), firmware, capabilities: shared},
  }))
  return new PhysicalFunction({...common, name, values}, virtual)
}

/**
 * Which claims hold which devices: `checkpoint.json`, versioned and tolerant. Pure.
 *
 * Readers keep what they do not know, so that going up and down a version loses nothing; `minReader` rises only
 * when an older driver would do harm with the file.
 */

import type {DeviceConfig} from '../config/device-config.ts'

/** A device that a claim holds, by one of its requests. */
export type HeldDevice = {
  device: string
  pool: string
  request: string
  /** Looks at the device beside its holder, and excludes nobody. */
  admin?: boolean
  shareId?: string
  /** What the claim asked of the device: it has to be undone when the claim is given back. */
  config?: DeviceConfig
}

export type Entry = {
  namespace: string
  name: string
  /** Of the boot in which it was prepared last: no process of an earlier one is left. */
  bootId: string
  devices: HeldDevice[]
}

/** The claim was given back: a Prepare that began before `serial` is late. */
export type Tombstone = {uid: string; serial: number}

export type Checkpoint = {
  version: number
  minReader: number
  /** Rises with each claim that is given back. */
  serial: number
  /** By claim UID. */
  claims: Record<string, Entry>
  tombstones: Tombstone[]
}

export const version = 1
/** A call lives 45 s at most; so many claims are not given back meanwhile. */
const tombstonesKept = 256

export function emptyCheckpoint(): Checkpoint {
  return {version, minReader: version, serial: 0, claims: {}, tombstones: []}
}

export function renderCheckpoint(checkpoint: Checkpoint): string {
  return `${JSON.stringify(checkpoint)}\n`
}

/** @throws Error that says what makes the text unusable */
export function parseCheckpoint(text: string): Checkpoint {
  const file = mapping(JSON.parse(text), 'the file')
  const minReader = file.minReader ?? file.version
  if (typeof minReader !== 'number') throw new Error('it has no version')
  if (minReader > version) throw new Error(`it needs a driver that reads version ${minReader}`)
  const claims = Object.entries(mapping(file.claims, 'claims')).map(
    ([uid, entry]) => [uid, parseEntry(entry, uid)] as const,
  )
  return {
    ...file,
    version: Math.max(version, typeof file.version === 'number' ? file.version : 0),
    minReader,
    serial: typeof file.serial === 'number' ? file.serial : 0,
    claims: Object.fromEntries(claims),
    tombstones: Array.isArray(file.tombstones) ? file.tombstones.filter(isTombstone) : [],
  }
}

/** The file with a claim in it. */
export function withClaim(checkpoint: Checkpoint, uid: string, entry: Entry): Checkpoint {
  return {...checkpoint, claims: {...checkpoint.claims, [uid]: {...checkpoint.claims[uid], ...entry}}}
}

/** The file without a claim, and with its tombstone. */
export function withoutClaim(checkpoint: Checkpoint, uid: string): Checkpoint {
  const {[uid]: _, ...claims} = checkpoint.claims
  const serial = checkpoint.serial + 1
  const others = checkpoint.tombstones.filter(one => one.uid !== uid)
  return {...checkpoint, claims, serial, tombstones: [...others, {uid, serial}].slice(-tombstonesKept)}
}

/** Whether a Prepare that began at `serial` has been overtaken by the claim's Unprepare. */
export function isLate(checkpoint: Checkpoint, uid: string, serial: number): boolean {
  return checkpoint.tombstones.some(one => one.uid === uid && one.serial > serial)
}

function parseEntry(value: unknown, uid: string): Entry {
  const entry = mapping(value, `claim ${uid}`)
  if (!Array.isArray(entry.devices)) throw new Error(`claim ${uid} has no devices`)
  return {
    ...entry,
    namespace: text(entry.namespace),
    name: text(entry.name),
    bootId: text(entry.bootId),
    devices: entry.devices.map(one => {
      const held = mapping(one, `a device of claim ${uid}`)
      if (typeof held.device !== 'string') throw new Error(`a device of claim ${uid} has no name`)
      return {...held, device: held.device, pool: text(held.pool), request: text(held.request)}
    }),
  }
}

function mapping(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${what}: not a mapping`)
  return Object.fromEntries(Object.entries(value))
}

function isTombstone(value: unknown): value is Tombstone {
  if (typeof value !== 'object' || value === null) return false
  return (
    'uid' in value && typeof value.uid === 'string' && 'serial' in value && Number.isInteger(value.serial)
  )
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

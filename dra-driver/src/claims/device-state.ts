/** What a claim changes on its devices, and how that is undone. Each step can be done again. */
import {capabilities, limits} from '#lib/generated/device.ts'
import type {Device, Source} from '../device.ts'
import {type Log, reason} from '../log.ts'
import type {HeldDevice} from '../state/checkpoint.ts'
import {Refusal} from './allocation.ts'

export type DeviceState = Pick<Source, 'setStatus' | 'setPassphraseLength' | 'canReset' | 'reset'>

/** @throws Refusal when a device cannot do what the claim's parameters ask of it */
export function refuseImpossible(
  source: DeviceState,
  held: readonly HeldDevice[],
  devices: readonly Device[],
): void {
  for (const {device, config} of held) {
    const bits = devices.find(one => one.name === device)?.capabilities ?? 0
    if (config?.passphraseLength !== undefined && ((bits >>> capabilities.passphrase) & 1) === 0)
      throw new Refusal(`device ${device} makes no passphrases: \`passphraseLength\` can't be had`)
    if (config?.resetOnRelease && !source.canReset(device))
      throw new Refusal(`device ${device} can't be reset by itself: \`resetOnRelease\` can't be had`)
  }
}

/** Admin access only looks. */
const exclusive = (held: readonly HeldDevice[]) => held.filter(one => !one.admin)

export async function occupy(source: DeviceState, held: readonly HeldDevice[]): Promise<void> {
  for (const {device, config} of exclusive(held)) {
    await source.setStatus(device, 'allocated')
    if (config?.passphraseLength !== undefined)
      await source.setPassphraseLength(device, config.passphraseLength)
  }
}

export type Vacating = {
  source: DeviceState
  /** What other claims hold; theirs is left alone. */
  others: readonly HeldDevice[]
  /** What is on the node, as of the last scan. */
  present: readonly Device[]
  log: Log
}

/** Undoes what `occupy` did. */
export async function vacate(
  held: readonly HeldDevice[],
  {source, others, present, log}: Vacating,
): Promise<void> {
  const find = (name: string) => present.find(one => one.name === name)
  const used = exclusive(others).map(one => one.device)
  const free = exclusive(held).filter(one => !used.includes(one.device))
  // After a reboot a PF may be given back late, when its VFs are somebody's already: a reset would hit those too.
  const isFamilyUsed = (device: string) =>
    used.some(other => find(other)?.physfn === device || find(device)?.physfn === other)
  const wishes = free.filter(one => one.config?.resetOnRelease).map(one => one.device)
  const toReset = wishes.filter(device => source.canReset(device) && !isFamilyUsed(device))
  for (const device of wishes)
    if (!toReset.includes(device)) log('warn', 'a device could not be reset', {device})
  const unlessDead = (device: string, work: Promise<void>) => passDead(device, find(device), work, log)
  // Together, since each takes its time; all have ended before an error is told.
  const resets = toReset.map(device => unlessDead(device, source.reset(device)))
  await Promise.allSettled(resets)
  await Promise.all(resets)
  for (const {device, config} of free) {
    // A reset does this too, where there is one.
    if (config?.passphraseLength !== undefined)
      await unlessDead(device, source.setPassphraseLength(device, limits.WORDS_DEFAULT))
    await unlessDead(device, source.setStatus(device, 'free'))
  }
}

/**
 * A device that has vanished is as free as can be. One that is there and dead is given back as it is: its pod could not
 * end otherwise, and its taint keeps others away. An error of one that lives is for kubelet to try again.
 */
async function passDead(
  name: string,
  device: Device | undefined,
  work: Promise<void>,
  log: Log,
): Promise<void> {
  try {
    await work
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENODEV') return
    if (device?.health === 'ok' || device?.health === 'degraded') throw error
    log('warn', 'a device does not answer; it is given back as it is', {device: name, error: reason(error)})
  }
}

/** What a claim changes on its devices, and how that is undone. Each step can be done again. */
import {capabilities, limits} from '#lib/generated/device.ts'
import type {Device, Source} from '../device.ts'
import type {Log} from '../log.ts'
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

/** `others`: what other claims hold; theirs is left alone. */
export async function vacate(
  source: DeviceState,
  held: readonly HeldDevice[],
  others: readonly HeldDevice[],
  log: Log,
): Promise<void> {
  const stillUsed = new Set(exclusive(others).map(one => one.device))
  const free = exclusive(held).filter(one => !stillUsed.has(one.device))
  const toReset = free.filter(one => one.config?.resetOnRelease).map(one => one.device)
  for (const device of toReset)
    if (!source.canReset(device)) log('warn', 'a device could not be reset', {device})
  // Together, since each takes its time; all have ended before an error is told.
  const resets = toReset.filter(device => source.canReset(device)).map(device => source.reset(device))
  await Promise.allSettled(resets)
  await Promise.all(resets.map(unlessGone))
  for (const {device, config} of free) {
    // A reset does this too, where there is one.
    if (config?.passphraseLength !== undefined)
      await unlessGone(source.setPassphraseLength(device, limits.WORDS_DEFAULT))
    await unlessGone(source.setStatus(device, 'free'))
  }
}

/** A device that has vanished is as free as can be. */
async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ENOENT' && code !== 'ENODEV') throw error
  }
}

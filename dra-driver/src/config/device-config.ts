/**
 * `DeviceConfig`: the opaque parameters of this driver, in a claim's or a DeviceClass's `config`.
 *
 *     opaque:
 *       driver: mock-accel.example.com
 *       parameters:
 *         apiVersion: mock-accel.example.com/v1alpha1
 *         kind: DeviceConfig
 *         passphraseLength: 8
 *         resetOnRelease: true
 *
 * Checked by hand and not by a schema library, which would cost the driver more memory than all of its state.
 */
import {didYouMean} from '#lib/did-you-mean.ts'
import {dra, limits} from '#lib/generated/device.ts'

export const configApiVersion = `${dra.driver}/v1alpha1`
export const configKind = 'DeviceConfig'

export type DeviceConfig = {
  /** Words of each passphrase that the device makes for the claim. */
  passphraseLength?: number
  /** Resets the device when the claim gives it back, so that nothing of its passphrases is left. */
  resetOnRelease?: boolean
}

type Field =
  | {type: 'integer'; minimum: number; maximum: number; meaning: string}
  | {type: 'boolean'; meaning: string}

/** All optional; what is left out is as if nobody had asked. */
export const fields = {
  passphraseLength: {
    type: 'integer',
    minimum: limits.WORDS_MIN,
    maximum: limits.WORDS_MAX,
    meaning: 'Words of each passphrase that the device makes while the claim holds it',
  },
  resetOnRelease: {
    type: 'boolean',
    meaning: 'Resets the device when the claim gives it back: passphrase, counter and settings are as new',
  },
} as const satisfies Record<keyof DeviceConfig, Field>

const fixed = {apiVersion: configApiVersion, kind: configKind} as const
const known = [...Object.keys(fixed), ...Object.keys(fields)]

/** What the parameters say, and everything that is wrong with them: they count only when nothing is. */
export function readConfig(parameters: unknown): {config: DeviceConfig; problems: string[]} {
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters))
    return {config: {}, problems: [`must be a mapping, not ${show(parameters)}`]}
  const given = new Map<string, unknown>(Object.entries(parameters))
  const problems = [...fixedProblems(given), ...unknownProblems(given)]
  const config: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (!given.has(name)) continue
    const expected = misfit(field, given.get(name))
    if (expected) problems.push(`\`${name}\` must be ${expected}, not ${show(given.get(name))}`)
    else config[name] = given.get(name)
  }
  return {config, problems}
}

function fixedProblems(given: ReadonlyMap<string, unknown>): string[] {
  return Object.entries(fixed).flatMap(([name, value]) => {
    if (!given.has(name)) return [`lacks \`${name}: ${value}\``]
    return given.get(name) === value ? [] : [`\`${name}\` must be \`${value}\`, not ${show(given.get(name))}`]
  })
}

function unknownProblems(given: ReadonlyMap<string, unknown>): string[] {
  const free = known.filter(name => !given.has(name))
  return [...given.keys()]
    .filter(name => !known.includes(name))
    .map(name => {
      const meant = didYouMean(name, free)
      const hint = meant ? `did you mean \`${meant}\`?` : `there are ${Object.keys(fields).join(', ')}`
      return `has no field \`${shorten(name)}\`: ${hint}`
    })
}

/** What the value should have been; undefined when it fits. */
function misfit(field: Field, value: unknown): string | undefined {
  if (field.type === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false'
  const fits = Number.isInteger(value) && Number(value) >= field.minimum && Number(value) <= field.maximum
  return fits ? undefined : `a whole number from ${field.minimum} to ${field.maximum}`
}

const show = (value: unknown) => `\`${shorten(JSON.stringify(value) ?? 'nothing')}\``

/** Anybody may write 10 KiB into a claim; the text goes into logs and events. */
function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}

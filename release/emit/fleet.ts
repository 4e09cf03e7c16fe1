import {z} from 'zod'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {YamlSource} from '#lib/yaml.ts'
import {durationText} from '../lib/duration.ts'
import {openingAt, parseWindow, windowExample} from '../lib/windows.ts'
import {duration, id, text} from '../matrix/schema/scalars.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import type {Standing} from './standing.ts'

/** When something may begin, as `lockstep upgrade schedule --window` takes it: `Tue 22:00-04:00 Europe/Berlin`. */
const window = text.refine(
  value => parseWindow(value) !== undefined,
  `must be a window such as ${windowExample}`,
)

/** Clusters in waves; a wave begins when every cluster of the one before is at the end of the plan and has stood. */
export const fleetSchema = z.strictObject({
  apiVersion: z.literal('lockstep/v1'),
  kind: z.literal('Fleet'),
  windows: z.array(window).default([]),
  waves: z
    .array(
      z.strictObject({
        name: id,
        /** How long its clusters stand at the end of the plan before the next wave begins. */
        soak: duration.optional(),
        /** In place of those of the fleet. */
        windows: z.array(window).optional(),
        clusters: z.array(z.strictObject({name: id, bindings: text})).min(1),
      }),
    )
    .min(1),
})
export type Fleet = z.output<typeof fleetSchema>

/** @throws DiagnosticError J130 a cluster that stands in the fleet twice */
export function checkFleet({waves}: Fleet, source: YamlSource): void {
  const seen = new Set<string>()
  const problems = waves.flatMap((wave, w) =>
    wave.clusters.flatMap(({name}, c): Diagnostic[] => {
      if (!seen.has(name)) {
        seen.add(name)
        return []
      }
      const place = source.locate(['waves', w, 'clusters', c, 'name'])
      return [{code: 'J130', severity: 'error', message: `the cluster ${name} is in the fleet twice`, place}]
    }),
  )
  if (problems.length > 0) throw new DiagnosticError(problems)
}

/** Where a cluster stands, and since when: milliseconds since 1970, as far as Git knows. */
export type ClusterState = {name: string; standing: Standing; since?: number}

export type WaveState = {
  name: string
  state: 'done' | 'open' | 'waits'
  /** Why it waits. */
  because?: string
  clusters: {name: string; done: number; next: number | undefined}[]
}

/**
 * Which waves are over, which one is open, and what the others wait for. Nothing but the plan, the files' states and the
 * time goes into it.
 */
export function waveStates(
  {waves, windows}: Fleet,
  plan: UpgradePlan,
  states: ReadonlyMap<string, ClusterState>,
  now: number,
): WaveState[] {
  let before: string | undefined
  return waves.map(wave => {
    const clusters = wave.clusters.map(({name}) => {
      const done = states.get(name)?.standing.done ?? 0
      return {name, done, next: plan.hops[done]?.number}
    })
    const left = clusters.filter(one => one.next !== undefined)
    const because = before ?? (left.length > 0 ? closed(wave.windows ?? windows, now) : undefined)
    const state = left.length === 0 ? 'done' : because === undefined ? 'open' : 'waits'
    before ??= whatHoldsNext(
      wave,
      left.map(one => one.name),
      states,
      now,
    )
    return {name: wave.name, state, ...(state === 'waits' && because ? {because} : {}), clusters}
  })
}

/** What the next wave waits for, if anything. */
function whatHoldsNext(
  {name, soak, clusters}: Fleet['waves'][number],
  left: readonly string[],
  states: ReadonlyMap<string, ClusterState>,
  now: number,
): string | undefined {
  if (left.length > 0) return `wave ${name} is not over: ${left.join(', ')}`
  const since = Math.max(...clusters.map(one => states.get(one.name)?.since ?? 0))
  if (soak === undefined || now >= since + soak) return undefined
  return `wave ${name} has to stand for ${durationText(soak)}, until ${stamp(since + soak)}`
}

function closed(texts: readonly string[], now: number): string | undefined {
  const opening = openingAt(
    texts.flatMap(one => parseWindow(one) ?? []),
    now,
  )
  if (!opening || opening.from <= now) return undefined
  return `no window is open; the next one is ${opening.window.text}, from ${stamp(opening.from)} on`
}

function stamp(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The wave that may go on. @throws DiagnosticError J131 none may at the moment */
export function openWave(states: readonly WaveState[]): WaveState | undefined {
  const open = states.find(({state}) => state === 'open')
  if (open) return open
  const waits = states.find(({state}) => state === 'waits')
  if (!waits) return undefined
  return fail({
    code: 'J131',
    message: `wave ${waits.name} cannot begin yet: ${waits.because}`,
    hint: 'run the same command again then',
  })
}

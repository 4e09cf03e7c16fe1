import {DiagnosticError} from '#lib/diagnostics.ts'
import {durationText} from '../lib/duration.ts'
import {openingAt, type Window} from '../lib/windows.ts'
import type {Hop, UpgradePlan} from '../upgrade/plan.ts'
import type {WayBack} from './back.ts'
import {doTask, type Halt, type Tools} from './engine.ts'
import {type RunState, stateOf} from './state.ts'
import {type RunSite, type Task, tasksOf} from './tasks.ts'

export type Outcome =
  | {kind: 'complete' | 'rolled-back' | 'mitigated'; saw: string}
  | ({kind: 'paused'} & Reason)
  | {kind: 'halted'; halt: Halt; more?: readonly Halt[]}

/** Why a hop does not begin yet. `late`: by then the one before has stood for longer than it may. */
export type Reason = {until: number; why: string; late?: string}

export type RunOptions = {
  windows: readonly Window[]
  /** Sleeps through pauses; otherwise the run ends there and goes on by --resume. */
  patient: boolean
}

/** Goes on with a plan from wherever its journal says that it is. */
export async function runForward(
  plan: UpgradePlan,
  site: RunSite,
  options: RunOptions,
  tools: Tools,
): Promise<Outcome> {
  const {writer} = tools
  for (const hop of plan.hops) {
    const paused = await pauseBefore(hop, plan, site, options, tools)
    if (paused) return paused
    for (const task of tasksOf(hop, site)) {
      const halt = await doTask(task, tools)
      if (halt) return {kind: 'halted', halt}
    }
    if (!now(tools).complete.has(hop.number))
      await writer.write({kind: 'hop', hop: hop.number, way: 'forward'})
  }
  return finish('complete', `${plan.hops.length} hops`, tools)
}

/** Takes back what can be taken back. */
export async function runBack({hops, stays}: WayBack, tools: Tools): Promise<Outcome> {
  for (const {hop, tasks} of hops) {
    for (const task of tasks) {
      const halt = await doTask(task, tools)
      if (halt) return {kind: 'halted', halt}
    }
    if (!now(tools).back.has(hop.number))
      await tools.writer.write({kind: 'hop', hop: hop.number, way: 'back'})
  }
  return finish(
    'rolled-back',
    stays ? `as far as hop ${stays.hop.number}, which stays: ${stays.why}` : 'all of it',
    tools,
  )
}

/** Does what stops the damage; what fails is told, and the rest is done nevertheless. */
export async function runEmergency(tasks: readonly Task[], tools: Tools): Promise<Outcome> {
  const halts: Halt[] = []
  for (const task of tasks) {
    const halt = await doTask(task, tools).catch(error => failure(error, task, tools))
    if (halt) halts.push(halt)
  }
  const [first, ...more] = halts
  return first ? {kind: 'halted', halt: first, more} : finish('mitigated', `${tasks.length} steps`, tools)
}

/** A program that is not there keeps nobody from the other steps; a lost lock or journal does. */
async function failure(error: unknown, task: Task, {writer}: Tools): Promise<Halt> {
  const [problem] = error instanceof DiagnosticError ? error.diagnostics : []
  if (!problem || problem.code.startsWith('Q')) throw error
  await writer.write({kind: 'failed', task: task.id, saw: problem.message})
  return {kind: 'failed', task, saw: problem.message}
}

async function finish(
  outcome: 'complete' | 'rolled-back' | 'mitigated',
  saw: string,
  tools: Tools,
): Promise<Outcome> {
  if (now(tools).ended?.outcome !== outcome) await tools.writer.write({kind: 'end', outcome, saw})
  return {kind: outcome, saw}
}

function now({writer}: Tools): RunState {
  return stateOf(writer.journal.records)
}

/** Waits, or says until when; a hop that was begun is not held up. */
async function pauseBefore(
  hop: Hop,
  plan: UpgradePlan,
  site: RunSite,
  options: RunOptions,
  tools: Tools,
): Promise<Outcome | undefined> {
  const {world, writer} = tools
  for (;;) {
    const reason = reasonToWait(hop, plan, site, options.windows, now(tools), world.now())
    const last = writer.journal.records.findLast(r => r.kind === 'pause')
    if (!reason) {
      const late = lateness(hop, plan, site, now(tools), world.now())
      // Going on is what mends it; it is told all the same.
      if (late !== undefined && last?.why !== late) await writer.write({kind: 'pause', why: late})
      return undefined
    }
    const {until, why, late} = reason
    if (last?.until !== until)
      await writer.write({kind: 'pause', until, why: late === undefined ? why : `${why}; ${late}`})
    if (!options.patient) return {kind: 'paused', ...reason}
    await world.sleep(reason.until - world.now())
  }
}

/** Soaking comes before windows: a window that closes meanwhile does not count. */
export function reasonToWait(
  hop: Hop,
  {hops}: Pick<UpgradePlan, 'hops'>,
  site: RunSite,
  windows: readonly Window[],
  state: RunState,
  now: number,
): Reason | undefined {
  if (isUnderWay(hop, site, state)) return undefined
  const before = hops.find(({number}) => number === hop.number - 1)
  const ended = before && state.complete.get(before.number)
  if (before?.soak?.min !== undefined && ended !== undefined && now < ended + before.soak.min)
    return {
      until: ended + before.soak.min,
      why: `hop ${before.number} soaks for ${durationText(before.soak.min)}`,
    }
  const opening = openingAt(windows, now)
  if (!opening || opening.from <= now) return undefined
  const late = lateness(hop, {hops}, site, state, opening.from)
  const why = `the next maintenance window is ${opening.window.text}`
  return {until: opening.from, why, ...(late === undefined ? {} : {late})}
}

/** That the hop before has stood for too long when this one begins at a time. */
function lateness(
  hop: Hop,
  {hops}: Pick<UpgradePlan, 'hops'>,
  site: RunSite,
  state: RunState,
  at: number,
): string | undefined {
  const before = hops.find(({number}) => number === hop.number - 1)
  const ended = before && state.complete.get(before.number)
  const max = before?.soak?.max
  if (max === undefined || ended === undefined || at <= ended + max || isUnderWay(hop, site, state))
    return undefined
  const until = new Date(ended + max).toISOString().replace(/\.\d+Z$/, 'Z')
  return `hop ${before?.number} may stand for ${durationText(max)} at most, until ${until}`
}

/** What a person approved beforehand has not begun by that; what one lets try again has. */
function isUnderWay(hop: Hop, site: RunSite, state: RunState): boolean {
  if (state.complete.has(hop.number)) return true
  return tasksOf(hop, site).some(({id}) => {
    const known = state.of(id)
    return known.attempts > 0 || (known.kind !== 'open' && !(known.kind === 'done' && known.by === 'person'))
  })
}

import {durationText} from '../lib/duration.ts'
import type {Hop, UpgradePlan} from '../upgrade/plan.ts'
import type {PlannedStep} from '../upgrade/procedures.ts'
import {hopTitle} from '../upgrade/render/text.ts'
import type {RunState} from './state.ts'
import {isGate, numbered, type RunSite, type Task, taskId, tasksOf} from './tasks.ts'

/** What an abort does, told beforehand. */
export type WayBack = {
  /** Newest first. */
  hops: {hop: Hop; tasks: Task[]; notRestored: string[]}[]
  /** The first hop that stays, and why; none when everything goes back. */
  stays?: {hop: Hop; why: string; otherwise: string}
}

/**
 * The way back from where a run stands: hop by hop, newest first, each by its own recipe, as far as it is open. A hop
 * that cannot go back ends it: a state with what came before it taken back, and it not, was never judged.
 * @param now milliseconds since 1970
 */
export function wayBack(plan: UpgradePlan, state: RunState, site: RunSite, now: number): WayBack {
  const begun = plan.hops.filter(hop => isBegun(hop, state, site)).reverse()
  const hops: WayBack['hops'] = []
  for (const hop of begun) {
    // What went back already is not held up by a time that is over since.
    const closed = state.back.has(hop.number) ? undefined : closedBecause(hop, begun, state, now)
    if (closed) return {hops, stays: {hop, why: closed, otherwise: hop.reversible.otherwise ?? 'nothing'}}
    hops.push({hop, tasks: backTasks(hop, state, site), notRestored: hop.reversible.doesNotRestore})
  }
  return {hops}
}

/** Whether anything may have been changed for a hop; looks and backups leave nothing to take back. */
export function isBegun(hop: Hop, state: RunState, site: RunSite): boolean {
  // What is done by hand leaves no other trace.
  if (hop.steps.length === 0) return state.complete.has(hop.number)
  return tasksOf(hop, site).some(task => {
    const known = state.of(task.id)
    return mayChange(task) && (known.kind === 'done' || known.attempts > 0)
  })
}

function mayChange(task: Task): boolean {
  if (isGate(task) || task.action.action === 'approve') return false
  // Commands before a change are looks, typed actions there are part of it: nobody writes any more.
  return task.phase === 'change' || (task.phase === 'before' && task.action.action !== 'commands')
}

function closedBecause(
  {reversible, number}: Hop,
  begun: readonly Hop[],
  {complete}: RunState,
  now: number,
): string | undefined {
  const {kind, within, lostAfter} = reversible
  if (kind === 'never') return 'it has no way back'
  if (lostAfter !== undefined && begun.some(hop => hop.number === lostAfter))
    return `its way back was lost when hop ${lostAfter} began`
  const end = complete.get(number)
  if (within !== undefined && end !== undefined && now > end + within)
    return `its way back was open for ${durationText(within)} after its end, until ${new Date(end + within).toISOString()}`
  return undefined
}

/** The hop's recipe; without one, what each of its actions said would take it back, last first. */
function backTasks(hop: Hop, state: RunState, site: RunSite): Task[] {
  const conditions = hop.reversible.when.map(
    (fact): PlannedStep => ({phase: 'before', procedure: '', title: `Is it so: ${fact}?`}),
  )
  if (hop.rollback.length > 0) return numbered([...conditions, ...hop.rollback], hop, 'back', site)
  const asked = numbered(conditions, hop, 'back', site)
  const undone = tasksOf(hop, site)
    .reverse()
    .flatMap(task => (state.undoOf(task.id) ?? []).map(action => ({task, action})))
  if (undone.length === 0)
    return numbered(
      [...conditions, {phase: 'rollback', procedure: '', title: `Take ${hopTitle(hop)} back by hand.`}],
      hop,
      'back',
      site,
    )
  return [
    ...asked,
    ...undone.map(
      ({task, action}, i): Task => ({
        id: taskId(hop.number, asked.length + i + 1, 'back'),
        hop: hop.number,
        way: 'back',
        phase: 'rollback',
        title: `Take back: ${task.title}`,
        action,
        timeout: task.timeout,
      }),
    ),
  ]
}

import type {Action} from '../upgrade/actions/action.ts'
import {kindOf} from '../upgrade/actions/kinds.ts'
import {actionOf, type Site, usualTimeout} from '../upgrade/actions/of-step.ts'
import type {Hop, UpgradePlan} from '../upgrade/plan.ts'
import type {PlannedStep} from '../upgrade/procedures.ts'
import {hopTitle} from '../upgrade/render/text.ts'
import type {Way} from './record.ts'

/** One step of a run. */
export type Task = {
  /** `2.3`: the third of hop 2; `back.2.1` on the way back. The journal and people name it so. */
  readonly id: string
  readonly hop: number
  readonly way: Way
  readonly phase: PlannedStep['phase']
  readonly title: string
  readonly action: Action
  /** Milliseconds. */
  readonly timeout: number
}

/** What a site says of itself, and the name of the run. */
export type RunSite = Site & {run: string}

/** A hop's tasks forward: what has to be confirmed first, then its steps; without a procedure a person does them. */
export function tasksOf(hop: Hop, site: RunSite): Task[] {
  const checks = hop.checks.map(
    (fact): PlannedStep => ({phase: 'before', procedure: '', title: `Is it so: ${fact}?`}),
  )
  const byHand: PlannedStep = {phase: 'change', procedure: '', title: `Is ${hopTitle(hop)} done, by hand?`}
  return numbered([...checks, ...(hop.steps.length > 0 ? hop.steps : [byHand])], hop, 'forward', site)
}

export function planTasks({hops}: UpgradePlan, site: RunSite): Task[] {
  return hops.flatMap(hop => tasksOf(hop, site))
}

/** Steps as tasks, in their order. */
export function numbered(steps: readonly PlannedStep[], hop: Hop, way: Way, site: RunSite): Task[] {
  const of = {...site, parameters: parametersOf(hop, site)}
  return steps.map((step, i) => ({
    id: taskId(hop.number, i + 1, way),
    hop: hop.number,
    way,
    phase: step.phase,
    title: step.title,
    action: actionOf(step, of),
    timeout: step.timeout ?? usualTimeout,
  }))
}

export function taskId(hop: number, number: number, way: Way): string {
  return `${way === 'forward' ? '' : `${way}.`}${hop}.${number}`
}

/** `karpenter.namespace` of a site is `namespace` for Karpenter's steps. */
function parametersOf({component, members}: Hop, {parameters, run}: RunSite): Record<string, string> {
  const own = [...members, component].flatMap(name =>
    Object.entries(parameters).flatMap(([key, value]): [string, string][] =>
      key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), value]] : [],
    ),
  )
  return {...parameters, ...Object.fromEntries(own), run}
}

/** Whether the task leaves the world as it is. */
export function isGate({action}: Task): boolean {
  return kindOf(action).gate?.(action) === true
}

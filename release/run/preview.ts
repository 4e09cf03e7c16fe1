import {DiagnosticError} from '#lib/diagnostics.ts'
import {withoutPasswords} from '../upgrade/actions/call.ts'
import {kindOf} from '../upgrade/actions/kinds.ts'
import {commandsOfAction} from '../upgrade/actions/of-step.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import {hopTitle, reversibleText} from '../upgrade/render/text.ts'
import type {RunState} from './state.ts'
import {type RunSite, type Task, tasksOf} from './tasks.ts'
import type {World} from './world.ts'

export type PreviewedTask = {
  id: string
  phase: string
  title: string
  /** `asks` for a person; what it is by the journal or by a look at the world otherwise. */
  state: 'done' | 'applied' | 'in-progress' | 'not-started' | 'failed' | 'unknown' | 'asks'
  saw: string
  commands: string[]
}
export type Preview = {
  hop: number
  title: string
  back: string
  soak?: number
  soakMax?: number
  tasks: PreviewedTask[]
}[]

/** Exactly what a run would do, with what can be seen of it now; changes nothing. */
export async function preview(
  plan: UpgradePlan,
  state: RunState,
  site: RunSite,
  {world, helm}: {world: World; helm: 3 | 4},
): Promise<Preview> {
  const hops: Preview = []
  for (const hop of plan.hops) {
    const tasks: PreviewedTask[] = []
    for (const task of tasksOf(hop, site)) tasks.push(await previewTask(task, state, world, helm))
    hops.push({
      hop: hop.number,
      title: hopTitle(hop),
      back: reversibleText(hop.reversible),
      ...(hop.soak?.min === undefined ? {} : {soak: hop.soak.min}),
      ...(hop.soak?.max === undefined ? {} : {soakMax: hop.soak.max}),
      tasks,
    })
  }
  return hops
}

export async function previewTask(
  {id, phase, title, action, timeout}: Task,
  state: RunState,
  world: World,
  helm: 3 | 4,
): Promise<PreviewedTask> {
  const commands = commandsOfAction(action, {helm, token: '', timeout}).map(withoutPasswords)
  const about = {id, phase, title, commands}
  const known = state.of(id)
  if (known.kind === 'done') return {...about, state: 'done', saw: known.saw}
  if (action.action === 'approve') return {...about, state: 'asks', saw: ''}
  const kind = kindOf(action)
  const answers = []
  try {
    for (const call of kind.look(action)) answers.push(await world.call(call, 60_000))
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return {...about, state: 'unknown', saw: error.diagnostics[0]?.message ?? ''}
  }
  const {state: at, saw} = kind.judge(action, answers)
  return {...about, state: at, saw: withoutPasswords(saw)}
}

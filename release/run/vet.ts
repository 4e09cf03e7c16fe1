import {createHash} from 'node:crypto'
import type {Diagnostic} from '#lib/diagnostics.ts'
import {openParameters} from '../upgrade/actions/fill.ts'
import {kindOf} from '../upgrade/actions/kinds.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import type {Begun} from './journal.ts'
import type {Header} from './record.ts'
import type {RunSite, Task} from './tasks.ts'

/** What keeps tasks from being begun: Q006 parameters that nobody gave, Q008 an action that is not known; all at once. */
export function problemsOf(tasks: readonly Task[]): Diagnostic[] {
  const unknown = tasks.flatMap(({id, action}): Diagnostic[] =>
    kindOf(action) === undefined
      ? [
          {
            code: 'Q008',
            severity: 'error',
            message: `step ${id} has an action that is not known: ${action.action}`,
          },
        ]
      : [],
  )
  const open = new Map<string, string[]>()
  for (const {id, action} of tasks)
    for (const name of openParameters(action)) open.set(name, [...(open.get(name) ?? []), id])
  const missing = [...open].map(
    ([name, steps]): Diagnostic => ({
      code: 'Q006',
      severity: 'error',
      message: `the parameter {{${name}}} of ${steps.length > 3 ? `${steps.length} steps` : `step ${steps.join(', ')}`} is not known`,
      hint: `--parameter ${name}=…, or \`parameters\` of the bindings`,
    }),
  )
  return [...unknown, ...missing]
}

/**
 * Q012 for parameters that are not those that a run was begun with, all at once: the steps that are left would mean other
 * things than those that are done. What nobody had said before may come, such as what only the way back asks for.
 */
export function otherParameters(
  {run, parameters: begun}: Header,
  given: Readonly<Record<string, string>>,
): Diagnostic[] {
  if (!begun) return []
  const now = parameterDigests(run, given)
  const changed = Object.keys(begun).flatMap(name => {
    if (!Object.hasOwn(now, name)) return [`${name} is missing, with which the run ${run} was begun`]
    return now[name] === begun[name] ? [] : [`${name} is not what the run ${run} was begun with`]
  })
  // A component's own would take the place of what held for all.
  const added = Object.keys(now).flatMap(name => {
    const [, general = ''] = /\.(.+)$/.exec(name) ?? []
    return !Object.hasOwn(begun, name) && Object.hasOwn(begun, general)
      ? [`${name} takes the place of ${general}, with which the run ${run} was begun`]
      : []
  })
  return [...changed, ...added].sort().map(text => ({
    code: 'Q012',
    severity: 'error',
    message: `the parameter ${text}`,
    hint: 'give the parameters and bindings that it was begun with; other ones need a run and a journal of their own',
  }))
}

/** What a run of this plan is begun with. */
export function begunBy(plan: UpgradePlan, {run, parameters}: RunSite): Begun {
  return {run, digest: digestOf(plan), parameters: parameterDigests(run, parameters), plan}
}

/** Values may be nobody's to read, and equal ones of two runs are not to be told. */
function parameterDigests(run: string, parameters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, sha256(JSON.stringify([run, name, value])).slice(0, 16)]),
  )
}

export function digestOf(plan: UpgradePlan): string {
  return sha256(JSON.stringify(plan))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

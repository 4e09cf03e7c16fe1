import {createHash} from 'node:crypto'
import type {Diagnostic} from '#lib/diagnostics.ts'
import {openParameters} from '../upgrade/actions/fill.ts'
import {kindOf} from '../upgrade/actions/kinds.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import type {Task} from './tasks.ts'

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

export function digestOf(plan: UpgradePlan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex')
}

import {kindOf} from '../upgrade/actions/kinds.ts'
import {actionOf, usualTimeout} from '../upgrade/actions/of-step.ts'
import type {HopTasks, Task} from './tasks.ts'
import {openNames, patternWord, type Scope, withVariables} from './variables.ts'

/**
 * A task as a script for a pod, which ends badly when the task did not do what it should: each line has to end with 0, and
 * where the matrix says how the last one's output is judged, it is judged so. Parameters that the site does not say are
 * variables of the environment.
 */
export function scriptOf(task: Task, scope: Scope): string {
  const filled = task.lines.map(line => withVariables(line, scope))
  const judge = judgeOf(task, scope)
  const last = filled.at(-1)
  if (judge === undefined || last === undefined) return `${filled.join('\n')}\n`
  const text = [...filled.slice(0, -1), `said=$(${last})`, `printf '%s\\n' "$said"`, judge]
  return `${text.join('\n')}\n`
}

/** A last line that fails when the output is not what it should be; undefined where the exit code says it, or nothing does. */
function judgeOf({step}: Task, scope: Scope): string | undefined {
  const {matches, probe} = step
  const output = `printf '%s\\n' "$said" |`
  if (matches !== undefined) return `${output} grep -Eq ${patternWord(matches, scope)}`
  if (probe && 'http' in probe) return `${output} grep -qx ${probe.status}`
  if (step.do?.action === 'eks-insights') return `! ${output} grep -Eq '"status": *"ERROR"'`
  return undefined
}

/** Whether a machine sees that a task was done well; else a person has to look at what it printed. */
export function judged(task: Task): boolean {
  const {expect, probe, do: typed} = task.step
  if (probe && 'promql' in probe) return false
  if (expect === undefined || typed?.action === 'kubectl-wait' || (probe && 'resource' in probe)) return true
  return judgeOf(task, {value: () => undefined, variable: name => name}) !== undefined
}

/** How often a task may be tried: what is not harmless to do twice is tried once. */
export function triesOf({step}: Task): number {
  const action = actionOf(step, {parameters: {}})
  return kindOf(action).twice(action) === 'harmless' ? 3 : 1
}

/** Seconds that a task may take. */
export function secondsOf({step}: Task): number {
  return Math.ceil((step.timeout ?? usualTimeout) / 1000)
}

/** Variables of the environment that the scripts of hops read, in the order of the alphabet. */
export function variablesOf(all: readonly HopTasks[]): string[] {
  const names = all.flatMap(({steps, rollback, scope}) =>
    openNames(
      [...steps, ...rollback].flatMap(({lines, step}) => [...lines, ...(step.matches ? [step.matches] : [])]),
      scope,
    ).map(scope.variable),
  )
  return [...new Set(names)].sort()
}

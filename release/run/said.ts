import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import type {Writer} from './journal.ts'
import {stateOf} from './state.ts'
import type {Task} from './tasks.ts'

/** What a person says of steps, by their names; `all` approves whatever asks. */
export type Said = {approve: readonly string[]; done: readonly string[]; again: readonly string[]}

/**
 * Writes down what a person says.
 * @throws DiagnosticError Q007 a step that there is not, or on which there is nothing to decide; all at once, exit 2
 */
export async function hear(
  {approve, done, again}: Said,
  tasks: readonly Task[],
  writer: Writer,
): Promise<void> {
  const state = stateOf(writer.journal.records)
  const problems: Diagnostic[] = []
  const named = (id: string, fits: (task: Task) => boolean): Task[] => {
    const task = tasks.find(t => t.id === id)
    if (task && fits(task)) return [task]
    problems.push({
      code: 'Q007',
      severity: 'error',
      message: task ? `there is nothing to decide on ${id}` : `there is no step ${id}`,
      hint: '`lockstep upgrade status` names what a run waits for',
    })
    return []
  }
  const asks = ({action, id}: Task) => action.action === 'approve' && state.of(id).kind !== 'done'
  const approved = approve.includes('all') ? tasks.filter(asks) : approve.flatMap(id => named(id, asks))
  const finished = done.flatMap(id => named(id, task => state.of(task.id).kind !== 'done'))
  const retried = again.flatMap(id => named(id, task => state.of(task.id).kind !== 'open'))
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  for (const task of approved)
    await writer.write({kind: 'done', task: task.id, by: 'person', saw: 'approved'})
  for (const task of finished)
    await writer.write({kind: 'done', task: task.id, by: 'person', saw: 'a person says that it is done'})
  for (const task of retried) await writer.write({kind: 'again', task: task.id})
}

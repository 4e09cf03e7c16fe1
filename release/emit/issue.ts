import {blocks, bullets, checklist, section} from '../generate/docs/markdown.ts'
import type {Hop} from '../upgrade/plan.ts'
import {planSummary} from '../upgrade/render/text.ts'
import {backLine, hopName, sentence, taskText, whyLine} from './hop-text.ts'
import {type Given, type HopTasks, type Task, tasksOf} from './tasks.ts'

/** A plan as the text of a GitHub issue: a list to tick off, each hop folded away until it is its turn. */
export function issue(given: Given, hops: readonly Hop[] = given.plan.hops): string {
  const {plan, matrix} = given
  const text = blocks(
    `${matrix.product.title}: ${planSummary(plan).join(' ')} Planned on ${plan.now}.`,
    checklist(hops.map(hop => `**Hop ${hop.number}**: ${hopName(hop, matrix)} (${hop.disruption})`)),
    ...tasksOf(given, hops).map(tasks =>
      blocks(
        `<details><summary>Hop ${tasks.hop.number}: ${hopName(tasks.hop, matrix)}</summary>`,
        hopList(tasks),
        '</details>',
      ),
    ),
    section(3, 'Not known', bullets(plan.notes)),
  )
  return `${text}\n`
}

/** One hop as a task list, for a pull request. Ends with a newline. */
export function hopIssue(hop: Hop, given: Given): string {
  return `${tasksOf(given, [hop]).map(hopList).join('\n\n')}\n`
}

function hopList(tasks: HopTasks): string {
  const {hop, steps, rollback, scope} = tasks
  const say = (task: Task) => `**${task.id}** (${task.step.phase}) ${taskText(task, scope)}`
  return blocks(
    bullets([
      ...hop.why.map(why => `Why: ${whyLine(why)}`),
      `Disruption: ${hop.disruption}.`,
      backLine(tasks),
      ...hop.risks.map(risk => `**Risk** ${risk.name}: ${risk.message}`),
    ]),
    'To do:',
    checklist([...hop.checks.map(check => `It must hold: ${sentence(check)}`), ...steps.map(say)]),
    rollback.length > 0 && blocks('To go back:', checklist(rollback.map(say))),
  )
}

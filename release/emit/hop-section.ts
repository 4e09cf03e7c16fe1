import {blocks, bullets, checklist, code, fence, section} from '../generate/docs/markdown.ts'
import {durationText} from '../lib/duration.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Hop} from '../upgrade/plan.ts'
import {backLine, hopName, leftText, listText, sentence, spanOf, taskText, whyLine} from './hop-text.ts'
import {symptomsOf} from './symptoms.ts'
import type {Given, HopTasks, Task} from './tasks.ts'
import {withVariables} from './variables.ts'

/** One hop of a runbook, in the order in which it is done. */
export function hopSection(tasks: HopTasks, given: Given): string {
  const {hop, steps, scope} = tasks
  const {matrix, plan} = given
  const say = (task: Task) => `**${task.id}** ${taskText(task, scope)}`
  const phase = (name: Task['step']['phase']) => steps.filter(t => t.step.phase === name).map(say)
  return section(
    2,
    `Hop ${hop.number} of ${plan.hops.length}: ${hopName(hop, matrix)}`,
    bullets(facts(tasks)),
    section(
      3,
      'Checklist before',
      checklist([...hop.checks.map(check => `It must hold: ${sentence(check)}`), ...phase('before')]),
    ),
    section(3, 'Backup', checklist(phase('backup'))),
    section(3, 'Change', warning(hop), checklist([...phase('change'), ...ownWay(tasks, matrix)])),
    section(3, 'Wait', checklist(phase('wait'))),
    section(3, 'Verify', checklist([...phase('verify'), ...probes(tasks, given)])),
    section(3, 'If it goes wrong', goBack(tasks, say)),
    section(3, 'Symptoms and cures', symptoms(tasks, given)),
    plan.hops.length > hop.number && section(3, 'Before the next hop', checklist(gate(hop))),
  )
}

function facts(tasks: HopTasks): string[] {
  const {hop} = tasks
  const cite = (source: string) => `[^${source}]`
  return [
    ...hop.why.map(why => `Why: ${whyLine(why, cite)}`),
    ...(hop.because
      ? [`How: ${sentence(hop.because)} (${hop.level})${hop.source ? cite(hop.source) : ''}`]
      : ['How: nothing is known of such a move; it is taken as possible.']),
    `Disruption: ${hop.disruption}.`,
    backLine(tasks),
    ...hop.risks.map(
      ({name, known, message}) =>
        `**Risk** ${name}${known ? '' : ', which counts as present since nobody has looked'}: ${message}`,
    ),
  ]
}

function warning(hop: Hop): string {
  const {kind} = hop.reversible
  if (kind !== 'never' && kind !== 'unknown') return ''
  return `> **Point of no return.** From the first of these steps on, what is left is ${leftText(hop)}.`
}

/** What there is to do where the matrix has no steps: it says which moves are sound, not always how they are made. */
function ownWay({hop, steps}: HopTasks, matrix: Matrix): string[] {
  if (steps.some(({step}) => step.phase === 'change')) return []
  return [`${hopName(hop, matrix)}: do it the way it is done here, since the matrix has no steps for it.`]
}

/** What shows that the platform works, not only that the new version runs. */
function probes({hop, steps}: HopTasks, {plan, matrix}: Given): string[] {
  const own = steps.some(({step}) => step.phase === 'verify')
  const moved = new Map(plan.hops.slice(0, hop.number).flatMap(h => h.members.map(m => [m, h.to] as const)))
  const earlier = [...moved].flatMap(([name, to]) =>
    hop.members.includes(name) || to === 'absent' ? [] : [matrix.components[name]?.title ?? name],
  )
  return [
    ...(own ? [] : ['The matrix does not tell how this is verified: try what your users do.']),
    ...(earlier.length > 0 ? [`What moved before still works: ${earlier.join(', ')}.`] : []),
  ]
}

/** What to do, by how far the hop has come. */
function goBack({hop, steps, rollback}: HopTasks, say: (task: Task) => string): string {
  const first = steps.find(({step}) => step.phase === 'change')?.id ?? `${hop.number}.1`
  const {kind, doesNotRestore} = hop.reversible
  const before = steps.some(t => t.step.phase === 'before' && t.lines.some(changes))
    ? `Until ${first}: stop. No version has changed; take back what the checklist has switched off or removed.`
    : `Until ${first}: stop. No version has changed, so there is nothing to undo.`
  const lost = doesNotRestore.length > 0 ? [`That does not restore: ${listText(doesNotRestore)}.`] : []
  if (rollback.length > 0)
    return blocks(
      bullets([
        before,
        `From ${first} on, however far it has come: do ${spanOf(rollback)}, then verify that ${hop.from === 'absent' ? 'it is gone' : `${hop.from} runs`}.`,
        ...lost,
      ]),
      'The steps back, in this order:',
      checklist(rollback.map(say)),
    )
  const back =
    kind === 'never' || kind === 'unknown'
      ? `From ${first} on there are no steps back; what is left is ${leftText(hop)}. Stop, find out what is wrong, mend it, and finish the hop.`
      : `From ${first} on: set ${hop.component} to ${hop.from} in the way in which it was changed, and verify that it runs.`
  return bullets([before, back, ...lost])
}

/** Whether a line changes something that has to be taken back. */
function changes(line: string): boolean {
  return /\b(?:scale|delete|drain|cordon|patch|apply)\b/.test(line)
}

function symptoms({hop, scope}: HopTasks, {matrix}: Given): string {
  return bullets(
    symptomsOf(hop, matrix).map(({symptom, cause, cure, commands}) =>
      blocks(
        // What is seen word for word, or told.
        /[.`]$|`/.test(symptom) ? `**${symptom}**` : code(symptom),
        cause && `Cause: ${sentence(cause)}`,
        cure && `Cure: ${sentence(cure)}`,
        commands.length > 0 && fence(commands.map(line => withVariables(line, scope)).join('\n'), 'sh'),
      ),
    ),
  )
}

function gate({soak, reversible}: Hop): string[] {
  return [
    'Every box above is ticked.',
    ...(soak?.min === undefined
      ? []
      : [`It has stood for ${durationText(soak.min)}, and nobody has complained.`]),
    ...(soak?.max === undefined ? [] : [`Begin not later than ${durationText(soak.max)} after this hop.`]),
    ...(reversible.lostAfter === undefined
      ? []
      : [`Nobody wants to go back: hop ${reversible.lostAfter} closes the way back from this one.`]),
  ]
}

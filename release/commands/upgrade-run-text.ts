import {durationText} from '../lib/duration.ts'
import {wayBack} from '../run/back.ts'
import type {Halt} from '../run/engine.ts'
import {ownedLive} from '../run/owner.ts'
import {type PreviewedTask, preview, previewTask} from '../run/preview.ts'
import type {Record as JournalRecord, Way} from '../run/record.ts'
import {words} from '../run/report.ts'
import type {Outcome} from '../run/run.ts'
import {stateOf} from '../run/state.ts'
import type {Task} from '../run/tasks.ts'
import {hopTitle} from '../upgrade/render/text.ts'
import type {Context} from './command.ts'
import {type Paint, painter, paragraph, print} from './output.ts'
import {renderProblems} from './problems.ts'
import type {Given} from './upgrade-run.ts'

const marks: Record<PreviewedTask['state'], string> = {
  done: '✔',
  applied: '=',
  'in-progress': '…',
  'not-started': '→',
  failed: '✖',
  unknown: '?',
  asks: '☐',
}

/** The dry run. 1 when something owned by others would be touched. */
export async function showPreview(given: Given, tasks: readonly Task[], context: Context): Promise<0 | 1> {
  const {emission, journal, site, way, world, helm} = given
  const state = stateOf(journal?.records ?? [])
  const width = context.width ?? 100
  if (way !== 'forward') {
    const shown: PreviewedTask[] = []
    for (const task of tasks) shown.push(await previewTask(task, state, world, helm))
    const {stays, hops} = wayBack(emission.plan, state, site, Date.now())
    const lost = hops.flatMap(({notRestored}) => notRestored)
    print(context, {dryRun: true, way, tasks: shown, stays: stays?.why, notRestored: lost}, paint =>
      [
        ...shown.map(task => taskText(task, paint, width)),
        ...(way === 'back' && stays
          ? [
              `Hop ${stays.hop.number} (${hopTitle(stays.hop)}) stays: ${stays.why}; what is left: ${stays.otherwise}.\n`,
            ]
          : []),
        ...(lost.length > 0 ? [`Not restored: ${lost.join('; ')}.\n`] : []),
        shown.length === 0 ? 'Nothing would be done.\n' : '\nA dry run: --yes does it.\n',
      ].join(''),
    )
    return 0
  }
  const hops = await preview(emission.plan, state, site, {world, helm})
  const owned = await ownedLive(tasks, world)
  print(context, {dryRun: true, run: site.run, hops, owned}, paint =>
    [
      ...hops.flatMap(({hop, title, back, soak, soakMax, tasks}) => [
        `${paint('bold', `${hop}. ${title}`)}\n`,
        paragraph(back, {width, indent: 3}),
        ...tasks.map(task => taskText(task, paint, width)),
        ...(soak === undefined ? [] : [`   then waits for ${durationText(soak)}\n`]),
        ...(soakMax === undefined ? [] : [`   then goes on within ${durationText(soakMax)}\n`]),
      ]),
      '\n✔ done by this run  = is so already  → would be done  … goes on  ☐ asks a person  ? cannot be seen\n',
      'A dry run: --yes does it.\n',
    ].join(''),
  )
  if (owned.length > 0) context.err(await renderProblems(owned, context, context.color))
  return owned.length > 0 ? 1 : 0
}

function taskText({id, title, state, saw, commands}: PreviewedTask, paint: Paint, width: number): string {
  const now = saw === '' || state === 'not-started' ? '' : ` (${saw.split('\n')[0]})`
  const head = paragraph(`${marks[state]} ${id} ${title}${now}`, {width, indent: 3})
  const lines = state === 'done' ? [] : commands.flatMap(command => command.split('\n'))
  return `${head}${lines.map(line => paint('dim', `       ${line}\n`)).join('')}`
}

/** One line for each record as it is written: JSON for machines, words for people. */
export function tellRecord(record: JournalRecord, context: Context): void {
  if (context.format !== 'text') {
    // The plan is the one that was given.
    context.out(`${JSON.stringify({...record, plan: undefined})}\n`)
    return
  }
  const time = new Date(record.at).toISOString().slice(11, 19)
  const task = 'task' in record ? ` ${record.task}` : ''
  context.err(`${time}${task} ${words(record)}\n`)
}

/** How it ended, and what comes next. */
export function showOutcome(outcome: Outcome, context: Context, plan: string, way: Way): void {
  const text =
    context.format === 'text'
      ? outcomeText(outcome, plan, way, painter(context.color))
      : JSON.stringify({kind: 'outcome', outcome})
  context.out(`${text}\n`)
}

const wayOptions: Record<Way, string> = {forward: '--resume', back: '--abort', emergency: '--emergency'}

function outcomeText(outcome: Outcome, plan: string, way: Way, paint: Paint): string {
  const next = `./lockstep upgrade run ${plan} ${wayOptions[way]} --yes`
  const back = way === 'forward' ? `\nor back: ./lockstep upgrade run ${plan} --abort` : ''
  switch (outcome.kind) {
    case 'paused':
      return [
        `paused until ${new Date(outcome.until).toISOString()}: ${outcome.why}`,
        ...(outcome.late === undefined
          ? []
          : [paint('red', `that is too late: ${outcome.late}; go on before, with another --window or none`)]),
        `then: ${next}`,
      ].join('\n')
    case 'halted':
      return [outcome.halt, ...(outcome.more ?? [])].map(halt => haltText(halt, next, back, paint)).join('\n')
    default:
      return `${outcome.kind}: ${outcome.saw}`
  }
}

function haltText({kind, task, saw}: Halt, next: string, back: string, paint: Paint): string {
  const head = {
    approval: `${task.id} asks: ${task.title}`,
    unknown: `${task.id} cannot be told to be done: ${saw}`,
    failed: `${task.id} failed: ${saw}`,
  }[kind]
  const hint = {
    approval: `when it is so: ${next} --approve ${task.id}`,
    unknown: `look, then: ${next} --done ${task.id}, or --again ${task.id}`,
    failed: `mend it, then: ${next}${back}`,
  }[kind]
  return `${paint(kind === 'approval' ? 'yellow' : 'red', head)}\n${hint}`
}

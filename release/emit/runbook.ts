import {blocks, bullets, checklist, code, fence, section, table} from '../generate/docs/markdown.ts'
import {durationText} from '../lib/duration.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Hop, UpgradePlan} from '../upgrade/plan.ts'
import {planSummary} from '../upgrade/render/text.ts'
import {hopSection} from './hop-section.ts'
import {backWord, hopName, leftText, listText} from './hop-text.ts'
import {type Given, type HopTasks, tasksOf, textsOf} from './tasks.ts'
import {openNames} from './variables.ts'

/** A plan as a document that an operator follows by hand. @param hops those that are wanted; all by default */
export function runbook(given: Given, hops: readonly Hop[] = given.plan.hops): string {
  const tasks = tasksOf(given, hops)
  const {plan, matrix} = given
  const text = blocks(
    `# Runbook: ${matrix.product.title}`,
    `Planned on ${plan.now}. ${planSummary(plan).join(' ')} Every state between two hops is valid by the matrix; do the hops in this order, and begin none before the one before it is verified.`,
    overview(hops, matrix),
    section(2, 'Points of no return', pointsOfNoReturn(hops, matrix)),
    section(2, 'Before you begin', preparation(tasks, given, hops[0])),
    ...tasks.map(one => hopSection(one, given)),
    section(2, 'Afterwards', afterwards(plan, hops)),
    section(2, 'Not known', bullets(plan.notes)),
    footnotes(tasks, matrix),
  )
  return `${text}\n`
}

function overview(hops: readonly Hop[], matrix: Matrix): string {
  const rows = hops.map(hop => [
    String(hop.number),
    hopName(hop, matrix),
    hop.disruption,
    backWord(hop),
    hop.soak?.min === undefined ? '' : `at least ${durationText(hop.soak.min)}`,
  ])
  return table(['Hop', 'What', 'Disruption', 'Way back', 'Then wait'], rows)
}

/** Plain sentences: when it ends that one can go back, and what is left then. */
function pointsOfNoReturn(hops: readonly Hop[], matrix: Matrix): string {
  const points = hops.flatMap(hop => {
    const {kind, within, lostAfter, doesNotRestore, when} = hop.reversible
    const name = `Hop ${hop.number}, ${hopName(hop, matrix)}`
    const lost =
      doesNotRestore.length === 0 ? '' : ` Going back does not restore: ${listText(doesNotRestore)}.`
    if (kind === 'never' || kind === 'unknown')
      return [`**${name}**: once its change has begun, what is left is ${leftText(hop)}.${lost}`]
    const ends = [
      ...(within === undefined ? [] : [`${durationText(within)} after it was seen to be complete`]),
      ...(lostAfter === undefined ? [] : [`when hop ${lostAfter} begins`]),
    ]
    const needs = when.length === 0 ? '' : ` Going back needs: ${listText(when)}.`
    if (ends.length > 0)
      return [
        `**${name}**: the way back closes ${ends.join(', or ')}; then what is left is ${leftText(hop)}.${needs}${lost}`,
      ]
    return needs || lost ? [`${name}: can be undone.${needs}${lost}`] : []
  })
  return points.length > 0 ? bullets(points) : 'None: every hop can be undone by its own steps.'
}

function preparation(tasks: readonly HopTasks[], given: Given, first: Hop | undefined): string {
  return blocks(
    variables(tasks, given.matrix),
    needed(tasks),
    checklist([
      ...(first
        ? [`Everything stands where this begins: ${stateText(stateBefore(first, given.plan))}.`]
        : []),
      'The release notes of every version on the way are read.',
      'The whole runbook was done on a cluster that nobody depends on.',
      'There is a window that is long enough, and who is concerned knows of it.',
      'It is settled who decides to go back; the steps that go back were read, and backups were restored once to see that they can be.',
    ]),
  )
}

function stateBefore({number}: Hop, {current, hops}: UpgradePlan): Readonly<Record<string, string>> {
  return number === 1 ? current : (hops[number - 2]?.state ?? current)
}

function stateText(state: Readonly<Record<string, string>>): string {
  return Object.entries(state)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

function variables(tasks: readonly HopTasks[], matrix: Matrix): string {
  const told = Object.fromEntries(matrix.procedures.flatMap(p => Object.entries(p.parameters)))
  const open = new Map(
    tasks.flatMap(one =>
      openNames(textsOf(one), one.scope).map((name): [string, string | undefined] => [
        one.scope.variable(name),
        told[name],
      ]),
    ),
  )
  if (open.size === 0) return ''
  const lines = [...open]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, summary]) => `export ${name}=${summary === undefined ? '' : ` # ${summary}`}`)
  // An empty one would make `-n` or a name of the next word.
  const guard = `: ${[...open.keys()]
    .sort()
    .map(name => `"\${${name}:?}"`)
    .join(' ')}`
  return blocks(
    'The commands use these variables; give each its value:',
    fence([...lines, guard].join('\n'), 'sh'),
  )
}

const programs = [
  'argo',
  'aws',
  'curl',
  'git',
  'helm',
  'istioctl',
  'kubectl',
  'mlflow',
  'oras',
  'skopeo',
  'terraform',
]

function needed(tasks: readonly HopTasks[]): string {
  const all = tasks.flatMap(({steps, rollback}) => [...steps, ...rollback])
  const lines = all.flatMap(({lines, edits}) => [
    ...lines,
    ...edits.map(({owner}) => `git commit; ${owner} apply`),
  ])
  const used = programs.filter(name => new RegExp(`(?:^|[\\s(|])${name}(?=\\s)`, 'm').test(lines.join('\n')))
  return used.length === 0 ? '' : `You need: ${used.map(code).join(', ')}.`
}

function afterwards({end, hops}: UpgradePlan, done: readonly Hop[]): string {
  const last = done.at(-1)
  const whole = last?.number === hops.length
  return blocks(
    'Then everything stands at:',
    table(['What', 'Version'], Object.entries(whole ? end : (last?.state ?? end))),
    whole && 'The next upgrade is planned from there. Keep the backups until the last way back has closed.',
  )
}

function footnotes(tasks: readonly HopTasks[], {sources}: Matrix): string {
  const cited = tasks.flatMap(({hop}) => [
    ...hop.why.flatMap(why => (why.kind === 'wanted' ? [] : [why.source])),
    ...(hop.source ? [hop.source] : []),
  ])
  return [...new Set(cited)]
    .sort()
    .map(id => {
      const source = sources[id]
      const title = source?.url ? `[${source.title}](${source.url})` : (source?.title ?? id)
      return `[^${id}]: ${title}${source ? `, seen ${source.seen}` : ''}.`
    })
    .join('\n')
}

import {durationText} from '#release/lib/duration.ts'
import {check} from '#release/matrix/compat/index.ts'
import type {Component} from '#release/matrix/schema/components.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'
import type {Procedure, Transition} from '#release/matrix/schema/rules.ts'
import {known, legend} from './facts.ts'
import {knownIssue} from './lifecycle.ts'
import {blocks, bullets, checklist, code, fence, section, table} from './markdown.ts'
import {procedureSteps, shell, stepChecklist} from './procedure.ts'

/** A matrix of something that is not released here, and where it stands from the checkout's root. */
export type OtherMatrix = {readonly file: string; readonly matrix: Matrix}

/** docs/guides/upgrading-ID.md: what is known of moving a product and its parts, and what to do. */
export function upgradingGuide({file, matrix}: OtherMatrix): string {
  const {product, components} = matrix
  const moving = Object.keys(components)
    .filter(name => speaksOf(matrix, name))
    .sort((a, b) => (components[a]?.order ?? 0) - (components[b]?.order ?? 0))
  return blocks(
    `# Upgrading ${product.title}`,
    `${product.summary} What follows is what [its matrix](../../${file}) says; who runs it adds what only they know.`,
    section(2, 'Plan it first', planning(file, matrix, moving)),
    section(2, 'What works together', rules(matrix)),
    ...moving.map(name => chapter(matrix, name)),
    section(2, 'How well things are known', legend()),
  )
}

/** Whether there is anything to tell: how it moves, or what to do. */
function speaksOf({transitions, procedures, components}: Matrix, name: string): boolean {
  const {group} = components[name] ?? {}
  // The member that a group is named after, or its first one, tells for all of them.
  if (group !== undefined && firstOf(components, group) !== name) return false
  const own = (component: string | undefined) =>
    component === name || (group !== undefined && component === group)
  return transitions.some(t => own(t.component)) || procedures.some(p => own(p.component))
}

function firstOf(components: Matrix['components'], group: string): string | undefined {
  const members = Object.entries(components).filter(([, c]) => c.group === group)
  if (members.some(([name]) => name === group)) return group
  return members.sort(([, a], [, b]) => (a.order ?? 0) - (b.order ?? 0))[0]?.[0]
}

function planning(file: string, matrix: Matrix, moving: readonly string[]): string {
  const words = example(matrix, moving)
  return blocks(
    'Say what runs and where it shall go. The plan has the order, a reason for each step, and what cannot be undone.',
    fence(
      [
        `./lockstep upgrade plan --matrix ${file} ${words.join(' ')} -o json > plan.json`,
        './lockstep upgrade graph plan.json > plan.svg',
        `./lockstep upgrade emit plan.json --matrix ${file} --to runbook`,
      ].join('\n'),
      'sh',
    ),
    `Then [emit it](emit-upgrades.md) for Git, Argo CD, Flux or Argo Workflows, or [run it](run-upgrades.md).`,
    'The steps below are the same that a plan has, with parameters as variables of the shell. Those of a site stand above the steps that ask for them; these are for all:',
    bullets([
      `${code('$VERSION')}: the version to go to, without a leading v; on the way back the one to go back to`,
      `${code('$FROM')}: the version that runs`,
      `${code('$RUN')}: any word in lower case that names this upgrade, the same for all its steps and for the way back; backups and snapshots are called by it`,
    ]),
    'Stop at the first step that does not show what is expected, and look under Trouble of that part; where a way back is told, it is for that.',
  )
}

/** The newest step of the product, or else of its platform, and what may run beside it before. */
function example(matrix: Matrix, moving: readonly string[]): string[] {
  const {components, product} = matrix
  const listed = (name: string) =>
    (components[name]?.versions ?? []).filter(v => v.state === 'supported').map(v => v.version)
  const first = moving.includes(product.component)
    ? product.component
    : (moving.find(name => components[name]?.platform) ?? moving[0] ?? product.component)
  const [from = '', to = ''] = listed(first).slice(-2)
  const running: Record<string, string> = {[first]: from}
  for (const name of moving.filter(other => other !== first).slice(0, 2)) {
    const fitting = listed(name).findLast(
      version => check(matrix, {versions: {...running, [name]: version}}).answer !== 'no',
    )
    if (fitting !== undefined) running[name] = fitting
  }
  return Object.entries(running).map(
    ([name, version]) => `${name}=${version}${name === first ? `..${to}` : ''}`,
  )
}

function rules({rules: all}: Matrix): string {
  return table(
    ['Rule', 'Known'],
    all.map(rule => [rule.because ?? rule.id, known(rule)]),
  )
}

function chapter(matrix: Matrix, name: string): string {
  const component = matrix.components[name]
  if (!component) return ''
  const group = component.group
  const own = (other: string | undefined) => other === name || (group !== undefined && other === group)
  const transitions = matrix.transitions.filter(t => own(t.component))
  const procedures = matrix.procedures.filter(p => own(p.component))
  return section(
    2,
    component.title,
    component.summary,
    versions(component),
    section(3, 'Moves', moves(transitions)),
    ...procedures.filter(p => p.move !== 'rollback').map(p => procedure(p, matrix)),
    ...procedures.filter(p => p.move === 'rollback').map(p => procedure(p, matrix)),
    section(3, 'APIs that go', removals(component)),
    section(3, 'Trouble', symptoms(procedures, component)),
  )
}

function versions({versions: all}: Component): string {
  const current = all.filter(v => v.state === 'supported')
  const rows = [...current]
    .reverse()
    .map(v => [code(v.version), v.released ?? '', v.endOfSupport ?? '', v.title ?? v.notes.join(' ')])
  if (rows.every(row => row.slice(1).every(cell => cell === ''))) return ''
  return table(['Version', 'Released', 'End of support', 'Notes'], rows)
}

function moves(transitions: readonly Transition[]): string {
  return table(
    ['From', 'To', 'First', 'Disruption', 'Way back', 'Why', 'Known'],
    transitions.map(t => [
      t.edges ? t.edges.map(e => code(e.from)).join(', ') : t.from ? code(t.from) : 'any',
      t.edges ? t.edges.map(e => code(e.to)).join(', ') : (reach(t) ?? 'any later'),
      [...t.when.map(p => p.fact), ...t.risks.map(r => `risk: ${r.message}`)].join('; '),
      t.disruption,
      wayBack(t),
      t.because,
      known(t),
    ]),
  )
}

function reach({to, step, via, deny, direct}: Transition): string | undefined {
  const parts = [
    to && code(to),
    step && farthest(step),
    via && `only over ${via.map(code).join(' or ')}`,
    deny.length > 0 && `not to ${deny.map(code).join(', ')}`,
    direct === 'no' && 'never directly',
  ].filter(Boolean)
  return parts.length > 0 ? parts.join('; ') : undefined
}

/** The first part of a version that may change limits what follows it. */
function farthest(step: NonNullable<Transition['step']>): string | undefined {
  for (const part of ['major', 'minor', 'patch'] as const) {
    const most = step[part]
    if (most === 1) return `the next ${part}`
    if (most !== undefined && most > 1) return `up to ${most} ${part}s further`
  }
  return step.down === undefined ? undefined : `up to ${step.down} minors back`
}

function wayBack({back}: Transition): string {
  if (!back) return '**none**'
  const parts = [
    back.within === undefined ? 'yes' : `within ${durationText(back.within)}`,
    ...(back.when.length > 0 ? [`if ${back.when.map(p => p.fact).join(' and ')}`] : []),
    ...(back.doesNotRestore.length > 0 ? [`not restored: ${back.doesNotRestore.join(', ')}`] : []),
  ]
  return parts.join('; ')
}

function procedure(one: Procedure, matrix: Matrix): string {
  const parameters = Object.entries(one.parameters).map(
    ([name, meaning]) => `${code(`$${name.toUpperCase()}`)}: ${meaning}`,
  )
  const title = one.crossing === undefined ? one.title : `${one.title} (over ${one.crossing})`
  // What goes for every move only looks; what changes comes in between.
  if (one.move !== 'any' || one.change.length > 0)
    return section(3, title, bullets(parameters), procedureSteps(one, matrix))
  return section(
    3,
    title,
    bullets(parameters),
    section(4, 'Before', stepChecklist([...one.before, ...one.backup], matrix)),
    section(4, 'After', stepChecklist([...one.wait, ...one.verify], matrix)),
  )
}

function removals({removedApis}: Component): string {
  return checklist(
    removedApis.map(
      ({api, kinds, removed, replacement, source, asOf}) =>
        `${removed}: ${kinds.length > 0 ? `${kinds.join(', ')} of ` : ''}${code(api)}${replacement ? `; use ${code(replacement)}` : ''} (as of ${asOf}[^${source}])`,
    ),
  )
}

function symptoms(procedures: readonly Procedure[], {versions: all}: Component): string {
  const seen = new Set<string>()
  const told = procedures
    .flatMap(p => p.symptoms)
    .filter(({symptom}) => !seen.has(symptom) && seen.add(symptom))
    .map(({symptom, cause, cure, run, source}) =>
      blocks(
        `**${symptom}**`,
        `${cause} ${cure}${source === undefined ? '' : `[^${source}]`}`,
        run.length > 0 && fence(run.map(shell).join('\n')),
      ),
    )
  const issues = all.flatMap(v =>
    v.knownIssues.map(issue => knownIssue(issue, 4, `${v.version}: ${issue.title}`)),
  )
  return blocks(...told, ...issues)
}

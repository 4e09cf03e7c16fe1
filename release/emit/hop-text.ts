import {blocks, code, fence, listing} from '../generate/docs/markdown.ts'
import {durationText} from '../lib/duration.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Hop, Why} from '../upgrade/plan.ts'
import {setText} from '../upgrade/render/markdown.ts'
import type {FieldEdit, HopTasks, Task} from './tasks.ts'
import {inWords, type Scope, withVariables} from './variables.ts'

/** What a hop is called, with the component's title: `Karpenter 1.6.0 → 1.14.1`. */
export function hopName({component, instance, members, from, to}: Hop, matrix: Matrix): string {
  const titles = members.map(member => matrix.components[member]?.title ?? member)
  const what = members.length > 1 ? listing(titles) : (matrix.components[component]?.title ?? component)
  const whose = instance === undefined ? '' : ` (${instance})`
  if (to === 'absent') return `Uninstall ${what}${whose} ${from}`
  return from === 'absent' ? `Install ${what}${whose} ${to}` : `${what}${whose} ${from} → ${to}`
}

/** A sentence with its source, as a footnote where there are footnotes. */
export function whyLine(why: Why, cite: (source: string) => string = () => ''): string {
  if (why.kind === 'wanted') return sentence(why.text)
  const text =
    why.kind === 'waypoint' ? sentence(why.text) : `Hop ${why.before} needs it: ${sentence(why.text)}`
  return `${text} (${why.level})${cite(why.source)}`
}

export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** Words of a matrix in a row; some end with a full stop. */
export function listText(items: readonly string[]): string {
  return items.map(item => item.replace(/\.$/, '')).join('; ')
}

/** In a few words whether and how long one can go back: `for 7 days, until hop 3`. */
export function backWord({reversible: {kind, within, lostAfter}}: Hop): string {
  if (kind === 'never') return '**none**'
  if (kind === 'unknown') return '**unknown**'
  const until = [
    ...(within === undefined ? [] : [`for ${durationText(within)}`]),
    ...(lostAfter === undefined ? [] : [`until hop ${lostAfter}`]),
  ]
  if (until.length > 0) return until.join(', ')
  return kind === 'only-if' ? 'on conditions' : 'yes'
}

/** What is left when the way back is closed. */
export function leftText({reversible}: Hop): string {
  const {otherwise = 'nothing'} = reversible
  return {
    restore: 'a restore from the backup',
    'blue-green': 'a new cluster of the old version, with the traffic moved to it',
    nothing: 'nothing but the way forward',
  }[otherwise]
}

/** `2.R1 to 2.R4` */
export function spanOf(tasks: readonly Task[]): string {
  const [first, last] = [tasks[0]?.id ?? '', tasks.at(-1)?.id ?? '']
  return first === last ? first : `${first} to ${last}`
}

/** Whether one can go back, and by which steps. */
export function backLine({hop, rollback}: Pick<HopTasks, 'hop' | 'rollback'>): string {
  const {kind} = hop.reversible
  if (kind === 'never') return '**There is no way back from this hop.**'
  if (kind === 'unknown')
    return '**Nothing is known of a way back from this hop**: take it for one that has none.'
  const steps = rollback.length > 0 ? `, by ${spanOf(rollback)}` : ''
  return `Way back: ${backWord(hop)}${steps}.`
}

/** What is done at a step, in Markdown: title, reason, edits or commands, what to expect, how long it may take. */
export function taskText({step, edits, lines}: Task, scope: Scope): string {
  const words = (text: string) => inWords(text, scope)
  const {title, because, timeout, set} = step
  const expect = expectationOf(step)
  return blocks(
    [title, because]
      .filter(part => part !== undefined)
      .map(words)
      .join(' '),
    set && lines.length + edits.length === 0 && `Set ${words(setText(set))}.`,
    editText(edits),
    lines.length > 0 && fence(lines.map(line => withVariables(line, scope)).join('\n'), 'sh'),
    expect !== undefined && `Expect: ${words(expect)}.`,
    timeout !== undefined && `It may take up to ${durationText(timeout)}; longer is a failure.`,
  )
}

function expectationOf({expect, probe}: Task['step']): string | undefined {
  if (expect !== undefined || !probe) return expect
  if ('http' in probe) return code(String(probe.status))
  if ('promql' in probe) return `every sample ${code(probe.holds)}`
  return `the condition ${code(probe.condition)} is met`
}

function editText(edits: readonly FieldEdit[]): string {
  const owners = [...new Set(edits.map(({owner}) => owner))]
  return blocks(
    ...edits.map(
      ({file, path, from, to}) =>
        `Edit ${code(file)}: ${code(path)} from ${code(from)} to ${code(to)}, and nothing else.`,
    ),
    ...owners.map(owner => taken(owner, edits)),
  )
}

/** How an edit comes into effect, and how one sees that it did. */
function taken(owner: FieldEdit['owner'], edits: readonly FieldEdit[]): string {
  const first = edits.find(edit => edit.owner === owner)?.file ?? ''
  const folder = /^(.*)\//.exec(first)?.[1]
  switch (owner) {
    case 'argocd':
      return 'Commit and merge it: Argo CD owns this, so leave the cluster alone. Go on when its Application is Synced **to the new revision** and Healthy.'
    case 'flux':
      return 'Commit and merge it: Flux owns this, so leave the cluster alone. Go on when what it reconciles is Ready **at the new revision**.'
    case 'terraform':
      return blocks(
        'Commit and merge it, then plan and apply. The plan must show this change and no other.',
        fence(
          [
            ...(folder ? [`cd ${folder}`] : []),
            'terraform plan -out=upgrade.tfplan',
            'terraform apply upgrade.tfplan',
          ].join('\n'),
          'sh',
        ),
      )
    case 'helm':
      return 'Commit it, and run the `helm upgrade` that reads this file.'
    case 'manual':
      return 'Commit it, and apply it the way this file is applied here.'
  }
}

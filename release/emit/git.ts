import {fail} from '#lib/diagnostics.ts'
import {durationText} from '../lib/duration.ts'
import type {Bindings} from '../matrix/schema/index.ts'
import type {Hop, UpgradePlan} from '../upgrade/plan.ts'
import type {PlannedStep} from '../upgrade/procedures.ts'
import {setText} from '../upgrade/render/markdown.ts'
import {hopTitle, reversibleText, whyText} from '../upgrade/render/text.ts'
import {type FileEdit, partEdits, partsOf} from './edits.ts'
import type {Standing} from './standing.ts'
import {unboundSets} from './tasks.ts'

/** A part of a hop as one commit on a branch of its own. */
export type HopCommit = {
  readonly hop: number
  readonly of: number
  /** What moves: a component, or one instance of it. */
  readonly moves: string
  readonly branch: string
  readonly message: string
  readonly files: readonly FileEdit[]
}

/** Branches and commits of a repository, as far as emitting needs them. */
export interface Branches {
  /** Milliseconds since 1970 of the last commit below `ref` that changed one of the files; undefined when none did. */
  changedAt(ref: string, files: readonly string[]): Promise<number | undefined>
  /**
   * One commit on top of `base` with these files, on a new branch; the checkout stays as it is. `same`: the branch has
   * these files already; `other`: it has others.
   */
  commit(commit: {
    base: string
    branch: string
    message: string
    files: readonly {path: string; text: string}[]
  }): Promise<'made' | 'same' | 'other'>
  push(branch: string): Promise<void>
}

/** @param part which part of the hop, from 0 @throws DiagnosticError J103, J104 no file tells of it, and of its fields */
export function hopCommit(
  plan: UpgradePlan,
  {done, parts}: Standing,
  bindings: Bindings,
  read: (file: string) => string | undefined,
  cluster?: string,
): HopCommit | undefined {
  const hop = plan.hops[done]
  if (!hop) return undefined
  const all = partsOf(hop, bindings)
  const part = all[parts]
  if (!part)
    fail({
      code: 'J104',
      message: `hop ${hop.number} (${hopTitle(hop)}) stands in no file of the bindings`,
      hint: `do it by \`upgrade emit --to runbook --hop ${hop.number}\`, then go on with --done ${hop.number}`,
    })
  const [{component, instance}] = part as [(typeof part)[number]]
  const moves = instance === undefined ? component : `${component}@${instance}`
  const place = all.length === 1 ? '' : `, part ${parts + 1} of ${all.length}`
  return {
    hop: hop.number,
    of: plan.hops.length,
    moves,
    branch: branchOf(plan, hop, moves, cluster),
    message: messageOf(plan, hop, {
      moves: cluster === undefined ? moves : `${moves} of ${cluster}`,
      place,
      left: parts === 0 ? unboundSets(hop, bindings) : [],
    }),
    files: partEdits(hop, part, read),
  }
}

function branchOf(
  {product}: UpgradePlan,
  {number, to}: Hop,
  moves: string,
  cluster: string | undefined,
): string {
  const whose = cluster === undefined ? '' : `${cluster}/`
  return `upgrade/${whose}${product}-${String(number).padStart(2, '0')}-${moves}-${to}`.replace(
    /[^\w./-]+/g,
    '-',
  )
}

type Words = {moves: string; place: string; left: readonly PlannedStep[]}

function messageOf(plan: UpgradePlan, hop: Hop, {moves, place, left}: Words): string {
  const lines = [
    `Upgrade ${moves} ${hop.from} → ${hop.to}`,
    '',
    `Hop ${hop.number} of ${plan.hops.length}${place}.`,
    ...hop.why.map(why => `- Why: ${whyText(why)}`),
    `- Disruption: ${hop.disruption}; ${reversibleText(hop.reversible)}.`,
    ...hop.risks.map(risk => `- Risk ${risk.name}: ${risk.message}`),
    ...hop.checks.map(check => `- Check before merging: ${check}`),
    ...left.flatMap(({set}) =>
      set && !('field' in set)
        ? [`- Not in this commit, since no file of the bindings tells of it: ${setText(set)}`]
        : [],
    ),
    '',
    `Upgrade-Hop: ${hop.number}/${plan.hops.length} ${moves}=${hop.from}..${hop.to}`,
  ]
  return `${lines.join('\n')}\n`
}

/**
 * Whether the hop before has had its time.
 * @param since milliseconds since 1970 at which it was merged, as far as Git knows
 * @throws DiagnosticError J105 not yet
 */
export function checkSoak(before: Hop | undefined, since: number | undefined, now: number): void {
  const min = before?.soak?.min
  if (!before || min === undefined || since === undefined || now >= since + min) return
  fail({
    code: 'J105',
    message: `hop ${before.number} (${hopTitle(before)}) has to stand for ${durationText(min)} before the next one`,
    expected: `not before ${new Date(since + min).toISOString().replace(/\.\d+Z$/, 'Z')}`,
    hint: 'run the same command again then',
  })
}

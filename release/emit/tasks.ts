import type {Bindings, Matrix} from '../matrix/schema/index.ts'
import {kindOf} from '../upgrade/actions/kinds.ts'
import {actionOf} from '../upgrade/actions/of-step.ts'
import type {Hop, UpgradePlan} from '../upgrade/plan.ts'
import type {PlannedStep} from '../upgrade/procedures.ts'
import {stepLines} from './commands.ts'
import {bindingsOf} from './edits.ts'
import {literalsOf, openNames, type Scope, scopeOf} from './variables.ts'

/** What the forms of emitting go by. */
export type Given = {
  readonly plan: UpgradePlan
  readonly matrix: Matrix
  readonly parameters: Readonly<Record<string, string>>
  readonly bindings?: Bindings | undefined
}

type Binding = Bindings['bindings'][number]

/** A field that is edited in Git, and who takes it from there. */
export type FieldEdit = {
  readonly file: string
  readonly path: string
  readonly from: string
  readonly to: string
  readonly owner: Binding['owner']
}

/** A step as somebody does it: by editing files, by commands, or by looking and deciding when it has neither. */
export type Task = {
  /** `2.5`: the fifth of hop 2; `2.R1` goes back. */
  readonly id: string
  readonly step: PlannedStep
  readonly edits: readonly FieldEdit[]
  /** Lines for a shell; {{parameters}} that the site does not say word for word are in braces still. */
  readonly lines: readonly string[]
}

export type HopTasks = {
  readonly hop: Hop
  readonly steps: readonly Task[]
  readonly rollback: readonly Task[]
  readonly scope: Scope
}

/** The hops of a plan with their steps, numbered, each in the way of who owns what it sets. */
export function tasksOf(given: Given, hops: readonly Hop[] = given.plan.hops): HopTasks[] {
  const all = given.plan.hops.map(hop => tasksOfHop(hop, given))
  const asking = new Set(
    all
      .filter(one =>
        openNames(textsOf(one), scopeOf(one.hop.component, given.parameters, true)).some(n =>
          /^(namespace|release)$/.test(n),
        ),
      )
      .map(one => one.hop.component),
  )
  return all
    .filter(({hop}) => hops.some(h => h.number === hop.number))
    .map(one => ({...one, scope: scopeOf(one.hop.component, parametersOf(one.hop, given), asking.size < 2)}))
}

/** Which instance moves, the plan says itself; what a run would be called is here the plan's day. */
function parametersOf({instance}: Hop, {parameters, plan}: Given): Readonly<Record<string, string>> {
  return {run: plan.now, ...(instance === undefined ? {} : {instance}), ...parameters}
}

/** Every text of a hop that may hold parameters. */
export function textsOf({steps, rollback}: Pick<HopTasks, 'steps' | 'rollback'>): string[] {
  return [...steps, ...rollback].flatMap(({lines, step: {title, expect, because}}) => [
    ...lines,
    ...[title, expect, because].filter(text => text !== undefined),
  ])
}

function tasksOfHop(hop: Hop, given: Given): Omit<HopTasks, 'scope'> {
  const bound = given.bindings ? bindingsOf(hop, given.bindings) : []
  const {number, from, to, steps, rollback} = hop
  const said = literalsOf(parametersOf(hop, given), hop.component)
  const tasks = (list: readonly PlannedStep[], mark: string, move: Move) =>
    list.map((step, i) => {
      const edits = editsOf(move, boundTo(step, moversIn(list), bound))
      return taskOf(`${number}.${mark}${i + 1}`, step, move, edits, given.matrix, said)
    })
  return {hop, steps: tasks(steps, '', {from, to}), rollback: tasks(rollback, 'R', {from: to, to: from})}
}

type Move = {from: string; to: string}

function editsOf({from, to}: Move, bound: readonly Binding[]): FieldEdit[] {
  return bound.flatMap(({at, owner}) =>
    'file' in at ? [{file: at.file, path: at.path, from, to, owner}] : [],
  )
}

function taskOf(
  id: string,
  step: PlannedStep,
  {from}: Move,
  edits: readonly FieldEdit[],
  matrix: Matrix,
  said: Readonly<Record<string, string>>,
): Task {
  const {set} = step
  if (edits.length > 0) return {id, step, edits, lines: []}
  if (set && 'field' in set)
    return {
      id,
      step,
      edits: [{file: set.file, path: set.field, from, to: set.to, owner: 'manual'}],
      lines: [],
    }
  return {id, step, edits: [], lines: stepLines(step, matrix, said)}
}

/** The steps that bring another version: desired states; where there are none, the first action of the change. */
function moversIn(steps: readonly PlannedStep[]): PlannedStep[] {
  const sets = steps.filter(step => step.set !== undefined)
  if (sets.length > 0) return sets
  const acts = steps.filter(
    step =>
      step.phase === 'change' && step.do !== undefined && !kindOf(actionOf(step, {parameters: {}})).gate,
  )
  return acts.slice(0, 1)
}

/**
 * The bindings that a step's desired state is written to: that of the component with the chart's name; what no chart is
 * named after goes with the main one, which is not that of the CRDs.
 */
function boundTo(step: PlannedStep, sets: readonly PlannedStep[], bound: readonly Binding[]): Binding[] {
  const chart = chartOf(step)
  if (!sets.includes(step)) return []
  const named = bound.filter(b => b.component === chart)
  if (named.length > 0) return named
  const rest = bound.filter(b => !sets.some(s => chartOf(s) === b.component))
  const main = sets.find(s => !/-crds?$/.test(chartOf(s) ?? '')) ?? sets[0]
  return main === step ? rest : []
}

function chartOf({set}: PlannedStep): string | undefined {
  return set && 'chart' in set ? set.chart : undefined
}

/** What a hop sets although no file of the bindings tells of it: a commit of the hop leaves that to somebody. */
export function unboundSets(hop: Hop, bindings: Bindings): PlannedStep[] {
  const bound = bindingsOf(hop, bindings).filter(({at}) => 'file' in at)
  const sets = moversIn(hop.steps)
  return sets.filter(step => boundTo(step, sets, bound).length === 0)
}

import type {Level} from '../matrix/schema/facts.ts'
import type {Rule, Transition} from '../matrix/schema/rules.ts'
import {absent} from './absent.ts'
import {chosenFor, goneBackBy, goneBy} from './by.ts'
import {type Binding, type CompiledProblem, compileProblem} from './compile.ts'
import {type Mover, moversOf} from './domain.ts'
import {type Cost, compareCost, type Solution} from './engine/problem.ts'
import type {Limits} from './engine/search.ts'
import {solve} from './engine/solve.ts'
import {type Explanation, explainNoWay} from './explain.ts'
import {factOf, judgeMove} from './moves.ts'
import {type Leg, type PlannedStep, proceduresFor, stepsOf} from './procedures.ts'
import {removalCheck, removedOnTheWay} from './removals.ts'
import type {Policy, UpgradeRequest} from './request.ts'
import {type Reversible, reversibility} from './reversible.ts'

/** Why a hop is there: somebody asked for it, or a rule needs it before a later hop. */
export type Why =
  | {kind: 'wanted'; text: string}
  | {kind: 'rule'; rule: string; text: string; source: string; level: Level; before: number}
  | {kind: 'waypoint'; transition: string; text: string; source: string; level: Level}

export type Hop = {
  /** From 1. */
  number: number
  /** What its version is called in `state`: the component, one of its instances, or a group. */
  name: string
  component: string
  instance?: string
  /** What moves together, in this order. */
  members: string[]
  from: string
  to: string
  /** The transition that it is made by; left out where the matrix says nothing of such moves. */
  transition?: string
  because?: string
  source?: string
  asOf?: string
  level: Level
  why: Why[]
  disruption: Transition['disruption']
  reversible: Reversible
  risks: {name: string; message: string; known: boolean}[]
  /** What could not be told beforehand and has to hold before the hop. */
  checks: string[]
  steps: PlannedStep[]
  rollback: PlannedStep[]
  /** Milliseconds to wait before the next hop, at least and at most. */
  soak?: {min?: number; max?: number}
  /** All versions after the hop. */
  state: Record<string, string>
}

/** A versioned document; every state between two hops is valid by the matrix. */
export type UpgradePlan = {
  apiVersion: 'lockstep/v1'
  kind: 'UpgradePlan'
  now: string
  product: string
  objective: string[]
  current: Record<string, string>
  wanted: Record<string, string>
  policy: Policy
  /** Whether no valid plan is better by the objective. */
  exact: boolean
  cost: Cost
  /** What every valid plan costs at least; equal to `cost` when exact. */
  atLeast: Cost
  hops: Hop[]
  end: Record<string, string>
  /** Facts that no rule speaks of; they are unknown, not fine. */
  notes: string[]
}

export const objective = [
  'fewest irreversible steps',
  'fewest disruptive steps (drain or downtime)',
  'fewest steps',
  'newest patches',
  'order and name',
]

export type Planned =
  | {plan: UpgradePlan; explanation?: undefined}
  | {plan?: undefined; explanation: Explanation}

/**
 * The best plan by the objective, or why there is none.
 * @throws DiagnosticError when the request itself is wrong (J001 to J006)
 */
export function planUpgrade(request: UpgradeRequest, limits?: Limits): Planned {
  const movers = moversOf(request)
  const problem = compileProblem(request, movers)
  const outcome = solve(problem, limits)
  if (outcome.kind !== 'solved') return {explanation: explainNoWay(request, movers, outcome, limits)}
  return {plan: planOf(request, problem, outcome.solution)}
}

function planOf(
  request: UpgradeRequest,
  problem: CompiledProblem,
  {steps, cost, atLeast}: Solution,
): UpgradePlan {
  const {movers} = problem
  const state = movers.map(m => m.start)
  const states = [[...state]]
  for (const {variable, to} of steps) {
    state[variable] = to
    states.push([...state])
  }
  const hops = steps.map((step, i): Hop => {
    const mover = moverAt(movers, step.variable)
    const judged = judgeMove(mover, step.from, step.to, request, new Set())
    const transition = judged?.transition
    const leg = legOf(mover, step)
    const later = steps.slice(i + 1).findIndex(s => s.variable === step.variable)
    // Both halves of a reinstallation go by the procedures of the whole.
    const from = leg === 'install' ? mover.start : step.from
    const to = leg === 'uninstall' ? (steps[i + 1 + later]?.to ?? step.to) : step.to
    const chosen = chosenFor(request.matrix, mover, request.by ?? [])
    const procedures = goneBy(proceduresFor(request.matrix, mover, from, to), chosen)
    const own: Record<string, string> = mover.instance ? {instance: mover.instance} : {}
    const [old, wanted] = [textOf(mover, from), textOf(mover, to)]
    return {
      number: i + 1,
      name: mover.name,
      component: mover.component,
      ...(mover.instance ? {instance: mover.instance} : {}),
      members: [...mover.members],
      from: textOf(mover, step.from),
      to: textOf(mover, step.to),
      ...(transition
        ? {
            transition: transition.id,
            because: transition.because,
            source: transition.source,
            asOf: transition.asOf,
          }
        : {}),
      level: transition?.level ?? 'unknown',
      why: whyOf(problem, states, i, step, later === -1 ? undefined : i + 1 + later + 1, transition),
      disruption: leg ? (leg === 'install' ? 'none' : 'downtime') : (transition?.disruption ?? 'none'),
      reversible: reversibility(transition, later === -1 ? undefined : i + 1 + later + 1),
      risks: (judged?.risks ?? []).map(({name, message, when}) => ({
        name,
        message,
        known: when.every(p => factOf(p, {mover, ...step, request}) === 'yes'),
      })),
      checks: [
        ...(transition?.when ?? []).flatMap(p =>
          factOf(p, {mover, ...step, request}) === 'unknown' ? [p.fact] : [],
        ),
        ...(leg === 'install' ? [] : removedOnTheWay(request.matrix, mover, {from, to})).map(removalCheck),
      ],
      steps: stepsOf(procedures, {...own, from: old, version: wanted}, leg),
      rollback: rollbackOf(
        request,
        transition,
        procedures,
        chosen,
        {...own, from: wanted, version: old},
        leg && opposite[leg],
      ),
      ...(transition?.soak ? {soak: transition.soak as {min?: number; max?: number}} : {}),
      state: stateText(movers, states[i + 1] ?? []),
    }
  })
  return {
    apiVersion: 'lockstep/v1',
    kind: 'UpgradePlan',
    now: request.now,
    product: request.matrix.product.id,
    objective,
    current: {...request.current},
    wanted: {...request.wanted},
    policy: request.policy,
    exact: compareCost(cost, atLeast) === 0,
    cost,
    atLeast,
    hops,
    end: stateText(movers, states.at(-1) ?? []),
    notes: [...notesOf(request, movers), ...notCovered(problem, states.at(-1) ?? [])],
  }
}

function legOf({versions}: Mover, {from, to}: {from: number; to: number}): Leg | undefined {
  if (versions[to] === absent) return 'uninstall'
  return versions[from] === absent ? 'install' : undefined
}

/** Back from an installation one uninstalls. */
const opposite = {install: 'uninstall', uninstall: 'install'} as const

function rollbackOf(
  {matrix}: UpgradeRequest,
  transition: Transition | undefined,
  procedures: ReturnType<typeof proceduresFor>,
  chosen: ReturnType<typeof chosenFor>,
  back: Readonly<Record<string, string>>,
  leg: Leg | undefined,
): PlannedStep[] {
  const named = matrix.procedures.find(p => p.id === transition?.back?.procedure)
  if (named) return stepsOf(goneBackBy([named], chosen), back, leg)
  const backwards = procedures.map(p => ({
    ...p,
    before: [],
    backup: [],
    change: p.rollback,
    wait: [],
    verify: [],
  }))
  return stepsOf(backwards, back, leg)
}

/** The first later state that would break a rule had this hop not been made, and whether it is a stop on the way. */
function whyOf(
  {movers, constraints}: CompiledProblem,
  states: readonly (readonly number[])[],
  hop: number,
  step: {variable: number; from: number; to: number},
  next: number | undefined,
  transition: Transition | undefined,
): Why[] {
  const mover = moverAt(movers, step.variable)
  const why: Why[] = []
  if (mover.wanted !== undefined && mover.goals.includes(step.to) && !mover.goals.includes(step.from))
    why.push({kind: 'wanted', text: `${mover.name} ${mover.wanted} is wanted`})
  const needed = firstNeed(constraints, states, hop, step)
  if (needed) {
    const {because, source, level, id} = needed.rule
    why.push({kind: 'rule', rule: id, text: because, source, level, before: needed.before})
  }
  if (why.length === 0 && next !== undefined && transition)
    why.push({
      kind: 'waypoint',
      transition: transition.id,
      text: `on the way to hop ${next}: ${transition.because}`,
      source: transition.source,
      level: transition.level,
    })
  return why
}

function firstNeed(
  constraints: readonly Binding[],
  states: readonly (readonly number[])[],
  hop: number,
  {variable, from}: {variable: number; from: number},
): {rule: Rule; before: number} | undefined {
  const own = constraints.filter(c => c.scope.includes(variable))
  for (let later = hop + 2; later < states.length; later++) {
    const without = [...(states[later] ?? [])]
    // A later hop of the same thing replaces this one.
    if (without[variable] !== states[hop + 1]?.[variable]) return undefined
    without[variable] = from
    const broken = own.find(c => !c.holds(without))
    if (broken) return {rule: broken.rule, before: later}
  }
  return undefined
}

function notesOf({matrix, now}: UpgradeRequest, movers: readonly Mover[]): string[] {
  return movers.flatMap(({name, component, group, members, transitions, start, goals, versions, wanted}) => {
    const known = transitions.length > 0
    const left = Object.keys(matrix.components).filter(
      id => group !== undefined && matrix.components[id]?.group === group && !members.includes(id),
    )
    const later = (matrix.components[component]?.versions ?? []).filter(
      ({version, state, released}) =>
        wanted === version && (state === 'planned' || (released !== undefined && released > now)),
    )
    const listed = matrix.components[component]?.versions.map(v => v.version) ?? []
    const strange =
      wanted === undefined ? [] : goals.flatMap(g => versions[g]?.text ?? []).filter(v => !listed.includes(v))
    return [
      ...(known || (wanted === undefined && goals.includes(start))
        ? []
        : [`how ${name} moves is not described by the matrix: any step up is taken as possible`]),
      ...strange.map(v => `${name} ${v} is not listed by the matrix`),
      ...later.map(({version}) => `${name} ${version} is not released yet`),
      ...left.map(id => `${id} moves together with ${members.join(', ')}, but its version was not given`),
    ]
  })
}

/** What no rule speaks of in the end: unknown, which is not the same as fine. */
function notCovered({movers, constraints}: CompiledProblem, end: readonly number[]): string[] {
  const covered = new Set(constraints.filter(c => c.speaks(end)).flatMap(c => [...c.scope]))
  return movers.flatMap((mover, i) =>
    covered.has(i) || movers.length === 1
      ? []
      : [`no rule says that ${mover.name} ${textOf(mover, end[i] ?? 0)} works with the rest`],
  )
}

function moverAt(movers: readonly Mover[], index: number): Mover {
  const mover = movers[index]
  if (!mover) throw new RangeError(`no mover ${index}`)
  return mover
}

function textOf({versions}: Mover, index: number): string {
  return versions[index]?.text ?? ''
}

function stateText(movers: readonly Mover[], state: readonly number[]): Record<string, string> {
  return Object.fromEntries(movers.map((mover, i) => [mover.name, textOf(mover, state[i] ?? 0)]))
}

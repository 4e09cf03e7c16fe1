import type {Version} from '../lib/versions.ts'
import type {Transition} from '../matrix/schema/rules.ts'
import {absent} from './absent.ts'
import type {Mover} from './domain.ts'
import type {Cost} from './engine/problem.ts'
import {type Policy, plannerFacts, type UpgradeRequest} from './request.ts'
import type {OwnTransition} from './transitions.ts'

/** What may be left out to see whether that frees a way. */
export type Item = `rule:${string}` | `transition:${string}` | `policy:${keyof Policy}`

export type Judged = {
  /** The transition that the move is made by; undefined where the matrix says nothing of the component's moves. */
  readonly transition: Transition | undefined
  readonly risks: readonly Transition['risks'][number][]
  readonly cost: Cost
}

/**
 * How a mover may go from one version to another, or undefined when it may not.
 *
 * A transition speaks of a move when `from` and `to` hold it. Any that speaks forbids it by `deny`, by `direct: no` or by
 * an unmet `via` (neither end lies in one of its ranges). Otherwise the first in the matrix whose `step` and `edges`
 * allow the move, and whose `when` is not known to fail, is what it is made by. One that reinstalls
 * is two moves, to `absent` and from there, and the first of them is what disturbs. A component without transitions
 * may move up at will, unless every step must have a way back.
 */
export function judgeMove(
  mover: Mover,
  from: number,
  to: number,
  request: UpgradeRequest,
  without: ReadonlySet<Item>,
): Judged | undefined {
  const [a, b] = [mover.versions[from], mover.versions[to]]
  if (!a || !b) return undefined
  const own = mover.transitions
  const older = mover.newer[to] ?? 0
  // Nothing is known of a way back then, which is not the same as that there is one.
  const known = request.policy.onlyReversible !== true || without.has('policy:onlyReversible')
  if (own.length === 0)
    return to > from && known
      ? {transition: undefined, risks: [], cost: {irreversible: 0, disruptive: 0, steps: 1, older}}
      : undefined
  const move: MoveAt = {mover, from, to, a, b, request}
  if (a === absent || b === absent) return judgeReinstall(own, move, without)
  const speaking = own.filter(t => t.from[from] && t.to[to])
  const leftOut = ({transition}: OwnTransition) => without.has(`transition:${transition.id}`)
  if (speaking.some(t => !leftOut(t) && forbids(t, move))) return undefined
  const by = speaking
    .filter(t => !t.transition.reinstall)
    .find(t => (leftOut(t) ? to > from : reaches(t, move)))?.transition
  if (!by) return undefined
  const risks = risksOf(by, move)
  if (breaksPolicy(by, risks, request.policy, without)) return undefined
  const cost = {
    irreversible: by.back === undefined ? 1 : 0,
    disruptive: by.disruption === 'drain' || by.disruption === 'downtime' ? 1 : 0,
    steps: 1,
    older,
  }
  return {transition: by, risks, cost}
}

/**
 * Half of a reinstallation: what was there at the start goes, or what may follow it comes. What comes is judged as the
 * whole that it ends: `via` and `deny` speak of the versions before and after, not of the time between.
 */
function judgeReinstall(
  own: readonly OwnTransition[],
  move: MoveAt,
  without: ReadonlySet<Item>,
): Judged | undefined {
  const {mover, b, from, to, request} = move
  const away = b === absent
  if (away && from !== mover.start) return undefined
  const speaking = own.filter(t => t.from[mover.start] && (away || t.to[to]))
  const whole = {...move, from: mover.start}
  const bound = speaking.filter(({transition}) => !without.has(`transition:${transition.id}`))
  if (!away && bound.some(t => (t.transition.reinstall ? forbids(t, whole) : denies(t, whole))))
    return undefined
  const by = speaking.find(
    t => t.transition.reinstall && !(bound.includes(t) && (t.transition.direct === 'no' || fails(t, whole))),
  )?.transition
  if (!by) return undefined
  const risks = risksOf(by, whole)
  if (breaksPolicy(by, risks, request.policy, without)) return undefined
  const cost = {
    irreversible: !away && by.back === undefined ? 1 : 0,
    disruptive: away ? 1 : 0,
    steps: 1,
    older: away ? 0 : (mover.newer[to] ?? 0),
  }
  return {transition: by, risks: away ? risks : [], cost}
}

/** Whether one of the transition's predicates is known not to hold; what follows is not known when the old version goes. */
function fails({transition: {when}}: OwnTransition, move: MoveAt): boolean {
  return when.some(
    p => factOf(p, move) === 'no' && !(move.b === absent && p.fact === plannerFacts.toLatestPatch),
  )
}

function risksOf({risks}: Transition, move: MoveAt): Transition['risks'] {
  return risks.filter(risk => risk.when.length === 0 || risk.when.every(p => factOf(p, move) !== 'no'))
}

type MoveAt = {mover: Mover; from: number; to: number; a: Version; b: Version; request: UpgradeRequest}

function forbids(own: OwnTransition, move: MoveAt): boolean {
  const {from, to} = move
  return (
    own.transition.direct === 'no' ||
    denies(own, move) ||
    (own.via !== undefined && !own.via.some(within => within[from] || within[to]))
  )
}

function denies({deny}: OwnTransition, {to}: MoveAt): boolean {
  return deny.some(within => within[to])
}

function reaches(own: OwnTransition, move: MoveAt): boolean {
  if (fails(own, move)) return false
  const {
    transition: {step},
    edges,
  } = own
  const {a, b, from, to} = move
  if (edges && !edges.some(edge => edge.from[from] && edge.to[to])) return false
  const [major, minor, patch] = [0, 1, 2].map(i => (b.numbers[i] ?? 0) - (a.numbers[i] ?? 0))
  if (to < from) return step?.down !== undefined && major === 0 && -(minor ?? 0) <= step.down
  if (step?.major !== undefined && (major ?? 0) > step.major) return false
  if (step?.minor !== undefined && major === 0 && (minor ?? 0) > step.minor) return false
  return !(step?.patch !== undefined && major === 0 && minor === 0 && (patch ?? 0) > step.patch)
}

type Known = 'yes' | 'no' | 'unknown'

/** Whether a predicate holds for a move. */
export function factOf(
  {fact, holds: wanted = 'true'}: Transition['when'][number],
  move: Pick<MoveAt, 'mover' | 'from' | 'to' | 'request'>,
): Known {
  const {mover, from, to, request} = move
  if (fact === plannerFacts.fromLatestPatch || fact === plannerFacts.toLatestPatch) {
    const latest = mover.newer[fact === plannerFacts.fromLatestPatch ? from : to] === 0
    return String(latest) === wanted ? 'yes' : 'no'
  }
  const given = request.facts[fact]
  if (given === undefined) return 'unknown'
  return given === wanted ? 'yes' : 'no'
}

function breaksPolicy(
  {back, disruption, reinstall}: Transition,
  risks: Judged['risks'],
  policy: Policy,
  without: ReadonlySet<Item>,
): boolean {
  const counts = (name: keyof Policy) => !without.has(`policy:${name}`)
  if (policy.onlyReversible && counts('onlyReversible') && back === undefined) return true
  if (policy.noDowntime && counts('noDowntime') && (disruption === 'downtime' || reinstall)) return true
  const refused = counts('refuseRisks') ? (policy.refuseRisks ?? []) : []
  return risks.some(({name}) => refused.includes(name) || refused.includes('*'))
}

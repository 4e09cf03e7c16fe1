import {contains, everything} from '../lib/range.ts'
import {parseRange} from '../lib/range-text.ts'
import type {Scheme, Version} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Transition} from '../matrix/schema/rules.ts'
import {absent} from './absent.ts'

/** Which of a mover's versions lie in a range, by index. */
export type Within = readonly boolean[]

/** A transition with its ranges looked up once for each version. */
export type OwnTransition = {
  readonly transition: Transition
  readonly from: Within
  readonly to: Within
  readonly deny: readonly Within[]
  readonly via: readonly Within[] | undefined
  readonly edges: readonly {readonly from: Within; readonly to: Within}[] | undefined
}

/** The transitions of a component or its group, in the matrix's order. */
export function ownTransitions(
  {transitions}: Matrix,
  {members, group}: {members: readonly string[]; group?: string},
  versions: readonly Version[],
  scheme: Scheme,
): OwnTransition[] {
  const within = (text: string | undefined): Within => {
    const range =
      text === undefined ? everything(scheme) : (parseRange(text, scheme).range ?? everything(scheme))
    // What is not there is no version, however low.
    return versions.map(version => version !== absent && contains(range, version))
  }
  return transitions
    .filter(t => members.includes(t.component) || t.component === group)
    .map(transition => ({
      transition,
      from: within(transition.from),
      to: within(transition.to),
      deny: transition.deny.map(within),
      via: transition.via?.map(within),
      edges: transition.edges?.map(edge => ({from: within(edge.from), to: within(edge.to)})),
    }))
}

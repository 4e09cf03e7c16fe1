import type {Transition} from '../matrix/schema/rules.ts'

/**
 * Whether and how long a hop can be undone. `until` counts from the observed end of the hop, so the date stands in the
 * journal of the run, not in the plan.
 */
export type Reversible = {
  kind: 'always' | 'until' | 'only-if' | 'never' | 'unknown'
  /** Milliseconds after the hop was observed to be complete. */
  within?: number
  /** What must then hold. */
  when: string[]
  /** The hop after which it is no longer possible, because the same thing moves again. */
  lostAfter?: number
  procedure?: string
  doesNotRestore: string[]
  /** What is left when the way back is closed. */
  otherwise?: 'restore' | 'blue-green' | 'nothing'
  because?: string
}

/** @param next the number of the hop in which the same thing moves again */
export function reversibility(transition: Transition | undefined, next: number | undefined): Reversible {
  if (!transition) return {kind: 'unknown', when: [], doesNotRestore: []}
  const {back} = transition
  if (!back) return {kind: 'never', when: [], doesNotRestore: [], otherwise: 'nothing'}
  const {within, when, procedure, doesNotRestore, after, because} = back
  return {
    kind: within !== undefined ? 'until' : when.length > 0 ? 'only-if' : 'always',
    ...(within === undefined ? {} : {within}),
    when: when.map(({fact, holds}) => (holds === undefined ? fact : `${fact}: ${holds}`)),
    ...(next === undefined ? {} : {lostAfter: next}),
    ...(procedure ? {procedure} : {}),
    doesNotRestore: [...doesNotRestore],
    otherwise: after,
    ...(because ? {because} : {}),
  }
}

/** An upgrade as numbers: what the search works on. Versions are indices, lowest first. */

/**
 * What a move, or a whole plan, takes; compared from left to right, so that one irreversible step outweighs any number
 * of disruptive ones. `older` counts, over all moves, the newer patches of the same minor that were passed over.
 */
export type Cost = {
  readonly irreversible: number
  readonly disruptive: number
  readonly steps: number
  readonly older: number
}

export type Move = {readonly to: number; readonly cost: Cost}

export type Variable = {
  readonly name: string
  /** How many versions there are. */
  readonly size: number
  readonly start: number
  /** The versions it may end at. */
  readonly goals: readonly number[]
  /** The moves from each version. */
  readonly moves: readonly (readonly Move[])[]
  /** Others are planned around it. */
  readonly axis?: boolean
}

export type Constraint = {
  readonly id: string
  /** The variables that it reads, each once. */
  readonly scope: readonly number[]
  /** Whether it holds; `state[v]` is the version of variable `v`, and only the scope may be read. */
  readonly holds: (state: ArrayLike<number>) => boolean
}

export type Problem = {readonly variables: readonly Variable[]; readonly constraints: readonly Constraint[]}

/** One variable goes to another version; every state between two steps is valid. */
export type Step = {readonly variable: number; readonly from: number; readonly to: number}

export type Solution = {
  readonly steps: readonly Step[]
  readonly cost: Cost
  /** No valid plan costs less than this; equal to `cost` when the plan is proven best. */
  readonly atLeast: Cost
}

export type Outcome =
  | {readonly kind: 'solved'; readonly solution: Solution}
  /** The start itself violates these. */
  | {readonly kind: 'invalid-start'; readonly violated: readonly string[]}
  /** Proven: there is no way. `within` are the variables of the part without one, all axes included. */
  | {readonly kind: 'no-way'; readonly within: readonly number[]}
  /** The search was given up before it found a way or proved that there is none. */
  | {readonly kind: 'gave-up'; readonly within: readonly number[]}

export const noCost: Cost = {irreversible: 0, disruptive: 0, steps: 0, older: 0}

export function addCost(a: Cost, b: Cost): Cost {
  return {
    irreversible: a.irreversible + b.irreversible,
    disruptive: a.disruptive + b.disruptive,
    steps: a.steps + b.steps,
    older: a.older + b.older,
  }
}

/** Less than 0 when `a` is better. */
export function compareCost(a: Cost, b: Cost): number {
  return (
    a.irreversible - b.irreversible || a.disruptive - b.disruptive || a.steps - b.steps || a.older - b.older
  )
}

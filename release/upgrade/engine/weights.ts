import type {Cost, Variable} from './problem.ts'

/**
 * Costs as single numbers that are ordered and added as the vectors are: each part is worth more than all of the
 * lesser parts of any plan without a repeated state can sum up to.
 */
export type Weights = {readonly of: (cost: Cost) => number; readonly back: (weight: number) => Cost}

/**
 * A plan visits a version of a variable once, unless versions may go down and up again, so `visits` leaves room for
 * coming back. Where doubles cannot hold all four parts exactly, `older` is left out; `whole` says whether it is in.
 */
export function weightsFor(variables: readonly Variable[]): Weights & {readonly whole: boolean} {
  const each = variables.map(({size, moves}) => ({size, worst: worstOf(moves)}))
  const whole = weightsOf(each, 4, true) ?? weightsOf(each, 1, true)
  if (whole) return {...whole, whole: true}
  const coarse = weightsOf(each, 1, false)
  if (!coarse) throw new RangeError('too many versions to plan at once')
  return {...coarse, whole: false}
}

type Worst = {readonly size: number; readonly worst: Cost}

function weightsOf(variables: readonly Worst[], visits: number, withOlder: boolean): Weights | undefined {
  const most = (part: keyof Cost) =>
    variables.reduce((sum, {size, worst}) => sum + size * visits * worst[part], 1)
  const step = withOlder ? most('older') : 1
  const disruption = step * most('steps')
  const irreversible = disruption * most('disruptive')
  if (irreversible * most('irreversible') > Number.MAX_SAFE_INTEGER) return undefined
  return {
    of: c =>
      c.irreversible * irreversible + c.disruptive * disruption + c.steps * step + (withOlder ? c.older : 0),
    back: weight => ({
      irreversible: Math.floor(weight / irreversible),
      disruptive: Math.floor((weight % irreversible) / disruption),
      steps: Math.floor((weight % disruption) / step),
      older: withOlder ? weight % step : 0,
    }),
  }
}

/** The most that one move takes of each part; a move is one step. */
function worstOf(moves: Variable['moves']): Cost {
  let [irreversible, disruptive, older] = [0, 0, 0]
  for (const from of moves)
    for (const {cost} of from) {
      if (cost.irreversible > irreversible) irreversible = cost.irreversible
      if (cost.disruptive > disruptive) disruptive = cost.disruptive
      if (cost.older > older) older = cost.older
    }
  return {irreversible, disruptive, steps: 1, older}
}

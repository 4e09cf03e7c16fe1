/** Test-side: the whole joint lattice, searched without any cleverness, and a source of small random problems. */
import {
  addCost,
  type Constraint,
  type Cost,
  compareCost,
  type Move,
  noCost,
  type Problem,
  type Step,
  type Variable,
} from './problem.ts'

/** The cheapest cost from start to goal by Bellman-Ford-like relaxation over all joint states; undefined: no way. */
export function bruteForce({variables, constraints}: Problem): Cost | undefined {
  const valid = (state: readonly number[]) => constraints.every(c => c.holds(state))
  const start = variables.map(v => v.start)
  if (!valid(start)) return undefined
  const best = new Map<string, Cost>([[start.join(), noCost]])
  const queue = [start]
  let cheapest: Cost | undefined
  for (let state = queue.shift(); state; state = queue.shift()) {
    const cost = best.get(state.join()) ?? noCost
    if (
      variables.every((v, i) => v.goals.includes(state[i] ?? -1)) &&
      (!cheapest || compareCost(cost, cheapest) < 0)
    )
      cheapest = cost
    for (const [i, variable] of variables.entries())
      for (const move of variable.moves[state[i] ?? 0] ?? []) {
        const next = state.map((v, k) => (k === i ? move.to : v))
        if (!valid(next)) continue
        const total = addCost(cost, move.cost)
        const known = best.get(next.join())
        if (known && compareCost(known, total) <= 0) continue
        best.set(next.join(), total)
        queue.push(next)
      }
  }
  return cheapest
}

/** What is wrong with a sequence of steps; its cost if nothing is. */
export function walk({variables, constraints}: Problem, steps: readonly Step[]): Cost | string {
  const state = variables.map(v => v.start)
  let cost = noCost
  for (const [n, {variable, from, to}] of steps.entries()) {
    if (state[variable] !== from) return `step ${n} starts at ${from}, the variable is at ${state[variable]}`
    const moves = (variables[variable]?.moves[from] ?? []).filter(m => m.to === to)
    const move = moves.sort((a, b) => compareCost(a.cost, b.cost))[0]
    if (!move) return `step ${n} is no move`
    state[variable] = to
    cost = addCost(cost, move.cost)
    const broken = constraints.find(c => !c.holds(state))
    if (broken) return `after step ${n}, ${broken.id} is broken`
  }
  const astray = variables.findIndex((v, i) => !v.goals.includes(state[i] ?? -1))
  return astray === -1 ? cost : `variable ${astray} does not end at a goal`
}

export type Shape = {
  variables: [least: number, most: number]
  versions: [least: number, most: number]
  axes: number
  /** How likely two variables are connected. */
  pairs: number
  /** How likely a pair of versions fits. */
  fit: number
  /** How likely a move down is there. */
  down: number
  wide: number
}

/** A random problem whose start is valid. */
export function randomProblem(random: () => number, shape: Shape): Problem {
  const between = ([least, most]: [number, number]) => least + Math.floor(random() * (most - least + 1))
  const count = between(shape.variables)
  const variables: Variable[] = Array.from({length: count}, (_, i) =>
    randomVariable(random, between(shape.versions), i, shape),
  )
  const constraints: Constraint[] = []
  const start = variables.map(v => v.start)
  const table = (scope: number[]) => {
    const size = scope.reduce((product, v) => product * (variables[v]?.size ?? 1), 1)
    const allowed = Uint8Array.from({length: size}, () => (random() < shape.fit ? 1 : 0))
    const index = (state: ArrayLike<number>) =>
      scope.reduce((sum, v) => sum * (variables[v]?.size ?? 1) + (state[v] ?? 0), 0)
    allowed[index(start)] = 1
    constraints.push({id: `c${constraints.length}`, scope, holds: state => allowed[index(state)] === 1})
  }
  for (let a = 0; a < count; a++)
    for (let b = a + 1; b < count; b++) if (random() < shape.pairs) table([a, b])
  if (count >= 3 && random() < shape.wide) table([0, 1, 2])
  if (count >= 4 && random() < shape.wide) table([3, 1, 2])
  return {variables, constraints}
}

function randomVariable(random: () => number, size: number, i: number, shape: Shape): Variable {
  const axis = i < shape.axes
  const start = Math.floor((random() * size) / 2)
  const cost = (): Cost => ({
    irreversible: random() < 0.15 ? 1 : 0,
    disruptive: random() < 0.3 ? 1 : 0,
    steps: 1,
    older: Math.floor(random() * 3),
  })
  const reach = axis ? 1 + Math.floor(random() * 1.3) : 1 + Math.floor(random() * size)
  const moves: Move[][] = Array.from({length: size}, (_, from) =>
    Array.from({length: size}, (_, to) => to).flatMap(to =>
      (to > from && to - from <= reach && random() < 0.9) || (to < from && random() < shape.down)
        ? [{to, cost: cost()}]
        : [],
    ),
  )
  const anywhere = random() < 0.3
  const goals = anywhere ? Array.from({length: size}, (_, v) => v) : [size - 1]
  return {name: `v${i}`, size, start, goals, moves, axis}
}

import {axisPaths, type CostedPath} from './axes.ts'
import {type Cluster, clusterOf} from './cluster.ts'
import {inFirstOrder} from './order.ts'
import {
  addCost,
  type Constraint,
  type Cost,
  compareCost,
  noCost,
  type Outcome,
  type Problem,
  type Solution,
  type Step,
} from './problem.ts'
import {type Limits, type LocalStep, searchCluster, usualLimits} from './search.ts'
import {type Weights, weightsFor} from './weights.ts'

/**
 * The cheapest sequence of moves from the start to a goal through valid states only. Variables of equal merit move in
 * the order in which they are listed.
 *
 * The axes' ways are taken one by one; along each, the variables fall apart into clusters that no constraint connects,
 * and each is searched by itself. That is exact, because clusters share nothing but the axes and a way of the axes is a
 * fixed sequence. Where a cluster is too large to be searched to the end, the solution says what it is known to cost at
 * least. Deterministic; no clock, no randomness.
 */
export function solve(problem: Problem, limits: Limits = usualLimits): Outcome {
  const start = Int32Array.from(problem.variables.map(v => v.start))
  const violated = problem.constraints.filter(c => !c.holds(start)).map(c => c.id)
  if (violated.length > 0) return {kind: 'invalid-start', violated}
  const {axes, paths} = planAxes(problem)
  const groups = groupsOf(problem, new Set(axes))
  let best: (Solution & {path: CostedPath}) | undefined
  let atLeast: Cost | undefined
  const without = new Set<number>(axes)
  let gaveUp = false
  for (const path of paths) {
    if (best && compareCost(path.cost, best.cost) >= 0) break
    const found = alongPath(problem, groups, path, limits, best?.cost)
    if (found.kind === 'worse') continue
    if (found.kind === 'stuck') {
      gaveUp ||= found.gaveUp
      for (const v of found.within) without.add(v)
      continue
    }
    atLeast = atLeast && compareCost(atLeast, found.solution.atLeast) <= 0 ? atLeast : found.solution.atLeast
    if (!best || compareCost(found.solution.cost, best.cost) < 0) best = {...found.solution, path}
  }
  if (best) {
    const proven = gaveUp ? noCost : (atLeast ?? best.atLeast)
    return {kind: 'solved', solution: {steps: best.steps, cost: best.cost, atLeast: proven}}
  }
  return {kind: gaveUp ? 'gave-up' : 'no-way', within: [...without].sort((a, b) => a - b)}
}

/** As many axes as have few enough ways; the others are planned as ordinary variables. */
function planAxes(problem: Problem): {axes: readonly number[]; paths: CostedPath[]} {
  const wanted = problem.variables.flatMap((v, i) => (v.axis ? [i] : []))
  for (let count = wanted.length; count > 0; count--) {
    const axes = wanted.slice(0, count)
    const paths = axisPaths(problem, axes)
    if (paths) return {axes, paths}
  }
  return {axes: [], paths: [{axes: [], values: [[]], moved: [], cost: noCost}]}
}

type Group = {
  readonly variables: readonly number[]
  readonly constraints: readonly Constraint[]
  readonly weights: Weights
}

/** Variables that constraints connect without the axes, each group sorted, the groups by their first variable. */
function groupsOf({variables, constraints}: Problem, axes: ReadonlySet<number>): Group[] {
  const root = variables.map((_, i) => i)
  const find = (v: number): number => {
    let at = v
    while (root[at] !== at) {
      root[at] = root[root[at] ?? at] ?? at
      at = root[at] ?? at
    }
    return at
  }
  const inside = constraints.map(({scope}) => scope.filter(v => !axes.has(v)))
  for (const [first, ...others] of inside)
    for (const other of others) {
      const [a, b] = [find(first ?? other), find(other)]
      root[Math.max(a, b)] = Math.min(a, b)
    }
  const groups = new Map<number, {variables: number[]; constraints: Constraint[]}>()
  for (const i of variables.keys()) {
    if (axes.has(i)) continue
    const group = groups.get(find(i))
    if (group) group.variables.push(i)
    else groups.set(find(i), {variables: [i], constraints: []})
  }
  constraints.forEach((constraint, k) => {
    const first = inside[k]?.[0]
    if (first !== undefined) groups.get(find(first))?.constraints.push(constraint)
  })
  return [...groups.values()].map(group => ({
    ...group,
    weights: weightsFor(group.variables.flatMap(v => variables[v] ?? [])),
  }))
}

type AlongPath =
  | {kind: 'found'; solution: Solution}
  | {kind: 'stuck'; gaveUp: boolean; within: readonly number[]}
  /** Not better than what is known already. */
  | {kind: 'worse'}

function alongPath(
  problem: Problem,
  groups: readonly Group[],
  path: CostedPath,
  limits: Limits,
  toBeat: Cost | undefined,
): AlongPath {
  let cost = path.cost
  let atLeast = path.cost
  const parts: Part[] = []
  const unknown: number[] = []
  for (const {variables, constraints, weights} of groups) {
    const cluster = clusterOf({variables: problem.variables, constraints}, variables, path, weights)
    const found = searchCluster(cluster, limits)
    if (found.kind === 'no-way') return {kind: 'stuck', gaveUp: false, within: variables}
    if (found.kind === 'gave-up') {
      // Another group may yet prove that there is no way.
      unknown.push(...variables)
      continue
    }
    const steps = inFirstOrder(cluster, path, found.steps)
    cost = addCost(cost, costOf(problem, cluster, steps))
    atLeast = addCost(atLeast, weights.back(found.atLeast))
    if (toBeat && compareCost(atLeast, toBeat) >= 0) return {kind: 'worse'}
    parts.push({variables, steps})
  }
  if (unknown.length > 0) return {kind: 'stuck', gaveUp: true, within: unknown}
  return {
    kind: 'found',
    solution: {
      steps: merged(problem, path, parts),
      cost,
      atLeast: compareCost(atLeast, cost) > 0 ? cost : atLeast,
    },
  }
}

function costOf({variables}: Problem, cluster: Cluster, steps: readonly LocalStep[]): Cost {
  const at = [...cluster.starts]
  let cost = noCost
  for (const {variable, to} of steps) {
    if (variable === -1) continue
    const moves = variables[cluster.variables[variable] ?? -1]?.moves[at[variable] ?? -1] ?? []
    const cheapest = moves.filter(m => m.to === to).sort((a, b) => compareCost(a.cost, b.cost))[0]
    cost = addCost(cost, cheapest?.cost ?? noCost)
    at[variable] = to
  }
  return cost
}

/** The steps of one group; a step's variable counts within `variables`. */
type Part = {readonly variables: readonly number[]; readonly steps: readonly LocalStep[]}

/** Level by level, and within a level group by group, so that what belongs together moves together. */
function merged({variables}: Problem, path: CostedPath, parts: readonly Part[]): Step[] {
  const at = variables.map(v => v.start)
  const next = parts.map(() => 0)
  const steps: Step[] = []
  const push = (variable: number, to: number) => {
    steps.push({variable, from: at[variable] ?? 0, to})
    at[variable] = to
  }
  for (let level = 0; level < path.values.length; level++) {
    for (const [part, {variables: own, steps: ownSteps}] of parts.entries()) {
      let k = next[part] ?? 0
      for (let step = ownSteps[k]; step && step.variable !== -1; step = ownSteps[++k])
        push(own[step.variable] ?? 0, step.to)
      // Past the step in which the axes go on.
      next[part] = k + 1
    }
    const axis = path.moved[level]
    if (axis !== undefined) push(axis, path.values[level + 1]?.[path.axes.indexOf(axis)] ?? 0)
  }
  return steps
}

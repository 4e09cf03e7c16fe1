import type {AxisPath} from './cluster.ts'
import {addCost, type Constraint, type Cost, compareCost, noCost, type Problem} from './problem.ts'

export type CostedPath = AxisPath & {readonly cost: Cost}

/** More ways of the axes than this are not looked at one by one. */
const mostPaths = 256
/** Nor are they looked for any longer: where no way leads to the goals, there may be many that end before. */
const mostStates = 20_000

/**
 * Every way that the axes can take to their goals by themselves, the cheapest first. Undefined where there are too many,
 * or where an axis can come back to a version: then it has to be planned as an ordinary variable.
 */
export function axisPaths(problem: Problem, axes: readonly number[]): CostedPath[] | undefined {
  if (axes.some(axis => canReturn(problem, axis))) return undefined
  const inside = new Set(axes)
  const constraints = problem.constraints.filter(c => c.scope.every(v => inside.has(v)))
  const state = new Int32Array(problem.variables.length)
  const current = axes.map(axis => problem.variables[axis]?.start ?? 0)
  const values: number[][] = [[...current]]
  const moved: number[] = []
  const paths: CostedPath[] = []
  let visited = 0
  const isGoal = () => axes.every((axis, k) => problem.variables[axis]?.goals.includes(current[k] ?? -1))
  const extend = (cost: Cost): boolean => {
    if (isGoal()) paths.push({axes, values: values.map(v => [...v]), moved: [...moved], cost})
    if (paths.length > mostPaths || ++visited > mostStates) return false
    for (const [k, axis] of axes.entries()) {
      const here = current[k] ?? 0
      for (const move of problem.variables[axis]?.moves[here] ?? []) {
        current[k] = move.to
        if (holdAll(constraints, axes, current, state)) {
          values.push([...current])
          moved.push(axis)
          const more = extend(addCost(cost, move.cost))
          values.pop()
          moved.pop()
          if (!more) return false
        }
        current[k] = here
      }
    }
    return true
  }
  if (!holdAll(constraints, axes, current, state)) return []
  if (!extend(noCost)) return undefined
  return paths
    .map((path, i) => ({path, i}))
    .sort((a, b) => compareCost(a.path.cost, b.path.cost) || a.i - b.i)
    .map(({path}) => path)
}

function holdAll(
  constraints: readonly Constraint[],
  axes: readonly number[],
  current: readonly number[],
  state: Int32Array,
): boolean {
  axes.forEach((axis, k) => {
    state[axis] = current[k] ?? 0
  })
  return constraints.every(c => c.holds(state))
}

/** Whether moves lead from some reachable version back to it. */
function canReturn({variables}: Problem, axis: number): boolean {
  const variable = variables[axis]
  if (!variable) return false
  const mark = new Uint8Array(variable.size)
  const visit = (v: number): boolean => {
    if (mark[v] === 1) return true
    if (mark[v] === 2) return false
    mark[v] = 1
    const returns = (variable.moves[v] ?? []).some(m => visit(m.to))
    mark[v] = 2
    return returns
  }
  return visit(variable.start)
}

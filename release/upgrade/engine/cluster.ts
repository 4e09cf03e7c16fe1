import type {Constraint, Problem, Variable} from './problem.ts'
import type {Weights} from './weights.ts'

/** The versions of the axes along one way of theirs: `values[t][k]` is the version of axis `k` after `t` moves. */
export type AxisPath = {
  readonly axes: readonly number[]
  readonly values: readonly (readonly number[])[]
  readonly moved: readonly number[]
}

type MovesAtLevels = readonly (readonly (readonly (readonly LocalMove[])[])[])[]

export type LocalMove = {readonly to: number; readonly weight: number}

/** A constraint between two variables of the cluster, as a table for each level: `1` where it holds. */
type Pair = {
  readonly other: number
  readonly tables: readonly Uint8Array[]
  readonly rowIsSelf: boolean
  readonly columns: number
}

/**
 * Some variables that constraints connect, along one path of the axes. A state is a level (how far the axes are) and one
 * version for each variable; it is valid when all constraints that read nothing but these variables and the axes hold.
 */
export type Cluster = {
  /** Global numbers, in the order in which equally good steps are taken. */
  readonly variables: readonly number[]
  readonly sizes: readonly number[]
  readonly starts: readonly number[]
  readonly goals: readonly Uint8Array[]
  /** `moves[t][i][v]`: the moves of variable `i` from `v` to versions that its own constraints allow at level `t`. */
  readonly moves: MovesAtLevels
  /** The same moves backwards: where one can come from. */
  readonly arrivals: MovesAtLevels
  readonly levels: number
  /** `places[t][i][v]`: which of the versions that its own constraints allow at level `t` this is; -1 if none. */
  readonly places: readonly (readonly Int32Array[])[]
  /** `allowed[t][i]`: those versions. */
  readonly allowed: readonly (readonly Int32Array[])[]
  readonly pairs: readonly (readonly Pair[])[]
  /** Constraints of three variables and more, by variable. */
  readonly wide: readonly (readonly {
    scope: readonly number[]
    holds: (level: number, state: Int32Array) => boolean
  }[])[]
}

/** Prepares a cluster's tables. Cost: for each constraint the product of its variables' sizes, times the levels it reads. */
export function clusterOf(
  problem: Problem,
  variables: readonly number[],
  path: AxisPath,
  weights: Weights,
): Cluster {
  const local = new Map(variables.map((v, i) => [v, i]))
  const all = variables.map(v => variableAt(problem, v))
  const levels = path.values.length
  const state = new Int32Array(problem.variables.length)
  const setLevel = (t: number) => {
    path.axes.forEach((axis, k) => {
      state[axis] = path.values[t]?.[k] ?? 0
    })
  }
  const solo = Array.from({length: levels}, () => all.map(v => new Uint8Array(v.size).fill(1)))
  const pairs: Pair[][] = all.map(() => [])
  const wide: {scope: readonly number[]; holds: (level: number, state: Int32Array) => boolean}[][] = all.map(
    () => [],
  )
  const axes = new Set(path.axes)
  for (const constraint of problem.constraints) {
    const inside = constraint.scope.filter(v => !axes.has(v))
    if (inside.length === 0 || !inside.every(v => local.has(v))) continue
    const readsAxes = inside.length < constraint.scope.length
    const [a, b] = inside
    if (a !== undefined && inside.length === 1) restrict(constraint, a)
    else if (a !== undefined && b !== undefined && inside.length === 2) connect(constraint, a, b, readsAxes)
    else widen(constraint, inside)
  }
  return {
    variables,
    sizes: all.map(v => v.size),
    starts: all.map(v => v.start),
    goals: all.map(v => flags(v.size, v.goals)),
    moves: allowedMoves(
      all.map(v => v.moves.map(from => from.map(m => ({to: m.to, weight: weights.of(m.cost)})))),
    ),
    arrivals: allowedMoves(all.map(v => reversed(v, weights))),
    levels,
    places: solo.map(level => level.map(placesOf)),
    allowed: solo.map(level => level.map(membersOf)),
    pairs,
    wide,
  }

  function allowedMoves(moves: readonly (readonly (readonly LocalMove[])[])[]): MovesAtLevels {
    return solo.map(allowed =>
      moves.map((byVersion, i) =>
        byVersion.map((from, v) =>
          allowed[i]?.[v] === 1 ? from.filter(({to}) => allowed[i]?.[to] === 1) : nowhere,
        ),
      ),
    )
  }

  function restrict(constraint: Constraint, variable: number): void {
    const i = local.get(variable) ?? 0
    for (let t = 0; t < levels; t++) {
      setLevel(t)
      const allowed = solo[t]?.[i]
      if (!allowed) continue
      for (let v = 0; v < allowed.length; v++) {
        state[variable] = v
        if (allowed[v] === 1 && !constraint.holds(state)) allowed[v] = 0
      }
    }
  }

  function connect(constraint: Constraint, a: number, b: number, readsAxes: boolean): void {
    const [i, j] = [local.get(a) ?? 0, local.get(b) ?? 0]
    const [rows, columns] = [all[i]?.size ?? 0, all[j]?.size ?? 0]
    const one = (t: number) => {
      setLevel(t)
      const table = new Uint8Array(rows * columns)
      for (let x = 0; x < rows; x++)
        for (let y = 0; y < columns; y++) {
          state[a] = x
          state[b] = y
          table[x * columns + y] = constraint.holds(state) ? 1 : 0
        }
      return table
    }
    const first = one(0)
    const tables = Array.from({length: levels}, (_, t) => (t === 0 || !readsAxes ? first : one(t)))
    pairs[i]?.push({other: j, tables, rowIsSelf: true, columns})
    pairs[j]?.push({other: i, tables, rowIsSelf: false, columns})
  }

  function widen(constraint: Constraint, inside: readonly number[]): void {
    const scope = inside.map(v => local.get(v) ?? 0)
    const whole = new Int32Array(problem.variables.length)
    const holds = (level: number, values: Int32Array) => {
      path.axes.forEach((axis, k) => {
        whole[axis] = path.values[level]?.[k] ?? 0
      })
      for (const i of scope) whole[variables[i] ?? 0] = values[i] ?? 0
      return constraint.holds(whole)
    }
    for (const i of scope) wide[i]?.push({scope, holds})
  }
}

const nowhere: readonly LocalMove[] = []

function variableAt(problem: Problem, index: number): Variable {
  const variable = problem.variables[index]
  if (!variable) throw new RangeError(`no variable ${index}`)
  return variable
}

function flags(size: number, members: readonly number[]): Uint8Array {
  const set = new Uint8Array(size)
  for (const member of members) set[member] = 1
  return set
}

function placesOf(flags: Uint8Array): Int32Array {
  let place = 0
  return Int32Array.from(flags, flag => (flag === 1 ? place++ : -1))
}

function membersOf(flags: Uint8Array): Int32Array {
  return Int32Array.from([...flags.keys()].filter(v => flags[v] === 1))
}

function reversed({size, moves}: Variable, weights: Weights): LocalMove[][] {
  const arrivals: LocalMove[][] = Array.from({length: size}, () => [])
  moves.forEach((from, v) => {
    for (const {to, cost} of from) arrivals[to]?.push({to: v, weight: weights.of(cost)})
  })
  return arrivals
}

/**
 * Whether the version of variable `i`, which its own constraints allow, fits the others' at this level. Only constraints between variables flagged in
 * `within` count; left out, all of them.
 */
export function fits(
  cluster: Cluster,
  level: number,
  state: Int32Array,
  i: number,
  within?: Uint8Array,
): boolean {
  const v = state[i] ?? 0
  for (const {other, tables, rowIsSelf, columns} of cluster.pairs[i] ?? []) {
    if (within && within[other] !== 1) continue
    const w = state[other] ?? 0
    if (tables[level]?.[rowIsSelf ? v * columns + w : w * columns + v] !== 1) return false
  }
  for (const {scope, holds} of cluster.wide[i] ?? []) {
    if (within && !scope.every(s => within[s] === 1)) continue
    if (!holds(level, state)) return false
  }
  return true
}

/** Whether the whole state is valid at this level. */
export function isValid(
  cluster: Cluster,
  level: number,
  state: Int32Array,
  members: readonly number[],
  within?: Uint8Array,
): boolean {
  return members.every(
    i => (cluster.places[level]?.[i]?.[state[i] ?? 0] ?? -1) >= 0 && fits(cluster, level, state, i, within),
  )
}

import {type MoveTable, moveTable, type Places, placesOf} from './places.ts'
import type {Constraint, Problem, Variable} from './problem.ts'
import type {Weights} from './weights.ts'

/** The versions of the axes along one way of theirs: `values[t][k]` is the version of axis `k` after `t` moves. */
export type AxisPath = {
  readonly axes: readonly number[]
  readonly values: readonly (readonly number[])[]
  readonly moved: readonly number[]
}

/**
 * Which versions of one variable fit which of those that constraints between the two connect it with: `1` at
 * `tables[t][v * width + offsets[k] + w]` when `v` fits version `w` of variable `others[k]` at level `t`.
 */
type Pairs = {
  readonly others: Int32Array
  readonly offsets: Int32Array
  readonly width: number
  readonly tables: readonly Uint8Array[]
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
  /** The moves of each variable, whether its own constraints allow them at a level or not. */
  readonly moves: readonly MoveTable[]
  readonly levels: number
  readonly places: readonly Places[]
  readonly pairs: readonly Pairs[]
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
  const moves = all.map(v => moveTable(v.moves, m => weights.of(m.cost)))
  const allowed = all.map(v => new Uint8Array(levels * v.size).fill(1))
  const links: Link[][] = all.map(() => [])
  const wide: {scope: readonly number[]; holds: (level: number, state: Int32Array) => boolean}[][] = all.map(
    () => [],
  )
  const axes = new Set(path.axes)
  for (const constraint of problem.constraints) {
    const inside = constraint.scope.filter(v => !axes.has(v))
    if (inside.length === 0 || !inside.every(v => local.has(v))) continue
    const readsAxes = inside.length < constraint.scope.length
    const [a, b] = inside
    if (a !== undefined && inside.length === 1) restrict(constraint, a, readsAxes)
    else if (a !== undefined && b !== undefined && inside.length === 2) connect(constraint, a, b, readsAxes)
    else widen(constraint, inside)
  }
  return {
    variables,
    sizes: all.map(v => v.size),
    starts: all.map(v => v.start),
    goals: all.map(v => flags(v.size, v.goals)),
    moves,
    levels,
    places: all.map((v, i) => placesOf(allowed[i] ?? new Uint8Array(), v.size, moves[i] ?? noMoves)),
    pairs: links.map((own, i) => pairsOf(own, all, i)),
    wide,
  }

  function restrict(constraint: Constraint, variable: number, readsAxes: boolean): void {
    const i = local.get(variable) ?? 0
    const [flags, size] = [allowed[i] ?? new Uint8Array(), all[i]?.size ?? 0]
    for (let t = 0; t < levels; t++) {
      if (t === 0 || readsAxes) setLevel(t)
      for (let v = 0; v < size; v++) {
        if (flags[t * size + v] === 0) continue
        state[variable] = v
        if (!constraint.holds(state)) flags[t * size + v] = 0
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
    links[i]?.push({other: j, tables, fits: (v, w) => v * columns + w})
    links[j]?.push({other: i, tables, fits: (v, w) => w * columns + v})
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

const noMoves: MoveTable = {first: new Int32Array(1), to: new Int32Array(), weight: new Float64Array()}

/** One constraint between two variables: its tables, and where a pair of versions stands in them. */
type Link = {
  readonly other: number
  readonly tables: readonly Uint8Array[]
  readonly fits: (v: number, w: number) => number
}

/** All constraints of one variable in one table for each level; levels with the same tables share it. */
function pairsOf(links: readonly Link[], all: readonly Variable[], i: number): Pairs {
  const others = [...new Set(links.map(l => l.other))].sort((a, b) => a - b)
  const offsets: number[] = []
  let width = 0
  for (const other of others) {
    offsets.push(width)
    width += all[other]?.size ?? 0
  }
  const rows = all[i]?.size ?? 0
  const shared = new Map<string, Uint8Array>()
  const numbers = new Map<Uint8Array, number>()
  const numberOf = (table: Uint8Array) => {
    const known = numbers.get(table) ?? numbers.size
    numbers.set(table, known)
    return known
  }
  const at = (t: number) => {
    const key = links.map(l => numberOf(l.tables[t] ?? new Uint8Array())).join()
    const known = shared.get(key)
    if (known) return known
    const table = new Uint8Array(rows * width).fill(1)
    for (const {other, tables, fits} of links) {
      const [offset, columns] = [offsets[others.indexOf(other)] ?? 0, all[other]?.size ?? 0]
      for (let v = 0; v < rows; v++)
        for (let w = 0; w < columns; w++) if (tables[t]?.[fits(v, w)] !== 1) table[v * width + offset + w] = 0
    }
    shared.set(key, table)
    return table
  }
  const levels = links[0]?.tables.length ?? 0
  return {
    others: Int32Array.from(others),
    offsets: Int32Array.from(offsets),
    width,
    tables: Array.from({length: levels}, (_, t) => at(t)),
  }
}

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

/** Which of the versions that its own constraints allow at a level a version of variable `i` is; -1 if none. */
export function placeAt({places, sizes}: Cluster, level: number, i: number, v: number): number {
  return places[i]?.of[level * (sizes[i] ?? 0) + v] ?? -1
}

/** Whether the version of variable `i`, which its own constraints allow, fits the others' at this level. */
export function fits(cluster: Cluster, level: number, state: Int32Array, i: number): boolean {
  const v = state[i] ?? 0
  const pairs = cluster.pairs[i]
  const table = pairs?.tables[level]
  if (pairs && table) {
    const {others, offsets} = pairs
    const row = v * pairs.width
    for (let k = 0; k < others.length; k++) {
      const other = others[k] ?? 0
      if (table[row + (offsets[k] ?? 0) + (state[other] ?? 0)] !== 1) return false
    }
  }
  return (cluster.wide[i] ?? []).every(({holds}) => holds(level, state))
}

/** Whether the whole state is valid at this level. */
export function isValid(
  cluster: Cluster,
  level: number,
  state: Int32Array,
  members: readonly number[],
): boolean {
  return members.every(i => placeAt(cluster, level, i, state[i] ?? 0) >= 0 && fits(cluster, level, state, i))
}

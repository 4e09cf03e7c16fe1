import type {Move} from './problem.ts'

/** The moves of one variable in the order of its problem: those from version `v` stand from `first[v]` to `first[v + 1]`. */
export type MoveTable = {
  readonly first: Int32Array
  readonly to: Int32Array
  readonly weight: Float64Array
}

export function moveTable(moves: readonly (readonly Move[])[], weightOf: (move: Move) => number): MoveTable {
  const first = new Int32Array(moves.length + 1)
  const to: number[] = []
  const weight: number[] = []
  for (const [v, from] of moves.entries()) {
    for (const move of from) {
      to.push(move.to)
      weight.push(weightOf(move))
    }
    first[v + 1] = to.length
  }
  return {first, to: new Int32Array(to), weight: new Float64Array(weight)}
}

/**
 * Where one variable may be: the versions that its own constraints allow, level by level, the lowest first. Those of
 * level `t` are numbered from `first[t]` on, `count[t]` of them; levels with the same versions share their numbers.
 */
export type Places = {
  readonly first: Int32Array
  readonly count: Int32Array
  /** The version at each place. */
  readonly versions: Int32Array
  /** `of[t * size + v]`: the place of version `v` within level `t`, from 0; -1 where it is not allowed. */
  readonly of: Int32Array
  /** The moves from place `p` that stay within its level stand from `hops[p]` to `hops[p + 1]`, each `by` places on. */
  readonly hops: Int32Array
  readonly by: Int32Array
  readonly weight: Float64Array
  /** Whether any of level `t` leads to a lower place. */
  readonly down: Uint8Array
}

/** @param allowed 1 at `t * size + v` where version `v` is allowed at level `t` */
export function placesOf(allowed: Uint8Array, size: number, moves: MoveTable): Places {
  const levels = allowed.length / size
  const first = new Int32Array(levels)
  const count = new Int32Array(levels)
  const down = new Uint8Array(levels)
  const of = new Int32Array(allowed.length).fill(-1)
  const versions: number[] = []
  const hops = [0]
  const by: number[] = []
  const weight: number[] = []
  for (let t = 0; t < levels; t++) {
    const base = t * size
    let places = 0
    for (let v = 0; v < size; v++) if (allowed[base + v] === 1) of[base + v] = places++
    count[t] = places
    if (t > 0 && sameLevel(allowed, base - size, base, size)) {
      first[t] = first[t - 1] ?? 0
      down[t] = down[t - 1] ?? 0
      continue
    }
    first[t] = versions.length
    for (let v = 0; v < size; v++) {
      const place = of[base + v] ?? -1
      if (place === -1) continue
      versions.push(v)
      const end = moves.first[v + 1] ?? 0
      for (let m = moves.first[v] ?? 0; m < end; m++) {
        const other = of[base + (moves.to[m] ?? 0)] ?? -1
        if (other === -1) continue
        if (other < place) down[t] = 1
        by.push(other - place)
        weight.push(moves.weight[m] ?? 0)
      }
      hops.push(by.length)
    }
  }
  return {
    first,
    count,
    versions: new Int32Array(versions),
    of,
    hops: new Int32Array(hops),
    by: new Int32Array(by),
    weight: new Float64Array(weight),
    down,
  }
}

function sameLevel(allowed: Uint8Array, a: number, b: number, size: number): boolean {
  for (let v = 0; v < size; v++) if (allowed[a + v] !== allowed[b + v]) return false
  return true
}

import type {Cluster} from './cluster.ts'

/** States of some variables of a cluster, numbered level by level; within a level the last member counts fastest. */
export type Layout = {
  readonly members: readonly number[]
  /** `bases[t]`: the number of the first state of level `t`. */
  readonly bases: readonly number[]
  /** `strides[t][k]`: how far apart neighbouring versions of member `k` are at level `t`. */
  readonly strides: readonly Int32Array[]
  readonly size: number
}

export function layoutOf({levels, places}: Cluster, members: readonly number[]): Layout {
  const bases: number[] = []
  const strides: Int32Array[] = []
  let size = 0
  for (let t = 0; t < levels; t++) {
    bases.push(size)
    const own = new Int32Array(members.length)
    let stride = 1
    for (let k = members.length - 1; k >= 0; k--) {
      own[k] = stride
      stride *= places[members[k] ?? 0]?.count[t] ?? 0
    }
    strides.push(own)
    size += stride
  }
  return {members, bases, strides, size}
}

/**
 * How far each state is from a goal, as if there were no other variables; Infinity for what is invalid or stuck.
 *
 * Levels only ever go up, so they are done from the last to the first. Within a level moves up lead to higher numbers,
 * so one sweep from the highest to the lowest is enough; where moves lead down too, sweeps are repeated until nothing
 * changes.
 */
export function distancesOf(cluster: Cluster, layout: Layout): Float64Array {
  const distances = new Float64Array(layout.size).fill(Infinity)
  const sweep = sweepOf(cluster, layout, distances)
  for (let level = cluster.levels - 1; level >= 0; level--) {
    const down = layout.members.some(i => cluster.places[i]?.down[level] === 1)
    while (sweep(level) && down);
  }
  return distances
}

/**
 * A sweep goes through the valid states of a level from the highest number to the lowest, member by member, so that what
 * does not fit is left with all that follows from it. Each state takes the least of what it has, what it has a level on,
 * and what its moves lead to. True when any got nearer.
 */
function sweepOf(
  cluster: Cluster,
  {members, bases, strides}: Layout,
  distances: Float64Array,
): (level: number) => boolean {
  const last = members.length - 1
  const earlier = members.map((_, k) => earlierPairs(cluster, members, k))
  const wide = wideAmong(cluster, members)
  const state = new Int32Array(cluster.sizes.length)
  // The moves of the members so far, from where they stand: by how much each changes the number of the state.
  const most = members.reduce((sum, i) => sum + mostMoves(cluster, i), 0)
  const deltas = new Int32Array(most)
  const weights = new Float64Array(most)
  let level = 0
  let nearer = false

  /** `count` moves lead on from this state, and one level on it is number `ahead`, or not allowed where that is -1. */
  const settle = (index: number, ahead: number, count: number, isGoal: boolean) => {
    const before = distances[index] ?? Infinity
    let least = isGoal ? 0 : ahead < 0 ? before : Math.min(before, distances[ahead] ?? Infinity)
    for (let m = 0; m < count; m++) {
      const other = (distances[index + (deltas[m] ?? 0)] ?? Infinity) + (weights[m] ?? 0)
      if (other < least) least = other
    }
    if (least >= before) return
    if (wide.length > 0 && !wide.every(({holds}) => holds(level, state))) return
    distances[index] = least
    nearer = true
  }
  /** Member `k` and those after it; the rest is of what the members before it are at. */
  const descend = (k: number, index: number, ahead: number, count: number, isGoal: boolean): void => {
    const i = members[k] ?? 0
    const [places, goals] = [cluster.places[i], cluster.goals[i]]
    if (!places || !goals) return
    const {versions, hops, by, weight, of} = places
    const first = places.first[level] ?? 0
    const onward = (level + 1) * (cluster.sizes[i] ?? 0)
    const apart = strides[level]?.[k] ?? 0
    const apartAhead = strides[level + 1]?.[k] ?? 0
    const pairs = earlier[k] ?? []
    for (let place = (places.count[level] ?? 0) - 1; place >= 0; place--) {
      const v = versions[first + place] ?? 0
      if (pairs.length > 0 && !agrees(pairs, level, state, v)) continue
      state[i] = v
      let n = count
      const end = hops[first + place + 1] ?? 0
      for (let m = hops[first + place] ?? 0; m < end; m++, n++) {
        deltas[n] = (by[m] ?? 0) * apart
        weights[n] = weight[m] ?? 0
      }
      const step = ahead < 0 ? -1 : (of[onward + v] ?? -1)
      const on = step < 0 ? -1 : ahead + step * apartAhead
      const atGoal = isGoal && goals[v] === 1
      if (k === last) settle(index + place * apart, on, n, atGoal)
      else descend(k + 1, index + place * apart, on, n, atGoal)
    }
  }
  return at => {
    level = at
    nearer = false
    descend(0, bases[at] ?? 0, bases[at + 1] ?? -1, 0, at === cluster.levels - 1)
    return nearer
  }
}

function mostMoves({moves}: Cluster, i: number): number {
  const first = moves[i]?.first ?? new Int32Array()
  return first.reduce((most, start, v) => Math.max(most, start - (first[v - 1] ?? 0)), 0)
}

/** A variable with a constraint to `other`; `tables[t]` is read as `Pairs` says. */
type PairWith = {
  readonly other: number
  readonly tables: readonly Uint8Array[]
  readonly width: number
  readonly offset: number
}

/** Member `k`'s constraints with the members before it. */
function earlierPairs(cluster: Cluster, members: readonly number[], k: number): PairWith[] {
  const pairs = cluster.pairs[members[k] ?? -1]
  if (!pairs) return []
  const {others, tables, width, offsets} = pairs
  return members.slice(0, k).flatMap(other => {
    const at = others.indexOf(other)
    return at === -1 ? [] : [{other, tables, width, offset: offsets[at] ?? 0}]
  })
}

function agrees(pairs: readonly PairWith[], level: number, state: Int32Array, v: number): boolean {
  for (let k = 0; k < pairs.length; k++) {
    const pair = pairs[k]
    if (pair?.tables[level]?.[v * pair.width + pair.offset + (state[pair.other] ?? 0)] !== 1) return false
  }
  return true
}

function wideAmong(cluster: Cluster, members: readonly number[]): Cluster['wide'][number] {
  const inside = new Set(members)
  const all = new Set(members.flatMap(i => cluster.wide[i] ?? []))
  return [...all].filter(({scope}) => scope.every(i => inside.has(i)))
}

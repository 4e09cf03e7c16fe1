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

export function layoutOf({allowed}: Cluster, members: readonly number[]): Layout {
  const bases: number[] = []
  const strides: Int32Array[] = []
  let size = 0
  for (const level of allowed) {
    bases.push(size)
    const own = new Int32Array(members.length)
    let stride = 1
    for (let k = members.length - 1; k >= 0; k--) {
      own[k] = stride
      stride *= level[members[k] ?? 0]?.length ?? 0
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
  for (let level = cluster.levels - 1; level >= 0; level--) {
    const moves = movesAt(cluster, layout, level)
    const sweep = sweepOf(cluster, layout, level, moves, distances)
    sweep()
    if (moves.down) while (sweep());
  }
  return distances
}

/** The moves of all members at one level: those of member `k` from place `p` stand from `first[k][p]` to `first[k][p + 1]`. */
type MovesAtLevel = {
  readonly first: readonly Int32Array[]
  /** By how much a move changes the number of the state. */
  readonly delta: readonly Int32Array[]
  readonly weight: readonly Float64Array[]
  readonly down: boolean
}

function movesAt(cluster: Cluster, {members, strides}: Layout, level: number): MovesAtLevel {
  let down = false
  const parts = members.map((i, k) => {
    const stride = strides[level]?.[k] ?? 0
    const places = cluster.places[level]?.[i]
    const first = [0]
    const delta: number[] = []
    const weight: number[] = []
    for (const [place, v] of (cluster.allowed[level]?.[i] ?? new Int32Array()).entries()) {
      for (const move of cluster.moves[i]?.[v] ?? []) {
        const to = places?.[move.to] ?? -1
        if (to === -1) continue
        down ||= to < place
        delta.push((to - place) * stride)
        weight.push(move.weight)
      }
      first.push(delta.length)
    }
    return {first: Int32Array.from(first), delta: Int32Array.from(delta), weight: Float64Array.from(weight)}
  })
  return {
    first: parts.map(p => p.first),
    delta: parts.map(p => p.delta),
    weight: parts.map(p => p.weight),
    down,
  }
}

/**
 * Goes through the valid states of a level from the highest number to the lowest, member by member, so that what does not
 * fit is left with all that follows from it. Each state takes the least of what it has, what it has a level on, and what
 * its moves lead to. True when any got nearer.
 */
function sweepOf(
  cluster: Cluster,
  {members, bases, strides}: Layout,
  level: number,
  {first, delta, weight}: MovesAtLevel,
  distances: Float64Array,
): () => boolean {
  const width = members.length
  const own = members.map(i => cluster.allowed[level]?.[i] ?? new Int32Array())
  const stride = strides[level] ?? new Int32Array()
  const onward = members.map((_, k) => onwardOf(cluster, {members, strides}, level, k))
  const earlier = members.map((_, k) => earlierPairs(cluster, members, level, k))
  const wide = wideAmong(cluster, members)
  const goals = members.map(i => cluster.goals[i])
  const last = level === cluster.levels - 1
  const places = new Int32Array(width)
  const state = new Int32Array(cluster.sizes.length)
  let nearer = false

  const settle = (index: number, ahead: number) => {
    if (wide.length > 0 && !wide.every(({holds}) => holds(level, state))) return
    const before = distances[index] ?? Infinity
    let least = before
    if (!last) least = Math.min(least, ahead < 0 ? Infinity : (distances[ahead] ?? Infinity))
    else if (members.every((i, k) => goals[k]?.[state[i] ?? 0] === 1)) least = 0
    for (let k = 0; k < width; k++) {
      const [starts, deltas, weights] = [first[k], delta[k], weight[k]]
      if (!starts || !deltas || !weights) continue
      const place = places[k] ?? 0
      const end = starts[place + 1] ?? 0
      for (let m = starts[place] ?? 0; m < end; m++) {
        const other = (distances[index + (deltas[m] ?? 0)] ?? Infinity) + (weights[m] ?? 0)
        if (other < least) least = other
      }
    }
    if (least >= before) return
    distances[index] = least
    nearer = true
  }
  /** Member `k` and those after it; `index` and `ahead` number what the members before it are at. */
  const descend = (k: number, index: number, ahead: number): void => {
    if (k === width) {
      settle(index, ahead)
      return
    }
    const [versions, steps, pairs] = [own[k], onward[k], earlier[k]]
    if (!versions || !steps || !pairs) return
    const [member, apart] = [members[k] ?? 0, stride[k] ?? 0]
    for (let place = versions.length - 1; place >= 0; place--) {
      const v = versions[place] ?? 0
      if (!agrees(pairs, state, v)) continue
      places[k] = place
      state[member] = v
      const step = steps[place] ?? -1
      descend(k + 1, index + place * apart, ahead < 0 || step < 0 ? -1 : ahead + step)
    }
  }
  return () => {
    nearer = false
    descend(0, bases[level] ?? 0, bases[level + 1] ?? -1)
    return nearer
  }
}

/** What each place of member `k` adds to the number of the same versions one level on; -1 where they are not allowed. */
function onwardOf(
  {allowed, places}: Cluster,
  {members, strides}: Pick<Layout, 'members' | 'strides'>,
  level: number,
  k: number,
): Int32Array {
  const i = members[k] ?? 0
  const stride = strides[level + 1]?.[k] ?? 0
  return (allowed[level]?.[i] ?? new Int32Array()).map(v => {
    const place = places[level + 1]?.[i]?.[v] ?? -1
    return place === -1 ? -1 : place * stride
  })
}

/** A table of which versions of a member fit those of `other`; see `Pairs`. */
type PairAt = {
  readonly other: number
  readonly table: Uint8Array
  readonly width: number
  readonly offset: number
}

/** Member `k`'s constraints with the members before it. */
function earlierPairs(cluster: Cluster, members: readonly number[], level: number, k: number): PairAt[] {
  const pairs = cluster.pairs[members[k] ?? -1]
  const table = pairs?.tables[level]
  if (!pairs || !table) return []
  return members.slice(0, k).flatMap(other => {
    const at = pairs.others.indexOf(other)
    return at === -1 ? [] : [{other, table, width: pairs.width, offset: pairs.offsets[at] ?? 0}]
  })
}

function agrees(pairs: readonly PairAt[], state: Int32Array, v: number): boolean {
  for (const {other, table, width, offset} of pairs)
    if (table[v * width + offset + (state[other] ?? 0)] !== 1) return false
  return true
}

function wideAmong(cluster: Cluster, members: readonly number[]): Cluster['wide'][number] {
  const inside = new Set(members)
  const all = new Set(members.flatMap(i => cluster.wide[i] ?? []))
  return [...all].filter(({scope}) => scope.every(i => inside.has(i)))
}

import {type Cluster, fits, isValid} from './cluster.ts'
import {Heap} from './heap.ts'
import {type Pattern, patternsOf} from './pattern.ts'

/** A step of a cluster: variable `variable` (of the cluster) moves, or, where it is -1, the axes go one level on. */
export type LocalStep = {readonly variable: number; readonly to: number}

export type Found =
  | {
      readonly kind: 'found'
      readonly steps: readonly LocalStep[]
      readonly weight: number
      readonly atLeast: number
    }
  | {readonly kind: 'no-way'}
  | {readonly kind: 'gave-up'; readonly atLeast: number}

export type Limits = {
  /** States of one table of exact distances. */
  readonly pattern: number
  /** States that a search may look at before it settles for a way that is not proven best. */
  readonly states: number
}

export const usualLimits: Limits = {pattern: 150_000, states: 600_000}

/**
 * A* with pattern distances: exact, unless more than `limits.states` would have to be looked at. Most clusters are easy,
 * so small tables are tried before larger ones are made.
 */
export function searchCluster(cluster: Cluster, limits: Limits): Found {
  for (const {pattern, states} of easier) {
    if (states >= limits.states || pattern >= limits.pattern) break
    const found = explore(cluster, patternsOf(cluster, pattern), {states, greed: 1})
    if (found.kind !== 'gave-up') return found
  }
  const patterns = patternsOf(cluster, limits.pattern)
  const best = explore(cluster, patterns, {states: limits.states, greed: 1})
  if (best.kind !== 'gave-up') return best
  const some = explore(cluster, patterns, {states: limits.states, greed: 4})
  return some.kind === 'found' ? {...some, atLeast: best.atLeast} : best
}

const easier: readonly Limits[] = [
  {pattern: 500, states: 2_000},
  {pattern: 4_000, states: 20_000},
]

/** `greed` above 1 trusts the distances more than they deserve: faster, not the best. */
function explore(
  cluster: Cluster,
  patterns: readonly Pattern[],
  {states, greed}: {states: number; greed: number},
): Found {
  const {levels, sizes} = cluster
  const members = sizes.map((_, i) => i)
  const strides = members.map(i => sizes.slice(0, i).reduce((product, size) => product * size, levels))
  const exact =
    strides.reduce((sum, stride, i) => sum + stride * (sizes[i] ?? 1), 0) < Number.MAX_SAFE_INTEGER
  // Keys of huge clusters do not fit a double; text does, more slowly.
  const seen = new Map<number | string, number>()
  const keyOf = (t: number) => {
    if (!exact) return `${t},${state.join()}`
    let key = t
    for (let i = 0; i < width; i++) key += (state[i] ?? 0) * (strides[i] ?? 0)
    return key
  }
  const width = sizes.length
  let capacity = 1024
  let versions = new Uint16Array(capacity * width)
  let level = new Uint16Array(capacity)
  let cost = new Float64Array(capacity)
  let closed = new Uint8Array(capacity)
  let rest = new Float64Array(capacity)
  let parent = new Int32Array(capacity)
  let count = 0
  const heap = new Heap()
  const state = Int32Array.from(cluster.starts)
  const patternWith = members.map(i => patterns.findIndex(p => p.members.includes(i)))
  const parts = new Float64Array(patterns.length)

  const distance = (t: number) => patterns.reduce((sum, pattern) => sum + pattern.at(t, state), 0)
  /** Notes a way of cost `g` to the state, whose distance is asked for only if nobody has been there. */
  const reach = (key: number | string, t: number, g: number, from: number, rests: () => number) => {
    let node = seen.get(key)
    if (node === undefined) {
      const h = rests()
      if (h === Infinity) return
      node = count++
      if (node === capacity) grow()
      seen.set(key, node)
      versions.set(state, node * width)
      level[node] = t
      rest[node] = h
    } else if (g >= (cost[node] ?? 0)) return
    cost[node] = g
    closed[node] = 0
    parent[node] = from
    heap.push(node, g + greed * (rest[node] ?? 0), -g)
  }
  const grow = () => {
    capacity *= 2
    versions = copied(versions, new Uint16Array(capacity * width))
    level = copied(level, new Uint16Array(capacity))
    cost = copied(cost, new Float64Array(capacity))
    closed = copied(closed, new Uint8Array(capacity))
    rest = copied(rest, new Float64Array(capacity))
    parent = copied(parent, new Int32Array(capacity))
  }

  if (isValid(cluster, 0, state, members)) reach(keyOf(0), 0, 0, -1, () => distance(0))
  let least = 0
  for (;;) {
    const f = heap.least
    const node = heap.pop()
    if (node === undefined) return {kind: 'no-way'}
    if (closed[node] === 1) continue
    closed[node] = 1
    if (greed === 1) least = Math.max(least, f)
    const t = level[node] ?? 0
    const g = cost[node] ?? 0
    for (let i = 0; i < width; i++) state[i] = versions[node * width + i] ?? 0
    if (t === levels - 1 && members.every(i => cluster.goals[i]?.[state[i] ?? 0] === 1))
      return {kind: 'found', steps: stepsTo(node), weight: g, atLeast: greed === 1 ? g : 0}
    if (count > states) return {kind: 'gave-up', atLeast: least}
    if (t < levels - 1 && isValid(cluster, t + 1, state, members))
      reach(keyOf(t + 1), t + 1, g, node, () => distance(t + 1))
    const key = keyOf(t)
    for (const [k, pattern] of patterns.entries()) parts[k] = pattern.at(t, state)
    for (let i = 0; i < width; i++) {
      const here = state[i] ?? 0
      const moves = cluster.moves[t]?.[i]?.[here]
      if (!moves || moves.length === 0) continue
      const k = patternWith[i] ?? 0
      // Only one pattern's part of the distance changes.
      const others = (rest[node] ?? 0) - (parts[k] ?? 0)
      const rests = () => others + (patterns[k]?.at(t, state) ?? 0)
      for (const {to, weight} of moves) {
        state[i] = to
        if (!fits(cluster, t, state, i)) continue
        const next = typeof key === 'number' ? key + (to - here) * (strides[i] ?? 0) : keyOf(t)
        reach(next, t, g + weight, node, rests)
      }
      state[i] = here
    }
  }

  function stepsTo(goal: number): LocalStep[] {
    const steps: LocalStep[] = []
    for (let node = goal; parent[node] !== -1; node = parent[node] ?? -1) {
      const before = parent[node] ?? -1
      if (level[before] !== level[node]) steps.push({variable: -1, to: level[node] ?? 0})
      else {
        const moved = members.find(i => versions[before * width + i] !== versions[node * width + i]) ?? -1
        steps.push({variable: moved, to: versions[node * width + moved] ?? 0})
      }
    }
    return steps.reverse()
  }
}

function copied<T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}

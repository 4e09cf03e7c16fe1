import {type Cluster, fits, isValid} from './cluster.ts'
import {Heap} from './heap.ts'
import {type Pattern, patternsOf} from './pattern.ts'
import {States} from './states.ts'

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

/** A* with pattern distances: exact, unless more than `limits.states` would have to be looked at. */
export function searchCluster(cluster: Cluster, limits: Limits): Found {
  const patterns = patternsOf(cluster, limits.pattern)
  const best = explore(cluster, patterns, {states: limits.states, greed: 1})
  if (best.kind !== 'gave-up') return best
  const some = explore(cluster, patterns, {states: limits.states, greed: 4})
  return some.kind === 'found' ? {...some, atLeast: best.atLeast} : best
}

/** `greed` above 1 trusts the distances more than they deserve: faster, not the best. */
function explore(
  cluster: Cluster,
  patterns: readonly Pattern[],
  {states: patience, greed}: {states: number; greed: number},
): Found {
  const {levels, sizes} = cluster
  const members = sizes.map((_, i) => i)
  const width = sizes.length
  const states = new States(sizes, levels)
  const heap = new Heap()
  const state = Int32Array.from(cluster.starts)
  const patternWith = members.map(i => patterns.findIndex(p => p.members.includes(i)))
  const parts = new Float64Array(patterns.length)

  const distance = (t: number) => patterns.reduce((sum, pattern) => sum + pattern.at(t, state), 0)
  // The distance of one pattern alone is that of the whole: what costs more is not on any best way.
  const most = patterns.length === 1 ? distance(0) : Infinity
  /** Notes a way of cost `g` to the state; its distance is asked for only if nobody has been there. */
  const reach = (hash: number, t: number, g: number, from: number, others: number, pattern?: Pattern) => {
    let node = states.find(hash, t, state)
    if (node === -1) {
      const rest = pattern ? others + pattern.at(t, state) : distance(t)
      if (rest === Infinity || g + rest > most) return
      node = states.add(hash, t, state, rest)
    } else if (g >= (states.cost[node] ?? 0)) return
    states.cost[node] = g
    states.closed[node] = 0
    states.parent[node] = from
    heap.push(node, g + greed * (states.rest[node] ?? 0), -g)
  }

  if (isValid(cluster, 0, state, members)) reach(states.hashOf(0, state), 0, 0, -1, 0)
  let least = 0
  for (;;) {
    const f = heap.least
    const node = heap.pop()
    if (node === undefined) return {kind: 'no-way'}
    if (states.closed[node] === 1) continue
    states.closed[node] = 1
    if (greed === 1) least = Math.max(least, f)
    const t = states.level[node] ?? 0
    const g = states.cost[node] ?? 0
    for (let i = 0; i < width; i++) state[i] = states.versionAt(node, i)
    if (t === levels - 1 && members.every(i => cluster.goals[i]?.[state[i] ?? 0] === 1))
      return {kind: 'found', steps: stepsTo(states, members, node), weight: g, atLeast: greed === 1 ? g : 0}
    if (states.count > patience) return {kind: 'gave-up', atLeast: least}
    if (t < levels - 1 && isValid(cluster, t + 1, state, members))
      reach(states.hashOf(t + 1, state), t + 1, g, node, 0)
    const hash = states.hashAt(node)
    for (const [k, pattern] of patterns.entries()) parts[k] = pattern.at(t, state)
    for (let i = 0; i < width; i++) {
      const here = state[i] ?? 0
      const moves = cluster.moves[i]
      const places = cluster.places[i]?.of
      if (!moves || !places) continue
      const level = t * (sizes[i] ?? 0)
      // Only one pattern's part of the distance changes.
      const k = patternWith[i] ?? 0
      const others = (states.rest[node] ?? 0) - (parts[k] ?? 0)
      const end = moves.first[here + 1] ?? 0
      for (let m = moves.first[here] ?? 0; m < end; m++) {
        const to = moves.to[m] ?? 0
        if (places[level + to] === -1) continue
        state[i] = to
        if (fits(cluster, t, state, i))
          reach(states.moved(hash, i, here, to), t, g + (moves.weight[m] ?? 0), node, others, patterns[k])
      }
      state[i] = here
    }
  }
}

function stepsTo(states: States, members: readonly number[], goal: number): LocalStep[] {
  const steps: LocalStep[] = []
  for (let node = goal; states.parent[node] !== -1; node = states.parent[node] ?? -1) {
    const before = states.parent[node] ?? -1
    if (states.level[before] !== states.level[node]) steps.push({variable: -1, to: states.level[node] ?? 0})
    else {
      const moved = members.find(i => states.versionAt(before, i) !== states.versionAt(node, i)) ?? -1
      steps.push({variable: moved, to: states.versionAt(node, moved)})
    }
  }
  return steps.reverse()
}

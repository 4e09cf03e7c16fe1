import {type Cluster, fits, isValid} from './cluster.ts'
import {Heap} from './heap.ts'

/**
 * Exact distances to a goal for some variables of a cluster, as if the others did not exist. The sum over patterns that
 * share no variable never exceeds the distance of the whole cluster, because each step moves one variable.
 */
export type Pattern = {
  readonly members: readonly number[]
  /** The distance of a valid state of the cluster; Infinity where no way leads to a goal. */
  readonly at: (level: number, state: Int32Array) => number
}

/** How many states a pattern of these members has at most. */
export function patternSize(cluster: Cluster, members: readonly number[]): number {
  return cluster.allowed.reduce((sum, level) => sum + levelSize(level, members), 0)
}

function levelSize(allowed: readonly Int32Array[], members: readonly number[]): number {
  return members.reduce((product, i) => product * (allowed[i]?.length ?? 0), 1)
}

/** Searches backwards from all goals. Memory: 8 bytes for each state of the pattern. */
export function patternOf(cluster: Cluster, members: readonly number[]): Pattern {
  const {levels, places, allowed} = cluster
  const layout = layoutOf(cluster, members)
  const distances = new Float64Array(layout.size).fill(Infinity)
  const within = new Uint8Array(cluster.sizes.length)
  for (const i of members) within[i] = 1
  const state = new Int32Array(cluster.sizes.length)
  const heap = new Heap()
  const width = members.length
  const indexOf = (level: number): number => {
    let index = layout.bases[level] ?? 0
    for (let k = 0; k < width; k++) {
      const i = members[k] ?? 0
      index += (places[level]?.[i]?.[state[i] ?? 0] ?? 0) * (layout.strides[level * width + k] ?? 0)
    }
    return index
  }
  /** Puts the state of an index into `state`. */
  const read = (index: number, level: number) => {
    let rest = index - (layout.bases[level] ?? 0)
    for (let k = 0; k < width; k++) {
      const own = allowed[level]?.[members[k] ?? 0]
      const count = own?.length ?? 1
      state[members[k] ?? 0] = own?.[rest % count] ?? 0
      rest = Math.floor(rest / count)
    }
  }
  const reach = (level: number, distance: number) => {
    const index = indexOf(level)
    if (distance >= (distances[index] ?? 0)) return
    distances[index] = distance
    heap.push(index, distance, 0)
  }
  const last = levels - 1
  for (let index = layout.bases[last] ?? 0; index < layout.size; index++) {
    read(index, last)
    const atGoal = members.every(i => cluster.goals[i]?.[state[i] ?? 0] === 1)
    if (atGoal && isValid(cluster, last, state, members, within)) reach(last, 0)
  }
  for (;;) {
    const distance = heap.least
    const index = heap.pop()
    if (index === undefined) break
    if (distance > (distances[index] ?? 0)) continue
    const level = layout.levelOf(index)
    read(index, level)
    for (const i of members) {
      const here = state[i] ?? 0
      for (const {to: before, weight} of cluster.arrivals[level]?.[i]?.[here] ?? []) {
        state[i] = before
        if (fits(cluster, level, state, i, within)) reach(level, distance + weight)
      }
      state[i] = here
    }
    if (level > 0 && isValid(cluster, level - 1, state, members, within)) reach(level - 1, distance)
  }
  const at = (level: number, whole: Int32Array) => {
    let index = layout.bases[level] ?? 0
    for (let k = 0; k < width; k++) {
      const i = members[k] ?? 0
      index += (places[level]?.[i]?.[whole[i] ?? 0] ?? 0) * (layout.strides[level * width + k] ?? 0)
    }
    return distances[index] ?? Infinity
  }
  return {members, at}
}

/** Where each level's states begin, and how far apart neighbours of each member are. */
function layoutOf(cluster: Cluster, members: readonly number[]) {
  const bases: number[] = []
  const strides: number[] = []
  let size = 0
  for (const allowed of cluster.allowed) {
    bases.push(size)
    let stride = 1
    for (const i of members) {
      strides.push(stride)
      stride *= allowed[i]?.length ?? 0
    }
    size += stride
  }
  const levelOf = (index: number): number => {
    let [low, high] = [0, bases.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((bases[middle] ?? 0) <= index) low = middle
      else high = middle - 1
    }
    return low
  }
  return {bases, strides, size, levelOf}
}

/**
 * Divides the cluster's variables into patterns of at most `limit` states each: those are joined first whose common
 * distance from the start is most above the sum of their own. One pattern with everything is the exact answer.
 */
export function patternsOf(cluster: Cluster, limit: number): Pattern[] {
  const everything = cluster.sizes.map((_, i) => i)
  if (patternSize(cluster, everything) <= limit) return [patternOf(cluster, everything)]
  const start = Int32Array.from(cluster.starts)
  let patterns = everything.map(i => patternOf(cluster, [i]))
  const joined = new Map<string, Pattern>()
  for (;;) {
    let best: {gain: number; links: number; a: Pattern; b: Pattern; both: Pattern} | undefined
    for (const [k, a] of patterns.entries())
      for (const b of patterns.slice(k + 1)) {
        const members = [...a.members, ...b.members].sort((x, y) => x - y)
        const links = linksBetween(cluster, a.members, b.members)
        if (links === 0 || patternSize(cluster, members) > limit) continue
        const key = members.join()
        const both = joined.get(key) ?? patternOf(cluster, members)
        joined.set(key, both)
        const whole = both.at(0, start)
        if (whole === Infinity) return [both]
        const gain = whole - a.at(0, start) - b.at(0, start)
        if (!best || gain > best.gain || (gain === best.gain && links > best.links))
          best = {gain, links, a, b, both}
      }
    if (!best) return patterns
    const {a, b, both} = best
    patterns = [both, ...patterns.filter(p => p !== a && p !== b)]
  }
}

function linksBetween(cluster: Cluster, a: readonly number[], b: readonly number[]): number {
  let links = 0
  for (const i of a) {
    for (const other of cluster.pairs[i]?.others ?? []) if (b.includes(other)) links++
    for (const {scope} of cluster.wide[i] ?? []) if (scope.some(s => b.includes(s))) links++
  }
  return links
}

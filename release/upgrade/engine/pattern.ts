import {type Cluster, placeAt} from './cluster.ts'
import {distancesOf, layoutOf} from './distances.ts'

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
export function patternSize({levels, places}: Cluster, members: readonly number[]): number {
  let sum = 0
  for (let t = 0; t < levels; t++)
    sum += members.reduce((product, i) => product * (places[i]?.count[t] ?? 0), 1)
  return sum
}

/** Memory: 8 bytes for each state of the pattern. */
export function patternOf(cluster: Cluster, members: readonly number[]): Pattern {
  const layout = layoutOf(cluster, members)
  const distances = distancesOf(cluster, layout)
  const {bases, strides} = layout
  const at = (level: number, state: Int32Array) => {
    const steps = strides[level]
    let index = bases[level] ?? 0
    for (let k = 0; k < members.length; k++) {
      const i = members[k] ?? 0
      index += placeAt(cluster, level, i, state[i] ?? 0) * (steps?.[k] ?? 0)
    }
    return distances[index] ?? Infinity
  }
  return {members, at}
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

/** Problems of a given size for the bench: a platform, components with sliding windows of it, constraints among them. */
import type {Constraint, Move, Problem, Variable} from './problem.ts'
import {seeded} from './random.ts'

export type Synthetic = {
  components: number
  versions: number
  /** Components that constraints connect with each other: from one up to this many, or always this many. */
  cluster: {size: number; always?: boolean}
  /** How likely two members of a cluster are constrained. */
  pairs: number
  seed: number
}

/**
 * A platform goes up one step at a time; each component supports a window of platform versions around its own place,
 * and connected components fit when their versions are near each other, with some holes. All go from the lowest to
 * the highest version, any jump is a move.
 */
export function synthetic({components, versions, cluster, pairs, seed}: Synthetic): Problem {
  const random = seeded(seed)
  const smooth = upMoves(versions, versions, 0)
  const disruptive = upMoves(versions, versions, 1)
  const variable = {size: versions, start: 0, goals: [versions - 1]}
  const variables: Variable[] = [{name: 'platform', ...variable, moves: upMoves(versions, 1, 1), axis: true}]
  const constraints: Constraint[] = []
  const near = (a: number, b: number, reach: number, fit: Uint8Array) =>
    constraints.push({
      id: `${a}-${b}`,
      scope: [a, b],
      holds: state => {
        const x = state[a] ?? 0
        const y = state[b] ?? 0
        return Math.abs(x - y) <= reach && fit[x * versions + y] === 1
      },
    })
  // Neighbouring versions always fit, so that there is a way.
  const fits = (holes: number) =>
    Uint8Array.from({length: versions * versions}, (_, i) =>
      Math.abs(Math.floor(i / versions) - (i % versions)) <= 1 || random() >= holes ? 1 : 0,
    )
  const everywhere = fits(0)
  for (let first = 1; first <= components; ) {
    const size = cluster.always ? cluster.size : 1 + Math.floor(random() * cluster.size)
    for (let i = first; i < first + size && i <= components; i++) {
      variables.push({
        name: `component-${String(i).padStart(4, '0')}`,
        ...variable,
        moves: random() < 0.3 ? disruptive : smooth,
      })
      near(0, i, 2, everywhere)
      for (let other = first; other < i; other++) if (random() < pairs) near(other, i, 3, fits(0.3))
    }
    first += size
  }
  return {variables, constraints}
}

function upMoves(versions: number, reach: number, disruptive: number): Move[][] {
  const cost = {irreversible: 0, disruptive, steps: 1, older: 0}
  return Array.from({length: versions}, (_, from) =>
    Array.from({length: Math.min(reach, versions - 1 - from)}, (_, k) => ({to: from + k + 1, cost})),
  )
}

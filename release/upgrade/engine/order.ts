import {type AxisPath, type Cluster, isValid} from './cluster.ts'
import type {LocalStep} from './search.ts'

/** States that are looked at before the order found by the search is kept. */
const patience = 20_000

/**
 * The same steps in the first of all valid orders, where the lower-numbered variable goes first. Steps of one variable
 * keep their order.
 */
export function inFirstOrder(
  cluster: Cluster,
  path: AxisPath,
  steps: readonly LocalStep[],
): readonly LocalStep[] {
  const axes = cluster.sizes.length
  const chains: LocalStep[][] = Array.from({length: axes + 1}, () => [])
  for (const step of steps) chains[step.variable === -1 ? axes : step.variable]?.push(step)
  const done = new Int32Array(axes + 1)
  const state = Int32Array.from(cluster.starts)
  const members = cluster.sizes.map((_, i) => i)
  const dead = new Set<string>()
  const ordered: LocalStep[] = []
  let visited = 0

  const complete = (): boolean => {
    if (ordered.length === steps.length) return true
    if (++visited > patience || (dead.size > 0 && dead.has(done.join()))) return false
    const axis = path.moved[done[axes] ?? 0] ?? Infinity
    const after = members.findIndex(i => (cluster.variables[i] ?? 0) > axis)
    const turns =
      after === -1 ? [...members, axes] : [...members.slice(0, after), axes, ...members.slice(after)]
    for (const chain of turns) {
      const step = chains[chain]?.[done[chain] ?? 0]
      if (!step) continue
      const before = state[chain] ?? 0
      if (chain < axes) state[chain] = step.to
      const level = (done[axes] ?? 0) + (chain === axes ? 1 : 0)
      if (isValid(cluster, level, state, members)) {
        done[chain] = (done[chain] ?? 0) + 1
        ordered.push(step)
        if (complete()) return true
        ordered.pop()
        done[chain] = (done[chain] ?? 0) - 1
      }
      if (chain < axes) state[chain] = before
    }
    dead.add(done.join())
    return false
  }
  return complete() ? ordered : steps
}

import type {Cost} from './engine/problem.ts'
import type {Hop, UpgradePlan} from './plan.ts'

export type HopDifference = {
  kind: 'same' | 'removed' | 'added' | 'changed'
  /** Of the earlier plan; left out where it has no such hop. */
  before?: Hop
  after?: Hop
  /** What differs in a hop that both have: `disruption`, `steps`… */
  parts: string[]
}

/** What became of a plan. */
export type PlanDifference = {
  same: boolean
  /** By component: where one starts from, or what is wanted of it, in either plan. */
  current: Record<string, [before?: string, after?: string]>
  wanted: Record<string, [before?: string, after?: string]>
  cost: [before: Cost, after: Cost]
  /** In the order of the later plan; what was removed stands where it was. */
  hops: HopDifference[]
}

/** Hops are the same thing when they take the same component between the same versions, in the same order. */
export function diffPlans(before: UpgradePlan, after: UpgradePlan): PlanDifference {
  const hops = aligned(before.hops, after.hops)
  const current = changedEntries(before.current, after.current)
  const wanted = changedEntries(before.wanted, after.wanted)
  const same =
    hops.every(h => h.kind === 'same') &&
    [current, wanted].every(entries => Object.keys(entries).length === 0)
  return {same, current, wanted, cost: [before.cost, after.cost], hops}
}

function changedEntries(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Record<string, [before?: string, after?: string]> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return Object.fromEntries(
    names
      .filter(name => before[name] !== after[name])
      .map(name => [name, [before[name], after[name]] as [string | undefined, string | undefined]]),
  ) as Record<string, [before?: string, after?: string]>
}

const keyOf = ({name, from, to}: Hop) => `${name} ${from} ${to}`

/** The longest common sequence of hops, and between its members what was removed, then what was added. */
function aligned(before: readonly Hop[], after: readonly Hop[]): HopDifference[] {
  // common[i][j]: how many hops the plans have in common from i and j on.
  const common = Array.from({length: before.length + 1}, () => new Int32Array(after.length + 1))
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const [a, b, row, next] = [before[i], after[j], common[i], common[i + 1]]
      if (!a || !b || !row || !next) continue
      row[j] = keyOf(a) === keyOf(b) ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0)
    }
  const hops: HopDifference[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [a, b] = [before[i], after[j]]
    if (a && b && keyOf(a) === keyOf(b)) {
      const parts = differingParts(a, b)
      hops.push({kind: parts.length === 0 ? 'same' : 'changed', before: a, after: b, parts})
      i++
      j++
    } else if (a && (!b || (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      hops.push({kind: 'removed', before: a, parts: []})
      i++
    } else if (b) {
      hops.push({kind: 'added', after: b, parts: []})
      j++
    }
  }
  return hops
}

/** Where a hop stands in its plan, what all hops amount to, and by which number another goes are no difference of it. */
function differingParts(a: Hop, b: Hop): string[] {
  const apart = new Set(['number', 'state', 'why'])
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof Hop)[]
  return keys.filter(key => !apart.has(key) && told(a, key) !== told(b, key))
}

function told(hop: Hop, key: keyof Hop): string {
  const {lostAfter} = hop.reversible
  return JSON.stringify(
    key === 'reversible' ? {...hop.reversible, lostAfter: lostAfter !== undefined} : hop[key],
  )
}

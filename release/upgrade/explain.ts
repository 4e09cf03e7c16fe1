import type {Level} from '../matrix/schema/facts.ts'
import {type CompiledProblem, compileProblem, compilerOf} from './compile.ts'
import type {Mover} from './domain.ts'
import type {Outcome} from './engine/problem.ts'
import type {Limits} from './engine/search.ts'
import {solve} from './engine/solve.ts'
import {beyondMoves, type Instead, insteadOf, mended} from './instead.ts'
import type {Item} from './moves.ts'
import type {Policy, UpgradeRequest} from './request.ts'

export type Reason = {
  item: Item
  text: string
  /** An id of the matrix's sources; a policy is the asker's own. */
  source?: string
  asOf?: string
  level?: Level
}

/** Why there is no plan. */
export type Explanation = {
  kind: 'invalid-start' | 'no-way' | 'gave-up'
  /** The components that are concerned. */
  about: string[]
  /**
   * Together they leave no way, and without any one of them the others leave one. For an invalid start, the rules that
   * the current versions violate.
   */
  conflict: Reason[]
  /** Single restrictions whose absence alone would free a way, with the least intrusive first. */
  relaxations: Reason[]
  /** Where none does alone: what frees a way together, while less of it does not. */
  together: Reason[]
  /** Other wishes, near what is wanted, that could be met; each with all others unchanged. */
  instead: Instead[]
  /** What the moves cannot do whatever the rules say, or which version would break no rule. */
  remarks: string[]
}

/**
 * Finds an irreducible conflict by deletion: each restriction in turn, in the order of the matrix, is left out, and
 * stays out if there is still no way. Deterministic. Where no restriction is to blame (the goal cannot be reached by
 * any move) the conflict is empty.
 */
export function explainNoWay(
  request: UpgradeRequest,
  movers: readonly Mover[],
  outcome: Exclude<Outcome, {kind: 'solved'}>,
  limits?: Limits,
): Explanation {
  if (outcome.kind === 'invalid-start') {
    const rules = new Set(outcome.violated)
    const conflict = [...rules].map(id => reasonOf(`rule:${id}`, request))
    return {...nothing, kind: 'invalid-start', conflict, ...mended(compileProblem(request, movers))}
  }
  const concerned = outcome.within.flatMap(v => movers[v] ?? [])
  const about = concerned.map(m => m.name)
  if (outcome.kind === 'gave-up') return {...nothing, kind: 'gave-up', about}
  const compile = compilerOf(request, concerned)
  const stuck = (without: ReadonlySet<Item>) => solve(compile(without), limits).kind === 'no-way'
  const items = itemsOf(request, compile(new Set()))
  const conflict = stuck(new Set(items)) ? [] : irreducible(items, stuck)
  // Only what is in every conflict frees a way by itself.
  const relaxations = conflict.filter(item => !stuck(new Set([item])))
  const together = conflict.length > 0 && relaxations.length === 0 ? freeing(items, stuck) : []
  const say = (item: Item) => reasonOf(item, request)
  return {
    kind: 'no-way',
    about,
    conflict: conflict.map(say),
    relaxations: relaxations.map(say),
    together: together.map(say),
    instead: insteadOf(compileProblem(request, movers), limits),
    remarks: beyondMoves(compile(new Set(items.filter(item => item.startsWith('policy:'))))),
  }
}

const nothing = {about: [], conflict: [], relaxations: [], together: [], instead: [], remarks: []}

/** Leaves out what can be left out while there still is no way, one after the other; what stays is the conflict. */
function irreducible(items: readonly Item[], stuck: (without: ReadonlySet<Item>) => boolean): Item[] {
  const dropped = new Set<Item>()
  for (const item of items) {
    dropped.add(item)
    if (!stuck(dropped)) dropped.delete(item)
  }
  return items.filter(item => !dropped.has(item))
}

/** Takes back what can be taken back while there still is a way, one after the other; what stays frees it. */
function freeing(items: readonly Item[], stuck: (without: ReadonlySet<Item>) => boolean): Item[] {
  const left = new Set(items)
  for (const item of items) {
    left.delete(item)
    if (stuck(left)) left.add(item)
  }
  return [...left]
}

/** What may be left out; policies last, so that a conflict blames the asker's own wishes where it can. */
function itemsOf(request: UpgradeRequest, {movers, constraints}: CompiledProblem): Item[] {
  const {matrix, policy} = request
  const policies = (Object.keys(policy) as (keyof Policy)[]).map((name): Item => `policy:${name}`)
  const transitions = movers.flatMap(m => m.transitions).map((t): Item => `transition:${t.transition.id}`)
  const binding = new Set(constraints.map(c => c.id))
  const rules = matrix.rules.filter(rule => binding.has(rule.id)).map((rule): Item => `rule:${rule.id}`)
  return [...rules, ...new Set(transitions), ...policies]
}

const policyTexts: Record<keyof Policy, string> = {
  noDowntime: 'no step may take a component down',
  onlyReversible: 'every step must have a way back',
  refuseRisks: 'these risks are refused',
}

function reasonOf(item: Item, {matrix, policy}: UpgradeRequest): Reason {
  const id = item.slice(item.indexOf(':') + 1)
  const found = item.startsWith('rule:')
    ? matrix.rules.find(rule => rule.id === id)
    : matrix.transitions.find(transition => transition.id === id)
  if (found) return {item, text: found.because, source: found.source, asOf: found.asOf, level: found.level}
  const name = id as keyof Policy
  const names = name === 'refuseRisks' ? `: ${(policy.refuseRisks ?? []).join(', ')}` : ''
  return {item, text: `${policyTexts[name]}${names}`}
}

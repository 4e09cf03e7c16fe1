import {componentsNamed} from '../matrix/check/conditions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Rule} from '../matrix/schema/rules.ts'
import {type Compiled, compileCondition, type Subject} from './conditions.ts'
import type {Mover} from './domain.ts'
import type {Constraint, Move, Problem} from './engine/problem.ts'
import {type Item, judgeMove} from './moves.ts'
import type {UpgradeRequest} from './request.ts'

/** A rule as it binds some of what moves; one of several when it speaks of a component with instances. */
export type Binding = Constraint & {
  readonly rule: Rule
  readonly speaks: (state: ArrayLike<number>) => boolean
}

export type CompiledProblem = Omit<Problem, 'constraints'> & {
  readonly constraints: readonly Binding[]
  readonly movers: readonly Mover[]
}

/** The request as numbers. */
export function compileProblem(request: UpgradeRequest, movers: readonly Mover[]): CompiledProblem {
  return compilerOf(request, movers)(new Set())
}

/** The request as numbers, again and again without some of what restricts it; each part of it is compiled once. */
export function compilerOf(
  request: UpgradeRequest,
  movers: readonly Mover[],
): (without: ReadonlySet<Item>) => CompiledProblem {
  const bindings = request.matrix.rules.flatMap(rule => bindingsOf(rule, request, movers))
  const moves = movers.map(mover => movesOf(mover, request))
  return without => ({
    variables: movers.map((mover, i) => ({
      name: mover.name,
      size: mover.versions.length,
      start: mover.start,
      goals: mover.goals,
      axis: mover.axis,
      moves: moves[i]?.(without) ?? [],
    })),
    constraints: bindings.filter(({id}) => !without.has(`rule:${id}`)),
    movers,
  })
}

/** The moves of one mover; what is left out of others changes nothing of them. */
function movesOf(mover: Mover, request: UpgradeRequest): (without: ReadonlySet<Item>) => Move[][] {
  const own = new Set(mover.transitions.map(({transition}): Item => `transition:${transition.id}`))
  // The newest first: among equals the search takes the first.
  const targets = [...mover.versions.keys()].reverse()
  const known = new Map<string, Move[][]>()
  return without => {
    const key = [...without].filter(item => own.has(item) || item.startsWith('policy:')).join()
    const moves =
      known.get(key) ??
      mover.versions.map((_, from) =>
        targets.flatMap(to => {
          const judged = to === from ? undefined : judgeMove(mover, from, to, request, without)
          return judged ? [{to, cost: judged.cost}] : []
        }),
      )
    known.set(key, moves)
    return moves
  }
}

/** A rule binds each choice of instances of the components that it names by itself. */
function bindingsOf(rule: Rule, request: UpgradeRequest, movers: readonly Mover[]): Binding[] {
  const {matrix, values} = request
  // An unknown is never a no.
  if (rule.level === 'unknown') return []
  return choices(movers, componentsNamed(rule)).flatMap(subjects => {
    const when = rule.when && compileCondition(rule.when, subjects, matrix, values)
    const requires = rule.requires && compileCondition(rule.requires, subjects, matrix, values)
    const scope = [...new Set([...(when?.scope ?? []), ...(requires?.scope ?? [])])].sort((a, b) => a - b)
    const speaks = (state: ArrayLike<number>) => (when ? when.truth(state) === 'yes' : true)
    const binding = {id: rule.id, rule, scope, speaks, holds: verdict(rule, speaks, requires, movers, matrix)}
    return scope.length === 0 ? [] : [binding]
  })
}

function verdict(
  rule: Rule,
  speaks: (state: ArrayLike<number>) => boolean,
  requires: Compiled | undefined,
  movers: readonly Mover[],
  matrix: Matrix,
): Constraint['holds'] {
  if (!requires) return state => rule.level !== 'broken' || !speaks(state)
  const unlisted = rule.level === 'expected' ? beyondLists(requires.scope, movers, matrix) : []
  return state =>
    !speaks(state) ||
    requires.truth(state) !== 'no' ||
    // An expectation ends where nobody has looked.
    unlisted.some(({index, versions}) => versions.has(state[index] ?? -1))
}

/** Versions newer than all that the matrix lists. */
function beyondLists(scope: ReadonlySet<number>, movers: readonly Mover[], matrix: Matrix) {
  return [...scope].flatMap(index => {
    const mover = movers[index]
    const listed = new Set(matrix.components[mover?.component ?? '']?.versions.map(v => v.version))
    if (!mover || listed.size === 0) return []
    const newest = mover.versions.findLastIndex(v => listed.has(v.text))
    const beyond = mover.versions.flatMap((_, v) => (v > newest ? [v] : []))
    return beyond.length > 0 ? [{index, versions: new Set(beyond)}] : []
  })
}

/** One mover for each component that has any; those of `several` in every combination of their instances. */
function choices(movers: readonly Mover[], several: ReadonlySet<string>): Map<string, Subject>[] {
  const byComponent = new Map<string, Subject[]>()
  for (const [index, mover] of movers.entries())
    for (const member of mover.members) {
      const subject = {index, versions: mover.versions}
      const known = byComponent.get(member)
      if (known) known.push(subject)
      else byComponent.set(member, [subject])
    }
  let combinations: Map<string, Subject>[] = [new Map()]
  for (const [component, subjects] of byComponent)
    if (several.has(component))
      combinations = combinations.flatMap(c => subjects.map(subject => new Map([...c, [component, subject]])))
  return combinations
}

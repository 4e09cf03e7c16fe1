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

/** The request as numbers, without some of what restricts it. */
export function compileProblem(
  request: UpgradeRequest,
  movers: readonly Mover[],
  without: ReadonlySet<Item> = new Set(),
): CompiledProblem {
  const variables = movers.map(mover => ({
    name: mover.name,
    size: mover.versions.length,
    start: mover.start,
    goals: mover.goals,
    axis: mover.axis,
    moves: movesOf(mover, request, without),
  }))
  const constraints = request.matrix.rules
    .filter(rule => !without.has(`rule:${rule.id}`))
    .flatMap(rule => bindingsOf(rule, request, movers))
  return {variables, constraints, movers}
}

function movesOf(mover: Mover, request: UpgradeRequest, without: ReadonlySet<Item>): Move[][] {
  const all = [...mover.versions.keys()]
  return all.map(from =>
    // The newest first: among equals the search takes the first.
    [...all].reverse().flatMap(to => {
      const judged = to === from ? undefined : judgeMove(mover, from, to, request, without)
      return judged ? [{to, cost: judged.cost}] : []
    }),
  )
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

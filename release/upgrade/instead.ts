import {absent} from './absent.ts'
import type {CompiledProblem} from './compile.ts'
import type {Mover} from './domain.ts'
import type {Limits} from './engine/search.ts'
import {solve} from './engine/solve.ts'

/** A wish that can be met while all others stay. */
export type Instead = {name: string; wanted: string; instead: string}

/** So many versions are tried for each wish, the nearest first. */
const tries = 32

/** For each unmet wish, the version nearest to it that there is a way to; none where it takes more than one change. */
export function insteadOf(problem: CompiledProblem, limits?: Limits): Instead[] {
  return problem.movers.flatMap((mover, i) => {
    const {name, wanted, goals, start} = mover
    if (wanted === undefined || goals.includes(start)) return []
    const up = goals.some(goal => goal > start)
    const found = nearestTo(mover, goals)
      .filter(v => (up ? v > start : v < start))
      .slice(0, tries)
      .find(v => solve(withGoal(problem, i, v), limits).kind === 'solved')
    return found === undefined ? [] : [{name, wanted, instead: textAt(mover, found)}]
  })
}

function withGoal(problem: CompiledProblem, variable: number, goal: number): CompiledProblem {
  const variables = problem.variables.map((v, i) => (i === variable ? {...v, goals: [goal]} : v))
  return {...problem, variables}
}

/** Other versions, the nearest to any of these first, of equally near ones the newer. */
function nearestTo({versions}: Mover, places: readonly number[]): number[] {
  const distance = (v: number) => Math.min(...places.map(place => Math.abs(place - v)))
  return [...versions.keys()]
    .filter(v => versions[v] !== absent && !places.includes(v))
    .sort((a, b) => distance(a) - distance(b) || b - a)
}

/**
 * What the moves alone cannot do, whatever the rules say: one sentence for each wish that they do not lead to.
 * @param problem without the asker's own policies
 */
export function beyondMoves({movers, variables}: CompiledProblem): string[] {
  return movers.flatMap((mover, i) => {
    const {name, wanted, goals, start} = mover
    const reached = reachable(variables[i]?.moves ?? [], start)
    if (wanted === undefined || goals.some(goal => reached.has(goal))) return []
    const here = `${name} ${textAt(mover, start)}`
    const others = [...reached].filter(v => v !== start && mover.versions[v] !== absent).sort((a, b) => a - b)
    const down = goals.every(goal => goal < start)
    const farthest = down ? others.find(v => v < start) : others.at(-1)
    if (down && farthest === undefined)
      return [`${name} ${wanted} is older than what runs, and the matrix knows no step down from ${here}`]
    if (farthest === undefined) return [`the matrix knows no step away from ${here}`]
    return [`the steps that the matrix knows lead from ${here} to ${textAt(mover, farthest)} and no further`]
  })
}

function reachable(moves: readonly (readonly {to: number}[])[], start: number): Set<number> {
  const reached = new Set([start])
  for (const v of reached) for (const {to} of moves[v] ?? []) reached.add(to)
  return reached
}

/** Where the current versions break rules: those of each rule, and what of them alone, at another version, breaks none. */
export function mended(problem: CompiledProblem): {about: string[]; remarks: string[]} {
  const {movers, constraints} = problem
  const state = movers.map(m => m.start)
  const concerned = new Set(constraints.filter(c => !c.holds(state)).flatMap(c => c.scope))
  const about = [...concerned].sort((a, b) => a - b)
  const remarks = about.flatMap(i => {
    const mover = movers[i]
    const better =
      mover &&
      nearestTo(mover, [mover.start]).find(v => {
        const other = state.with(i, v)
        return constraints.every(c => c.holds(other))
      })
    return mover && better !== undefined
      ? [
          `with ${mover.name} ${textAt(mover, better)} instead of ${textAt(mover, mover.start)} they break none`,
        ]
      : []
  })
  return {about: about.flatMap(i => movers[i]?.name ?? []), remarks}
}

function textAt({versions}: Mover, index: number): string {
  return versions[index]?.text ?? ''
}

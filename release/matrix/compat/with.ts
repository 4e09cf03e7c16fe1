import {complement, formatRange, intersection, isEmpty, type Range} from '#release/lib/range.ts'
import {parseRange} from '#release/lib/range-text.ts'
import type {Level} from '../schema/facts.ts'
import type {Matrix} from '../schema/index.ts'
import {type Answer, check, type Given} from './check.ts'

export type Candidate = {version: string; answer: Answer['answer']; level: Level; rules: string[]}

export type Companion = {
  component: string
  title: string
  /** Every listed version with its answer. */
  versions: Candidate[]
  /** What the rules that speak here allow, also beyond what is listed; undefined when none speaks. */
  range: string | undefined
  /** The weakest level of those rules. */
  level: Level
  rules: string[]
}

/** For every component that was not given: which of its versions work with what was. In the matrix's order. */
export function withGiven(matrix: Matrix, given: Given): Companion[] {
  return Object.entries(matrix.components).flatMap(([component, {title, lockstep}]): Companion[] => {
    if (given.versions[component] !== undefined || lockstep) return []
    const versions = candidates(matrix, given, component)
    const allowed = allowedRange(matrix, given, component)
    return versions.length > 0 || allowed.range !== undefined
      ? [{component, title, versions, ...allowed}]
      : []
  })
}

function candidates(matrix: Matrix, given: Given, component: string): Candidate[] {
  const listed = matrix.components[component]?.versions ?? []
  return listed.map(({version}) => {
    const {answer, level, because} = check(matrix, {
      ...given,
      versions: {...given.versions, [component]: version},
    })
    const verdict = answer === 'no' ? 'broken' : 'holds'
    return {version, answer, level, rules: because.filter(r => r.verdict === verdict).map(r => r.rule)}
  })
}

/** The intersection of what every rule that speaks asks of the component, in plain words or as one alternative. */
function allowedRange(matrix: Matrix, given: Given, component: string) {
  const {because, alsoNeeds} = check(matrix, given)
  const asked = alsoNeeds.flatMap(({rule, anyOf}) =>
    anyOf.filter(need => need.component === component).map(({range}) => ({rule, range})),
  )
  const scheme = matrix.components[component]?.scheme ?? 'semver'
  const ranges = asked.flatMap(({range}) => parseRange(range, scheme).range ?? [])
  const range = ranges.reduce<Range | undefined>((all, r) => (all ? intersection(all, r) : r), undefined)
  const rules = [...new Set(asked.map(({rule}) => rule))]
  const levels = because.filter(r => rules.includes(r.rule)).map(r => r.level)
  const order: Level[] = ['unknown', 'expected', 'supported', 'tested']
  return {range: range && rangeText(range), level: order.find(l => levels.includes(l)) ?? 'unknown', rules}
}

function rangeText(range: Range): string {
  return isEmpty(complement(range)) ? 'any' : formatRange(range)
}

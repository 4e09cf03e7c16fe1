import {everything, intersects, isSubset, type Range} from '#release/lib/range.ts'
import {parseRange} from '#release/lib/range-text.ts'
import {minorsAhead, type Version} from '#release/lib/versions.ts'
import type {Matrix} from '../schema/index.ts'
import type {Condition} from '../schema/rules.ts'

/** What is there: the range that each given version stands for, and the values that are set. */
export type Facts = {
  matrix: Matrix
  versions: ReadonlyMap<string, Range>
  values: ReadonlyMap<string, string | null>
}

/** `partly`: true for some versions that the given one stands for; `open`: something it asks about was not given. */
export type Truth = 'yes' | 'no' | 'partly' | 'open'

export type Evaluation = {
  truth: Truth
  /** Components that what holds speaks about. */
  about: readonly string[]
  /** Components whose version is outside of what is asked. */
  against?: readonly string[]
  /** What was not given, and the range that it would need. */
  needs: readonly {component: string; range: string}[]
}

const nothing: Evaluation = {truth: 'yes', about: [], needs: []}

/** Whether a condition holds for the facts; all of its parts must. */
export function evaluate(condition: Condition, facts: Facts): Evaluation {
  const parts: Evaluation[] = [
    ...Object.entries(condition.versions).map(([component, range]) => version(component, range, facts)),
    ...Object.entries(condition.values ?? {}).map(([key, wanted]) => value(key, wanted, facts)),
    ...(condition.skew ? [skew(condition.skew, facts)] : []),
    ...(condition.all ?? []).map(part => evaluate(part, facts)),
    ...(condition.any ? [any(condition.any.map(part => evaluate(part, facts)))] : []),
    ...(condition.not ? [not(evaluate(condition.not, facts))] : []),
  ]
  return all(parts)
}

function version(component: string, text: string, {matrix, versions}: Facts): Evaluation {
  const given = versions.get(component)
  if (!given) return {truth: 'open', about: [], needs: [{component, range: text}]}
  const scheme = matrix.components[component]?.scheme ?? 'semver'
  const range = parseRange(text, scheme).range ?? everything(scheme)
  if (isSubset(given, range)) return {truth: 'yes', about: [component], needs: []}
  if (intersects(given, range)) return {truth: 'partly', about: [], needs: []}
  return {truth: 'no', about: [], needs: [], against: [component]}
}

function value(key: string, wanted: string | null, {matrix, values}: Facts): Evaluation {
  const fallback = Object.values(matrix.components).find(c => Object.hasOwn(c.values, key))?.values[key]
    ?.default
  const actual = values.has(key) ? values.get(key) : fallback
  if (actual === undefined) return {truth: 'open', about: [], needs: []}
  return {truth: actual === wanted ? 'yes' : 'no', about: [], needs: []}
}

function skew({of, to, min, max}: NonNullable<Condition['skew']>, {versions}: Facts): Evaluation {
  const [a, b] = [versions.get(of), versions.get(to)]
  if (!a || !b) {
    const missing = [of, to].filter(component => !versions.has(component))
    return {truth: 'open', about: [], needs: missing.map(component => ({component, range: '*'}))}
  }
  const [x, y] = [lowest(a), lowest(b)]
  const ahead = x && y && minorsAhead(x, y)
  if (ahead === undefined) return {truth: 'partly', about: [], needs: []}
  return ahead >= min && ahead <= max
    ? {truth: 'yes', about: [of, to], needs: []}
    : {truth: 'no', about: [], needs: []}
}

/** Where a given version begins; what is given stands for one minor at most, or for a whole major. */
function lowest(range: Range): Version | undefined {
  const at = range.spans[0]?.from?.at
  return at && at.numbers.length >= 2 ? at : undefined
}

function all(parts: readonly Evaluation[]): Evaluation {
  const truths = new Set(parts.map(p => p.truth))
  const truth = (['no', 'partly', 'open'] as const).find(t => truths.has(t)) ?? 'yes'
  return {
    truth,
    about: parts.flatMap(p => p.about),
    needs: parts.flatMap(p => p.needs),
    against: parts.flatMap(p => p.against ?? []),
  }
}

function any(parts: readonly Evaluation[]): Evaluation {
  const holding = parts.filter(p => p.truth === 'yes')
  if (holding.length > 0) return {...nothing, about: holding.flatMap(p => p.about)}
  const truths = new Set(parts.map(p => p.truth))
  const truth = (['open', 'partly'] as const).find(t => truths.has(t)) ?? 'no'
  const needs = parts.filter(p => p.truth === 'open').flatMap(p => p.needs)
  return {truth, about: [], needs, against: parts.flatMap(p => p.against ?? [])}
}

/** What does not hold speaks well of no component. */
function not({truth}: Evaluation): Evaluation {
  const flipped = {yes: 'no', no: 'yes', partly: 'partly', open: 'open'} as const
  return {truth: flipped[truth], about: [], needs: []}
}

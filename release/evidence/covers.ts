import {RE2JS} from 're2js'
import {isSubset} from '../lib/range.ts'
import {parseRange, parseRunning} from '../lib/range-text.ts'
import type {Scheme} from '../lib/versions.ts'
import type {Evidence} from '../matrix/schema/evidence.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Condition} from '../matrix/schema/rules.ts'

/**
 * What a fact says beyond what was tested; undefined when tests cover it. A rule speaks of ranges: each version in them
 * that the matrix lists as supported must have been run, by any of the runs. A line of kernels needs one of its kernels.
 * @param shown the runs with records of the fact
 */
export function gapOf(
  matrix: Matrix,
  fact: Record<string, unknown>,
  shown: readonly Evidence[],
  {version}: Evidence,
): string | undefined {
  const ran = (component: string) =>
    shown
      .flatMap(e => e.records.filter(r => r.proves.includes(String(fact.id))))
      .flatMap(r => r.versions[component] ?? [])
  if (typeof fact.match === 'string') {
    const line = RE2JS.compile(fact.match)
    return ran('linux').some(kernel => line.matcher(kernel).find())
      ? undefined
      : 'no kernel of the line was booted'
  }
  const ranges = new Map<string, string[]>()
  for (const [component, range] of [fact.when, fact.requires].flatMap(c => named(c as Condition | undefined)))
    ranges.set(component, [...(ranges.get(component) ?? []), range])
  for (const [component, all] of ranges) {
    const own = component === matrix.product.component
    const gap = own ? outside(all, version) : componentGap(matrix, component, all, ran(component))
    if (gap !== undefined) return gap
  }
  return undefined
}

/** Ranges that must all hold; of alternatives one was run, and the record tells which. */
function named(condition: Condition | undefined): [component: string, range: string][] {
  if (!condition) return []
  return [...Object.entries(condition.versions), ...(condition.all ?? []).flatMap(named)]
}

function outside(ranges: readonly string[], version: string): string | undefined {
  return holds(ranges, version, 'semver') ? undefined : `it is not about ${version}`
}

function componentGap(
  matrix: Matrix,
  component: string,
  ranges: readonly string[],
  ran: readonly string[],
): string | undefined {
  const {scheme = 'semver', versions = []} = matrix.components[component] ?? {}
  if (!ran.some(version => holds(ranges, version, scheme)))
    return `no ${component} ${ranges.join(' ')} was run`
  const missing = versions
    .filter(v => v.state === 'supported' && holds(ranges, v.version, scheme))
    .filter(v => !ran.some(version => stands(version, v.version, scheme)))
    .map(v => v.version)
  return missing.length === 0 ? undefined : `not run: ${component} ${missing.join(', ')}`
}

function holds(ranges: readonly string[], version: string, scheme: Scheme): boolean {
  const ran = parseRunning(version, scheme).range
  return ranges.every(text => {
    const {range} = parseRange(text, scheme)
    return range !== undefined && ran !== undefined && isSubset(ran, range)
  })
}

/** Whether what ran is the version that the matrix lists, by as many numbers as that has. */
function stands(ran: string, listed: string, scheme: Scheme): boolean {
  const [wide, narrow] = [listed, ran].map(text => parseRunning(text, scheme).range)
  return wide !== undefined && narrow !== undefined && isSubset(narrow, wide)
}

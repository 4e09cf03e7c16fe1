/** What of a fact has been tested: the judgement behind the level `tested`. */
import {RE2JS} from 're2js'
import type {YamlPath} from '#lib/yaml.ts'
import {
  everything,
  formatRange,
  intersection,
  intersects,
  isEmpty,
  isSubset,
  type Range,
} from '#release/lib/range.ts'
import {parseRange, parseRunning} from '#release/lib/range-text.ts'
import type {Evidence, EvidenceRecord} from '../schema/evidence.ts'
import type {Matrix} from '../schema/index.ts'
import type {Condition, Rule} from '../schema/rules.ts'
import {evaluate, type Facts, type Truth} from './evaluate.ts'

/** More combinations than anybody runs; counting them would take longer than telling so. */
const mostCombinations = 10_000
/** Combinations that a message names. */
const named = 4

/**
 * What a fact says beyond what was tested; undefined when tests cover it. Of facts that are neither rules nor lines of
 * kernels nobody can tell from a record how much of them was tested: they never are.
 * @param path where it stands in the matrix
 * @param evidence all runs; those that prove the fact are found by its id
 */
export function gapAt(matrix: Matrix, path: YamlPath, evidence: readonly Evidence[]): string | undefined {
  const [list, ...rest] = path
  const rule = list === 'rules' && rest.length === 1 ? matrix.rules[Number(rest[0])] : undefined
  if (rule) return gapOfRule(matrix, rule, evidence)
  const isLine = list === 'kernels' && rest[0] === 'lines' && rest.length === 2
  const line = isLine ? matrix.kernels?.lines[Number(rest[1])] : undefined
  return line ? gapOfLine(line, evidence) : 'only rules and lines of kernels can be shown by tests'
}

/**
 * Covered means of a rule: every combination of versions
 * that the matrix lists as supported, that the rule speaks about and that fulfils it was run in one test that proves the
 * rule, each alternative of `any` by itself. A listed `1.36` is run by any one of its patches; of a component without a
 * supported version in the range, one version in it is enough. Only tests count in which the rule surely held, with
 * values as they recorded them: what a test did not say it had is not taken for the default.
 */
function gapOfRule(matrix: Matrix, rule: Rule, evidence: readonly Evidence[]): string | undefined {
  const runs = evidence.flatMap(e =>
    e.records.filter(r => r.proves.includes(rule.id)).map(r => factsOf(matrix, e, r)),
  )
  const branches = crossed(branchesOf(rule.when), branchesOf(rule.requires)).flatMap(
    parts => branchOf(matrix, parts) ?? [],
  )
  if (branches.length === 0) return 'nothing can fulfil it'
  const gaps = branches.map(branch => gapOfBranch(matrix, branch, runs)).filter(gap => gap !== undefined)
  return gaps.length === 0 ? undefined : gaps.join('; ')
}

/** A line of kernels is a stream of updates: one of its kernels, which the evidence names, stands for it. */
function gapOfLine(
  {id, match}: {id: string; match: string},
  evidence: readonly Evidence[],
): string | undefined {
  const line = RE2JS.compile(match)
  const kernels = evidence.flatMap(e =>
    e.records.filter(r => r.proves.includes(id)).flatMap(r => r.versions.linux ?? []),
  )
  return kernels.some(kernel => line.matcher(kernel).find()) ? undefined : 'no kernel of the line was booted'
}

/** Conditions without alternatives that must all hold, what they ask of each component, and the values that they want. */
type Branch = {
  parts: readonly Condition[]
  ranges: ReadonlyMap<string, Range>
  values: ReadonlyMap<string, string | null>
}
/** One version, or a range where nothing is listed, for each component. */
type Combination = ReadonlyMap<string, Range>

/** A condition as alternatives, each a list of conditions without `all` and `any`. */
function branchesOf(condition: Condition | undefined): Condition[][] {
  if (!condition) return [[]]
  const {all = [], any, ...plain} = condition
  const alternatives = any ? any.flatMap(branchesOf) : [[]]
  return all.reduce((found, part) => crossed(found, branchesOf(part)), crossed([[plain]], alternatives))
}

function crossed(a: readonly Condition[][], b: readonly Condition[][]): Condition[][] {
  return a.flatMap(x => b.map(y => [...x, ...y]))
}

/** Undefined when its parts ask for what nothing can be. */
function branchOf(matrix: Matrix, parts: readonly Condition[]): Branch | undefined {
  const ranges = new Map<string, Range>()
  for (const component of parts.flatMap(componentsOf))
    ranges.set(component, everything(schemeOf(matrix, component)))
  for (const [component, text] of parts.flatMap(p => Object.entries(p.versions))) {
    const before = ranges.get(component) ?? everything(schemeOf(matrix, component))
    const range = parseRange(text, before.scheme).range ?? before
    ranges.set(component, intersection(before, range))
  }
  const values = new Map<string, string | null>()
  for (const [key, wanted] of parts.flatMap(p => Object.entries(p.values ?? {}))) {
    if (values.has(key) && values.get(key) !== wanted) return undefined
    values.set(key, wanted)
  }
  return [...ranges.values()].some(isEmpty) ? undefined : {parts, ranges, values}
}

function componentsOf(condition: Condition): string[] {
  const {versions, skew, all = [], any = [], not} = condition
  return [
    ...Object.keys(versions),
    ...(skew ? [skew.of, skew.to] : []),
    ...[...all, ...any, ...(not ? [not] : [])].flatMap(componentsOf),
  ]
}

function gapOfBranch(matrix: Matrix, branch: Branch, runs: readonly Facts[]): string | undefined {
  const counting = runs.filter(run => truthOf(branch, run) === 'yes')
  if (counting.length === 0) return `no ${wordsOf(branch)} was run`
  const unlisted = branch.parts
    .flatMap(({skew}) => (skew ? [skew.of, skew.to] : []))
    .find(component => supported(matrix, component).length === 0)
  if (unlisted) return `the matrix lists no supported ${unlisted} to tell the pairs of the skew by`
  const wanted = combinationsOf(matrix, branch)
  if (!wanted) return `it is about more than ${mostCombinations} combinations of versions`
  const missing = wanted.filter(combination => !counting.some(run => isRun(combination, run)))
  return missing.length === 0 ? undefined : `not run: ${missingText(missing, wanted)}`
}

function isRun(combination: Combination, {versions}: Facts): boolean {
  return [...combination].every(([component, range]) => {
    const ran = versions.get(component)
    return ran !== undefined && isSubset(ran, range)
  })
}

/** Undefined when there are more than anybody runs. */
function combinationsOf(matrix: Matrix, {parts, ranges, values}: Branch): Combination[] | undefined {
  const choices = [...ranges].map(([component, range]): [string, Range[]] => {
    const listed = supported(matrix, component)
      .filter(version => intersects(version, range))
      .map(version => intersection(version, range))
    return [component, listed]
  })
  const count = choices.reduce((product, [, listed]) => product * Math.max(1, listed.length), 1)
  if (count > mostCombinations) return undefined
  let found: Map<string, Range>[] = [new Map()]
  for (const [component, listed] of choices) {
    const own = listed.length > 0 ? listed : [ranges.get(component) ?? everything('semver')]
    found = found.flatMap(before => own.map(version => new Map([...before, [component, version]])))
  }
  // What skews and `not` speak of; where no version is listed, only a run can tell.
  const open = new Set(choices.filter(([, listed]) => listed.length === 0).map(([component]) => component))
  const possible = found.filter(versions => {
    const known = new Map([...versions].filter(([component]) => !open.has(component)))
    return truthOf({parts}, {matrix, versions: known, values}) !== 'no'
  })
  return possible.length > 0 ? possible : [ranges]
}

function truthOf({parts}: Pick<Branch, 'parts'>, facts: Facts): Truth {
  const truths = new Set(parts.map(part => evaluate(part, facts).truth))
  return (['no', 'partly', 'open'] as const).find(truth => truths.has(truth)) ?? 'yes'
}

function supported(matrix: Matrix, component: string): Range[] {
  const {versions = [], scheme = 'semver'} = matrix.components[component] ?? {}
  return versions
    .filter(v => v.state === 'supported')
    .flatMap(v => parseRunning(v.version, scheme).range ?? [])
}

/** What ran, with the product as it was in the tested sources, and no value but those recorded. */
function factsOf(matrix: Matrix, {version}: Evidence, record: EvidenceRecord): Facts {
  const ran = {...record.versions, [matrix.product.component]: version}
  const versions = Object.entries(ran).flatMap(([component, text]): [string, Range][] => {
    const {range} = parseRunning(text, schemeOf(matrix, component))
    return range ? [[component, range]] : []
  })
  return {
    matrix: withoutDefaults(matrix),
    versions: new Map(versions),
    values: new Map(Object.entries(record.values ?? {})),
  }
}

function withoutDefaults(matrix: Matrix): Matrix {
  const components = Object.entries(matrix.components).map(([id, c]) => [id, {...c, values: {}}])
  return {...matrix, components: Object.fromEntries(components)}
}

function schemeOf(matrix: Matrix, component: string): Range['scheme'] {
  return matrix.components[component]?.scheme ?? 'semver'
}

function wordsOf({ranges, values}: Branch): string {
  const versions = [...ranges].map(([component, range]) => `${component} ${formatRange(range)}`)
  return [...versions, ...[...values].map(([key, value]) => `${key}=${value}`)].join(' with ')
}

/** Components of which there is but one version go without saying. */
function missingText(missing: readonly Combination[], wanted: readonly Combination[]): string {
  const open = [...(wanted[0] ?? [])]
    .map(([component]) => component)
    .filter(component => new Set(wanted.map(c => textOf(c, component))).size > 1)
  const [only, ...more] = open
  const shown = missing.slice(0, named)
  const rest = missing.length > shown.length ? ` and ${missing.length - shown.length} more` : ''
  if (only !== undefined && more.length === 0)
    return `${only} ${shown.map(c => textOf(c, only)).join(', ')}${rest}`
  const texts = shown.map(c =>
    (open.length > 0 ? open : [...c.keys()]).map(component => `${component} ${textOf(c, component)}`),
  )
  return `${texts.map(parts => parts.join(' with ')).join('; ')}${rest}`
}

function textOf(combination: Combination, component: string): string {
  const range = combination.get(component)
  return range ? formatRange(range) : ''
}

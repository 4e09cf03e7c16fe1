import type {Place} from '#lib/diagnostics.ts'
import type {YamlSource} from '#lib/yaml.ts'
import {contains, floorCut, formatRange, intersects, type Range, rangeOf} from '#release/lib/range.ts'
import {parseRunning} from '#release/lib/range-text.ts'
import {compareVersions, parseVersion, type Version} from '#release/lib/versions.ts'
import type {Level} from '../schema/facts.ts'
import type {Matrix} from '../schema/index.ts'
import type {Rule} from '../schema/rules.ts'
import {type Evaluation, evaluate, type Facts, type Truth} from './evaluate.ts'

/** What is asked about. Versions are as people and machines say them: `1.36`, `v1.36.4+k3s1`, a kernel's name. */
export type Given = {versions: Record<string, string>; values?: Record<string, string | null>}

export type Verdict =
  /** The rule speaks here and is fulfilled. */
  | 'holds'
  /** It is violated, or says that this does not work. */
  | 'broken'
  /** It depends on something that was given only in part (`2.5` without a patch). */
  | 'unknown'
  /** It asks for something that was not given. */
  | 'unmet'

export type Reason = {
  rule: string
  verdict: Verdict
  level: Level
  /** Why, in the matrix's own words. */
  text: string
  source: string
  /** Where the rule stands; only when the matrix's source was handed in. */
  place?: Place
}

export type Answer = {
  answer: 'yes' | 'no' | 'unknown'
  /** What the answer stands on: the weakest rule of a yes, the strongest of a no; `unknown` for an unknown. */
  level: Level
  because: Reason[]
  /** Given components that no rule connects with the product, with the reason. */
  uncovered: {component: string; version: string; why: string}[]
  /** What was not given but is needed too: one of the alternatives of each rule. */
  alsoNeeds: {rule: string; anyOf: {component: string; range: string}[]}[]
  /** What was taken for granted: the product's version. */
  assumed: Record<string, string>
  /** Remarks that change nothing: support that is over, versions that were withdrawn. */
  notes: string[]
  /** Given components or versions that mean nothing here. */
  refused: {component: string; version: string; why: string}[]
}

/** From the strongest to the weakest; a rule that condemns leaves no doubt. */
const strength: readonly Level[] = ['broken', 'tested', 'supported', 'expected', 'unknown']

/**
 * Do these versions work together? `no` when a rule is violated or says so; `yes` only when rules that hold
 * connect every given component with the product; otherwise `unknown`. Pure; findings in the order of the rules.
 */
export function check(matrix: Matrix, given: Given, source?: YamlSource): Answer {
  const assumed = assumedProduct(matrix, given)
  const asked = {...assumed, ...given.versions}
  const {versions, refused} = readVersions(matrix, asked)
  const facts: Facts = {matrix, versions, values: new Map(Object.entries(given.values ?? {}))}
  const beyond = new Map([...versions].flatMap(([component, range]) => beyondList(matrix, component, range)))
  const judged = matrix.rules.flatMap((rule, index) => judge({rule, index, facts, beyond, source}) ?? [])
  const because = judged.map(({reason}) => reason)
  const broken = because.some(r => r.verdict === 'broken')
  const unconnected = broken ? [] : notConnected(matrix, judged, [...versions.keys()])
  const uncovered = [...new Set([...beyond.keys(), ...unconnected])].map(component => ({
    component,
    version: asked[component] ?? '',
    why: beyond.get(component) ?? 'no rule says that it works with the rest',
  }))
  const open = because.some(r => r.verdict === 'unknown') || uncovered.length > 0 || refused.length > 0
  const answer = broken ? 'no' : open ? 'unknown' : 'yes'
  return {
    answer,
    level: levelOf(answer, because),
    because,
    uncovered,
    alsoNeeds: judged.flatMap(({reason, needs}) =>
      reason.verdict === 'unmet' ? [{rule: reason.rule, anyOf: [...needs]}] : [],
    ),
    assumed,
    notes: [...versions].flatMap(([component, range]) => remarks(matrix, component, range)),
    refused,
  }
}

/** A chain is as strong as its weakest rule; for a no, one rule is enough. */
function levelOf(answer: Answer['answer'], because: readonly Reason[]): Level {
  if (answer === 'unknown') return 'unknown'
  const verdict = answer === 'yes' ? 'holds' : 'broken'
  const levels = because.filter(r => r.verdict === verdict).map(r => strength.indexOf(r.level))
  return strength[answer === 'yes' ? Math.max(...levels) : Math.min(...levels)] ?? 'unknown'
}

/** Whoever asks about Kubernetes alone asks about it with this release. */
function assumedProduct(matrix: Matrix, given: Given): Record<string, string> {
  const {component} = matrix.product
  if (given.versions[component] !== undefined) return {}
  const newest = matrix.components[component]?.versions.filter(v => v.state === 'supported').at(-1)?.version
  const version = matrix.release?.version ?? newest
  return version === undefined ? {} : {[component]: version}
}

function readVersions(matrix: Matrix, asked: Record<string, string>) {
  const versions = new Map<string, Range>()
  const refused: Answer['refused'] = []
  for (const [component, version] of Object.entries(asked)) {
    const known = Object.hasOwn(matrix.components, component) ? matrix.components[component] : undefined
    const parsed = known && parseRunning(version, known.scheme)
    if (parsed?.range) versions.set(component, parsed.range)
    else
      refused.push({component, version, why: parsed?.problem.message ?? 'the matrix has no such component'})
  }
  return {versions, refused}
}

type Judged = {reason: Reason; about: readonly string[]; needs: Evaluation['needs']}

type Case = {
  rule: Rule
  index: number
  facts: Facts
  beyond: ReadonlyMap<string, string>
  source: YamlSource | undefined
}

/** A rule of a used matrix stands in another file. */
function isThere({value}: YamlSource, index: number): boolean {
  const rules = (value as {rules?: unknown} | undefined)?.rules
  return Array.isArray(rules) && index < rules.length
}

/** Undefined where a rule does not speak about what is given. */
function judge({rule, index, facts, beyond, source}: Case): Judged | undefined {
  const when: Evaluation = rule.when ? evaluate(rule.when, facts) : {truth: 'yes', about: [], needs: []}
  if (when.truth === 'no' || when.truth === 'open') return undefined
  const requires = rule.requires && evaluate(rule.requires, facts)
  // Fulfilled wherever it might speak, or good words that may be for other versions: neither says anything here.
  if (when.truth === 'partly' && (requires ? requires.truth === 'yes' : vouches(rule))) return undefined
  const verdict = verdictOf(rule, when.truth, requires?.truth)
  const reason: Reason = {
    rule: rule.id,
    verdict: verdict === 'broken' && isGuess(rule, requires, beyond) ? 'unknown' : verdict,
    level: rule.level,
    text: rule.because,
    source: rule.source,
    ...(source && isThere(source, index) ? {place: source.locate(['rules', index, 'id'])} : {}),
  }
  const about = reason.verdict === 'holds' ? [...when.about, ...(requires?.about ?? [])] : []
  return {reason, about: vouches(rule) ? scope(rule, facts.matrix, about) : [], needs: requires?.needs ?? []}
}

function verdictOf({level}: Rule, when: Truth, requires: Truth | undefined): Verdict {
  // Without `requires` a broken rule condemns its `when`; any other only says that it may be.
  const outcome = requires ?? (level === 'broken' ? 'no' : 'yes')
  if (outcome === 'yes') return 'holds'
  if (outcome === 'open') return when === 'yes' ? 'unmet' : 'unknown'
  if (outcome === 'partly' || when === 'partly') return 'unknown'
  return level === 'unknown' ? 'unknown' : 'broken'
}

/** An expectation ends where nobody has looked: it can't condemn a version newer than all that are listed. */
function isGuess(
  {level}: Rule,
  requires: Evaluation | undefined,
  beyond: ReadonlyMap<string, string>,
): boolean {
  return level === 'expected' && (requires?.against ?? []).some(component => beyond.has(component))
}

function vouches({level}: Rule): boolean {
  return level === 'tested' || level === 'supported' || level === 'expected'
}

/** A rule that names no component in its `when` speaks about the product. */
function scope(rule: Rule, matrix: Matrix, about: readonly string[]): readonly string[] {
  const named = Object.keys(rule.when?.versions ?? {}).length > 0 || rule.when?.all || rule.when?.any
  return named || about.length === 0 ? about : [matrix.product.component, ...about]
}

/** The given components that no chain of rules that hold leads to from the product. */
function notConnected(matrix: Matrix, judged: readonly Judged[], given: readonly string[]): string[] {
  const product = matrix.product.component
  const links = judged.map(j => j.about).filter(about => about.length > 0)
  const reached = new Set(links.flat().includes(product) ? [product] : [])
  for (let before = -1; before !== reached.size; ) {
    before = reached.size
    for (const about of links) if (about.some(c => reached.has(c))) for (const c of about) reached.add(c)
  }
  return given.filter(component => !reached.has(component))
}

/** A version newer than all that are listed, which nobody has looked at. */
function beyondList(matrix: Matrix, component: string, range: Range): [component: string, why: string][] {
  const listed = (matrix.components[component]?.versions ?? []).flatMap(
    v => parseVersion(v.version, range.scheme) ?? [],
  )
  const newest = [...listed].sort(compareVersions).at(-1)
  if (!newest || listed.some(v => intersects(range, seriesOf(v, range)))) return []
  const above = rangeOf(range.scheme, [{from: {at: newest, side: 'after'}}])
  return intersects(range, above)
    ? [[component, `${formatRange(range)} is not listed; the newest is ${newest.text}`]]
    : []
}

function seriesOf(version: Version, {scheme}: Range): Range {
  const [major = 0, minor = 0] = version.numbers
  if (scheme === 'opaque')
    return rangeOf(scheme, [{from: {at: version, side: 'before'}, to: {at: version, side: 'after'}}])
  return rangeOf(scheme, [{from: floorCut([major, minor]), to: floorCut([major, minor + 1])}])
}

function remarks(matrix: Matrix, component: string, range: Range): string[] {
  return (matrix.components[component]?.versions ?? []).flatMap(({version, state, endOfSupport}) => {
    const parsed = parseVersion(version, range.scheme)
    if (!parsed || !contains(range, parsed) || state === 'supported') return []
    const end = endOfSupport === undefined ? '' : ` since ${endOfSupport}`
    const said = {
      eol: `is no longer supported${end}`,
      planned: 'is not released yet',
      yanked: 'was withdrawn',
    }
    return [`${component} ${version} ${said[state]}`]
  })
}

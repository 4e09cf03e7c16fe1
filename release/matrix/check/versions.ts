import type {Diagnostic} from '#lib/diagnostics.ts'
import type {YamlPath} from '#lib/yaml.ts'
import {contains, floorCut, intersects, isEmpty, type Range, rangeOf} from '#release/lib/range.ts'
import {parseRange, parseRunning} from '#release/lib/range-text.ts'
import {
  compareVersions,
  parseVersion,
  type Scheme,
  schemeExample,
  type Version,
} from '#release/lib/versions.ts'
import {atomsOf, conditionsOf} from './conditions.ts'
import {type Context, listedVersions, placeWithin, problem, schemeOf} from './context.ts'

/**
 * Versions and ranges: M120 not of the scheme, M111 listed twice, M112 out of order, M121 unreadable range,
 * M122 range that holds nothing, M123 range that holds no listed version, M130 dates the wrong way round.
 */
export function* versions(context: Context): Generator<Diagnostic> {
  for (const id of Object.keys(context.matrix.components)) yield* listOf(context, id)
  for (const {path, text, scheme} of looseVersions(context))
    if (parseRunning(text, scheme).problem) yield notOfScheme(context, path, text, scheme)
  for (const range of ranges(context)) yield* rangeProblems(context, range)
}

function notOfScheme(context: Context, path: YamlPath, text: string, scheme: Scheme): Diagnostic {
  const patch = scheme === 'minor' && /^\d+\.\d+\.\d+$/.test(text)
  const hint = patch
    ? `write ${text.split('.').slice(0, 2).join('.')}, or give the component the scheme semver`
    : scheme === 'semver' && /^\d+\.\d+$/.test(text)
      ? `write ${text}.0, or give the component the scheme minor`
      : undefined
  return problem(context, path, {
    code: 'M120',
    message: `\`${text}\` is no version of the scheme ${scheme}`,
    expected: schemeExample[scheme],
    ...(hint ? {hint} : {}),
  })
}

function* listOf(context: Context, id: string): Generator<Diagnostic> {
  const component = context.matrix.components[id]
  if (!component) return
  const path = ['components', id, 'versions'] as const
  for (const [i, entry] of component.versions.entries()) {
    if (!parseVersion(entry.version, component.scheme))
      yield notOfScheme(context, [...path, i, 'version'], entry.version, component.scheme)
    if (
      entry.released !== undefined &&
      entry.endOfSupport !== undefined &&
      entry.endOfSupport < entry.released
    )
      yield problem(context, [...path, i, 'endOfSupport'], {
        code: 'M130',
        message: `support of ${entry.version} ends on ${entry.endOfSupport}, before it begins`,
        related: [{message: 'released here', place: context.source.locate([...path, i, 'released'])}],
      })
  }
  if (component.scheme !== 'opaque') yield* order(context, id)
}

/** A list runs up or down, as its first two versions tell; what stands elsewhere was put there by mistake. */
function* order(context: Context, id: string): Generator<Diagnostic> {
  const listed = listedVersions(context, id)
  const path = ['components', id, 'versions'] as const
  const place = (index: number) => context.source.locate([...path, index, 'version'])
  let direction = 0
  for (const [i, {index, version}] of listed.entries()) {
    const same = listed.slice(0, i).find(other => compareVersions(other.version, version) === 0)
    if (same) {
      yield problem(context, [...path, index, 'version'], {
        code: 'M111',
        message: `${version.text} of \`${id}\` is listed twice`,
        related: [{message: 'here it stands first', place: place(same.index)}],
      })
      continue
    }
    const before = listed[i - 1]
    const step = before ? Math.sign(compareVersions(version, before.version)) : 0
    if (before && direction !== 0 && step !== 0 && step !== direction)
      yield problem(context, [...path, index, 'version'], {
        code: 'M112',
        message: `${version.text} does not come ${direction > 0 ? 'after' : 'before'} ${before.version.text}, as the list runs ${direction > 0 ? 'upwards' : 'downwards'}`,
        related: [{message: 'the version before it', place: place(before.index)}],
      })
    if (direction === 0) direction = step
  }
}

type Loose = {path: YamlPath; text: string; scheme: Scheme}

/** Versions that need not be listed: they may still come, or name a patch of a minor. */
function* looseVersions(context: Context): Generator<Loose> {
  const {matrix} = context
  for (const [id, {scheme, versions, removedApis}] of Object.entries(matrix.components)) {
    for (const [i, {removed}] of removedApis.entries())
      yield {path: ['components', id, 'removedApis', i, 'removed'], text: removed, scheme}
    for (const [i, entry] of versions.entries()) {
      const path = ['components', id, 'versions', i] as const
      for (const [j, {removal}] of entry.deprecations.entries())
        if (removal !== undefined)
          yield {path: [...path, 'deprecations', j, 'removal'], text: removal, scheme}
      for (const [j, {fixedIn}] of entry.knownIssues.entries())
        if (fixedIn !== undefined) yield {path: [...path, 'knownIssues', j, 'fixedIn'], text: fixedIn, scheme}
    }
  }
  for (const [i, {component, crossing}] of matrix.procedures.entries())
    if (crossing !== undefined && component !== undefined)
      yield {path: ['procedures', i, 'crossing'], text: crossing, scheme: schemeOf(context, component)}
  for (const key of ['claimed', 'proven'] as const)
    if (matrix.kernels) yield {path: ['kernels', key], text: matrix.kernels[key], scheme: 'kernel'}
}

/** `known`: whether a range that holds no listed version is a mistake, or only worth a word. */
type Ranged = {path: YamlPath; text: string; component: string; known?: 'error' | 'warning' | undefined}

function* ranges(context: Context): Generator<Ranged> {
  const {matrix} = context
  for (const {condition, path, part} of conditionsOf(context))
    for (const atom of atomsOf(condition, path))
      if (atom.kind === 'version')
        yield {
          path: atom.path,
          text: atom.range,
          component: atom.component,
          known: part === 'requires' ? 'error' : 'warning',
        }
  for (const [component, {recommended}] of Object.entries(matrix.components))
    if (recommended !== undefined)
      yield {path: ['components', component, 'recommended'], text: recommended, component, known: 'error'}
  for (const [i, {component, versions: text}] of (matrix.reference?.featureGates ?? []).entries())
    yield {path: ['reference', 'featureGates', i, 'versions'], text, component}
  yield* transitionRanges(context)
}

function* transitionRanges({matrix}: Context): Generator<Ranged> {
  for (const [i, transition] of matrix.transitions.entries()) {
    const path = ['transitions', i] as const
    const {component} = transition
    for (const key of ['from', 'to'] as const) {
      const text = transition[key]
      if (text !== undefined) yield {path: [...path, key], text, component}
    }
    for (const [j, edge] of (transition.edges ?? []).entries())
      for (const key of ['from', 'to'] as const)
        yield {path: [...path, 'edges', j, key], text: edge[key], component}
    for (const key of ['via', 'deny'] as const)
      for (const [j, text] of (transition[key] ?? []).entries())
        yield {path: [...path, key, j], text, component}
  }
}

function* rangeProblems(context: Context, {path, text, component, known}: Ranged): Generator<Diagnostic> {
  const parsed = parseRange(text, schemeOf(context, component))
  if (parsed.problem) {
    const {message, expected, hint} = parsed.problem
    yield {
      code: 'M121',
      severity: 'error',
      message: `not a version range: ${message}`,
      place: placeWithin(context, path, text, parsed.problem),
      expected,
      ...(hint ? {hint} : {}),
    }
    return
  }
  if (isEmpty(parsed.range)) {
    yield problem(context, path, {
      code: 'M122',
      message: `no version can be within \`${text}\``,
      hint: 'a space means "and"; write || for "or"',
    })
    return
  }
  const listed = listedVersions(context, component)
  if (!known || listed.length === 0 || listed.some(({version}) => touches(parsed.range, version))) return
  const names = listed.map(({version}) => version.text)
  yield problem(context, path, {
    code: 'M123',
    ...(known === 'warning' ? {severity: 'warning'} : {}),
    message: `no listed version of \`${component}\` is within \`${text}\``,
    expected: `a range that holds one of ${names.length > 8 ? `${names.slice(0, 8).join(', ')}, …` : names.join(', ')}`,
    hint: `list the version under components.${component}.versions, or mend the range`,
  })
}

/** Lists name one patch for a minor's many, so a range that begins at a later patch is no mistake. */
function touches(range: Range, version: Version): boolean {
  const [major = 0, minor = 0] = version.numbers
  const series = {from: floorCut([major, minor]), to: floorCut([major, minor + 1])}
  return (
    contains(range, version) ||
    (range.scheme !== 'opaque' && intersects(range, rangeOf(range.scheme, [series])))
  )
}

import type {Diagnostic, Place} from '#lib/diagnostics.ts'
import type {YamlPath, YamlSource} from '#lib/yaml.ts'
import {everything, isEmpty, type Range, rangeOf} from '#release/lib/range.ts'
import {parseRange, type RangeProblem} from '#release/lib/range-text.ts'
import {parseVersion, type Scheme, type Version} from '#release/lib/versions.ts'
import type {Matrix} from '../schema/index.ts'

/** What every check reads: the matrix, and where its parts stand in the file. */
export type Context = {matrix: Matrix; source: YamlSource}

export type Check = (context: Context) => Iterable<Diagnostic>

/** A problem at a value; `at: 'key'` puts it at the key in front of it. */
export function problem(
  {source}: Context,
  path: YamlPath,
  said: Omit<Diagnostic, 'severity' | 'place'> & {severity?: 'warning'; at?: 'key'},
): Diagnostic {
  const {at, severity = 'error', ...rest} = said
  return {...rest, severity, place: at === 'key' ? source.locateKey(path) : source.locate(path)}
}

/** Where an entry of a list or mapping begins, in one line: its id if it has one. */
export function entryPlace({source}: Context, path: YamlPath): Place {
  const whole = source.locate(path)
  const id = source.locate([...path, 'id'])
  return id.line === whole.line && id.col === whole.col ? firstLine(whole) : firstLine(id)
}

function firstLine(place: Place): Place {
  if (place.endLine === undefined || place.endLine === place.line) return place
  return {file: place.file, line: place.line, col: place.col}
}

/** A part of a text value, as a place: the caret stands under the very words where they can be found again. */
export function placeWithin({source}: Context, path: YamlPath, value: string, at: RangeProblem): Place {
  const place = source.locate(path)
  if (place.endLine !== place.line || place.endCol === undefined) return place
  const line = source.text.split(/\r?\n/, place.line)[place.line - 1] ?? ''
  const start = line.slice(place.col - 1, place.endCol - 1).indexOf(value)
  if (start < 0) return place
  const col = place.col + start + at.offset
  return {file: place.file, line: place.line, col, endLine: place.line, endCol: col + at.length}
}

/** The scheme of a component; what comes from another matrix is read as semver. */
export function schemeOf({matrix}: Context, component: string): Scheme {
  return matrix.components[component]?.scheme ?? 'semver'
}

/**
 * A range of a condition. One that cannot be read (M121) or holds nothing (M122) counts as everything, so that one
 * mistake is told once.
 */
export function rangeIn(context: Context, component: string, text: string): Range {
  const scheme = schemeOf(context, component)
  const {range} = parseRange(text, scheme)
  return range && !isEmpty(range) ? range : everything(scheme)
}

/** Just this version, as a range. */
export function exactly(version: Version, scheme: Scheme): Range {
  return rangeOf(scheme, [{from: {at: version, side: 'before'}, to: {at: version, side: 'after'}}])
}

/** The versions that a component lists and that fit its scheme, with their place in the list. */
export function listedVersions(context: Context, component: string): {index: number; version: Version}[] {
  const scheme = schemeOf(context, component)
  return (context.matrix.components[component]?.versions ?? []).flatMap((entry, index) => {
    const version = parseVersion(entry.version, scheme)
    return version ? [{index, version}] : []
  })
}

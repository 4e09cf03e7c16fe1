import semver from 'semver'
import {fail, type Place} from '#lib/diagnostics.ts'
import {parseYaml, type YamlSource} from '#lib/yaml.ts'
import type {Channel} from './prepare-version.ts'

export type Raise = {
  /** The component that carries the product's versions. */
  component: string
  version: string
  /** `2026-11-21` */
  date: string
  channel: Channel
}

/**
 * The matrix with a new release version, its day, its channel and its row in the history. Only these words change:
 * comments, order and form stay as people wrote them. What is so already is left alone.
 * @throws L032 the matrix is not written in block form there
 */
export function raiseMatrix(text: string, file: string, {component, version, date, channel}: Raise): string {
  const source = parseYaml(text, file)
  const edits = [
    scalar(source, ['release', 'version'], version),
    scalar(source, ['release', 'date'], date),
    scalar(source, ['release', 'channel'], channel),
    row(source, component, version, date),
  ]
  // From the end, so that places before an edit stay right.
  return edits
    .flatMap(edit => edit ?? [])
    .sort((a, b) => b.from - a.from)
    .reduce((all, {from, to, text: put}) => all.slice(0, from) + put + all.slice(to), text)
}

type Edit = {from: number; to: number; text: string}
type Path = (string | number)[]

function scalar(source: YamlSource, path: Path, text: string): Edit | undefined {
  const found = valueAt(source.value, path)
  if (found === text) return undefined
  if (typeof found !== 'string') return unusual(source, path)
  const place = source.locate(path)
  const from = offsetOf(source.text, place.line, place.col)
  const to = offsetOf(source.text, place.endLine ?? place.line, place.endCol ?? place.col)
  const [quote = ''] = /^['"]/.exec(source.text.slice(from, to)) ?? []
  return {from, to, text: `${quote}${text}${quote}`}
}

/** The day of a row that is there, or a new row after that of the greatest older version. */
function row(source: YamlSource, component: string, version: string, date: string): Edit | undefined {
  const path: Path = ['components', component, 'versions']
  const rows = valueAt(source.value, path)
  if (!Array.isArray(rows)) return unusual(source, path)
  const versions = rows.map((_, i) => String(valueAt(source.value, [...path, i, 'version'])))
  const there = versions.indexOf(version)
  if (there >= 0) {
    const released = [...path, there, 'released']
    return valueAt(source.value, released) === undefined ? undefined : scalar(source, released, date)
  }
  const after = versions.findLastIndex(v => semver.valid(v) && semver.lt(v, version))
  const place: Place = source.locate([...path, Math.max(after, 0)])
  const lines = source.text.split('\n')
  const indent = /^( *)- /.exec(lines[place.line - 1] ?? '')?.[1]
  if (indent === undefined || after < 0) return unusual(source, path)
  const at = offsetOf(source.text, endOfItem(lines, place.line, indent.length) + 1, 1)
  return {from: at, to: at, text: `${indent}- version: ${version}\n${indent}  released: ${date}\n`}
}

/** The last line of a list's item, without the empty lines and comments behind it. */
function endOfItem(lines: readonly string[], start: number, indent: number): number {
  let end = start
  for (let i = start; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line.trim() === '') continue
    if (line.search(/\S/) <= indent) break
    end = i + 1
  }
  return end
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((v, key) => (v as Record<string | number, unknown> | undefined)?.[key], value)
}

/** Offset of a line and column, both from 1. */
function offsetOf(text: string, line: number, col: number): number {
  let at = 0
  for (let i = 1; i < line; i++) at = text.indexOf('\n', at) + 1
  return at + col - 1
}

function unusual(source: YamlSource, path: Path): never {
  fail({
    code: 'L032',
    message: `${path.join('.')} can't be edited in place`,
    place: source.locate(path),
    expected: 'a plain value, or a list with one `- version:` for each line',
    hint: 'write the new version there by hand, then run the command again',
  })
}

import semver from 'semver'
import {fail} from '#lib/diagnostics.ts'
import {parseYaml, type YamlSource} from '#lib/yaml.ts'
import {type Edit, edited, itemAfter, itemLines, scalarEdit, unusual, valueAt} from '../matrix/edit.ts'
import type {Channel} from '../plan/tags.ts'

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
  const there = rowOf(source, component, version)
  const path = ['components', component, 'versions', there, 'released']
  const dated = there >= 0 && valueAt(source.value, path) !== undefined
  return edited(text, [
    scalarEdit(source, ['release', 'version'], version),
    scalarEdit(source, ['release', 'date'], date),
    scalarEdit(source, ['release', 'channel'], channel),
    there < 0
      ? newRow(source, component, version, [`version: ${version}`, `released: ${date}`])
      : dated
        ? scalarEdit(source, path, date)
        : undefined,
  ])
}

/**
 * The matrix with a row that another branch has written for one of its releases; one that is there stays.
 * @param from the matrix of that branch
 * @throws L032 one of them is not written in block form there, L034 that branch does not list the version
 */
export function learnRow(
  text: string,
  file: string,
  from: {text: string; file: string},
  {component, version}: Pick<Raise, 'component' | 'version'>,
): string {
  const source = parseYaml(text, file)
  if (rowOf(source, component, version) >= 0) return text
  const theirs = parseYaml(from.text, from.file)
  const row = rowOf(theirs, component, version)
  if (row < 0)
    fail({
      code: 'L034',
      message: `${from.file} does not list ${version}`,
      hint: 'name the commit from which it was released with --from',
    })
  const path = ['components', component, 'versions', row]
  return edited(text, [newRow(source, component, version, itemLines(theirs, path))])
}

/** Index of a version's row, -1 when there is none. @throws L032 there is no list */
function rowOf(source: YamlSource, component: string, version: string): number {
  return rowsOf(source, component).indexOf(version)
}

function rowsOf(source: YamlSource, component: string): string[] {
  const path = ['components', component, 'versions']
  const rows = valueAt(source.value, path)
  if (!Array.isArray(rows)) return unusual(source, path)
  return rows.map((_, i) => String(valueAt(source.value, [...path, i, 'version'])))
}

/** Behind the row of the greatest older version. */
function newRow(source: YamlSource, component: string, version: string, lines: readonly string[]): Edit {
  const older = rowsOf(source, component).map(v => (semver.valid(v) && semver.lt(v, version) ? v : ''))
  const greatest = older.filter(Boolean).sort(semver.rcompare)[0]
  const path = ['components', component, 'versions']
  return itemAfter(source, path, greatest === undefined ? -1 : older.lastIndexOf(greatest), lines)
}

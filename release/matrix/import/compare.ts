import {contains} from '#release/lib/range.ts'
import {parseRange} from '#release/lib/range-text.ts'
import {compareVersions, parseVersion, type Version} from '#release/lib/versions.ts'
import {check} from '../compat/index.ts'
import type {Matrix} from '../schema/index.ts'
import type {Row, Table} from './row.ts'

export type Finding = {
  kind:
    | 'missing' // the table has a version of which the matrix has none
    | 'differs' // the matrix says no where the table says yes, or the other way round
    | 'silent' // the table says something, the matrix nothing
    | 'date'
  version: string
  text: string
}

/**
 * Holds a published table against a matrix, by what the matrix *answers* and not by how its rules are written.
 * Versions older than all that the matrix lists are none of its business.
 * @param component whose versions the rows are
 * @param platform what their windows are of; left out when the table has none
 */
export function compareTable(matrix: Matrix, table: Table, component: string, platform?: string): Finding[] {
  const listed = versionsOf(matrix, component)
  const oldest = listed[0]
  return table.rows.flatMap(row => {
    const own = listed.filter(version => isIn(row, version, table.rows))
    const first = parseVersion(row.version, 'semver') ?? parseVersion(`${row.version}.0`, 'semver')
    if (own.length === 0) {
      const old = first && oldest && compareVersions(first, oldest) < 0
      return old
        ? []
        : [{kind: 'missing' as const, version: row.version, text: 'the matrix lists no version of it'}]
    }
    return [
      ...(platform
        ? own.flatMap(version => windowFindings(matrix, table, row, {component, version, platform}))
        : []),
      ...dateFindings(matrix, row, component, own),
    ]
  })
}

function versionsOf(matrix: Matrix, component: string): Version[] {
  const {versions = [], scheme = 'semver'} = matrix.components[component] ?? {}
  return versions
    .filter(v => v.state !== 'yanked')
    .flatMap(v => parseVersion(v.version, scheme) ?? [])
    .sort(compareVersions)
}

/** A row of a minor speaks of its patches up to where a row of its own begins. */
function isIn(row: Row, version: Version, rows: readonly Row[]): boolean {
  const patchOf = (text: string) => Number(text.split('.')[2] ?? -1)
  const minorOf = (text: string) => text.split('.').slice(0, 2).join('.')
  if (`${version.numbers[0]}.${version.numbers[1] ?? 0}` !== minorOf(row.version)) return false
  const patch = version.numbers[2] ?? 0
  const ends = rows
    .filter(r => minorOf(r.version) === minorOf(row.version) && patchOf(r.version) > patchOf(row.version))
    .map(r => patchOf(r.version))
  return patch >= patchOf(row.version) && patch < Math.min(Infinity, ...ends)
}

type Asked = {component: string; version: Version; platform: string}

function windowFindings(
  matrix: Matrix,
  table: Table,
  row: Row,
  {component, version, platform}: Asked,
): Finding[] {
  if (!row.platform) return []
  const scheme = matrix.components[platform]?.scheme ?? 'minor'
  const window = parseRange(`>=${row.platform.min} <=${row.platform.max}`, scheme).range
  const shown = parseRange(`>=${table.oldest ?? '0.0'}`, scheme).range
  const wrong: {yes: string[]; no: string[]; silent: string[]} = {yes: [], no: [], silent: []}
  for (const at of versionsOf(matrix, platform)) {
    if (!window || !shown || !contains(shown, at)) continue
    const {because} = check(matrix, {versions: {[component]: version.text, [platform]: at.text}})
    const ours = because.filter(r => r.verdict === 'broken' || r.verdict === 'holds')
    const about = matrix.rules.filter(
      r => ours.some(o => o.rule === r.id) && names(r, component) && names(r, platform),
    )
    const says =
      about.length === 0
        ? 'silent'
        : ours.some(o => o.verdict === 'broken' && about.some(r => r.id === o.rule))
          ? 'no'
          : 'yes'
    const theirs = contains(window, at) ? 'yes' : 'no'
    // A rule that only speaks inside its own window is silent outside of it, on purpose.
    if (says === 'silent' && theirs === 'yes') wrong.silent.push(at.text)
    else if (says !== 'silent' && says !== theirs) wrong[theirs].push(at.text)
  }
  const text = `upstream ${row.platform.min} to ${row.platform.max}`
  const found = (kind: Finding['kind'], versions: readonly string[], what: string): Finding[] =>
    versions.length === 0
      ? []
      : [{kind, version: version.text, text: `${text}; ${what} ${versions.join(', ')}`}]
  return [
    ...found('differs', wrong.yes, 'the matrix forbids'),
    ...found('differs', wrong.no, 'the matrix allows'),
    ...found('silent', wrong.silent, 'no rule speaks of'),
  ]
}

function names(rule: Matrix['rules'][number], component: string): boolean {
  return JSON.stringify([rule.when, rule.requires]).includes(`"${component}":`)
}

/** The day of a minor is that of its first version. */
function dateFindings(matrix: Matrix, row: Row, component: string, own: readonly Version[]): Finding[] {
  const entry = matrix.components[component]?.versions.find(v => v.version === own[0]?.text)
  if (!entry) return []
  const pairs = [
    ['released', row.released, entry.released],
    ['end of support', row.endOfSupport, entry.endOfSupport],
  ] as const
  return pairs.flatMap(([name, theirs, ours]) =>
    theirs === undefined || theirs === ours
      ? []
      : [
          {
            kind: 'date' as const,
            version: entry.version,
            text: `${name}: upstream ${theirs}, the matrix ${ours ?? 'does not say'}`,
          },
        ],
  )
}

import {compareVersions, parseVersion, type Scheme, type Version} from '#release/lib/versions.ts'
import type {Matrix} from '../schema/index.ts'
import type {Finding} from './compare.ts'
import type {ApiRow} from './row.ts'

/**
 * Holds published removals of API versions against those of the matrix. What went before the oldest version that a
 * component lists, or goes after the newest, no plan can meet.
 * @param platform the component that serves what the table calls `k8s`
 */
export function compareApis(matrix: Matrix, apis: readonly ApiRow[], platform?: string): Finding[] {
  return apis.flatMap((row): Finding[] => {
    const name = row.owner === 'k8s' ? platform : row.owner
    const component = name === undefined ? undefined : matrix.components[name]
    const theirs = component && versionOf(row.removed, component.scheme)
    if (!component || !theirs || !isWithin(theirs, component.versions, component.scheme)) return []
    const own = component.removedApis.find(
      a => a.api === row.api && (a.kinds.length === 0 || row.kind === '' || a.kinds.includes(row.kind)),
    )
    const what = `${row.api}${row.kind ? ` ${row.kind}` : ''}`
    if (!own)
      return [{kind: 'missing', version: theirs.text, text: `${what} is removed; the matrix does not say so`}]
    const ours = versionOf(own.removed, component.scheme)
    if (ours && compareVersions(ours, theirs) === 0) return []
    return [
      {kind: 'differs', version: theirs.text, text: `${what} is removed; the matrix says in ${own.removed}`},
    ]
  })
}

/** Tables write v1.32.0 where a minor is meant. */
function versionOf(text: string, scheme: Scheme): Version | undefined {
  return parseVersion(scheme === 'minor' ? text.split('.').slice(0, 2).join('.') : text, scheme)
}

function isWithin(
  version: Version,
  listed: Matrix['components'][string]['versions'],
  scheme: Scheme,
): boolean {
  const known = listed.flatMap(v => parseVersion(v.version, scheme) ?? []).sort(compareVersions)
  const [oldest, newest] = [known[0], known.at(-1)]
  return (
    oldest !== undefined &&
    newest !== undefined &&
    compareVersions(version, oldest) > 0 &&
    compareVersions(version, newest) <= 0
  )
}

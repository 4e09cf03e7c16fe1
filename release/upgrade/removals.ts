import {compareVersions, parseVersion} from '../lib/versions.ts'
import type {RemovedApi} from '../matrix/schema/components.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Mover} from './domain.ts'

/** API versions that are served before a move up and not after it. */
export function removedOnTheWay(
  {components}: Matrix,
  {members, versions}: Mover,
  {from, to}: {from: number; to: number},
): RemovedApi[] {
  const [a, b] = [versions[from], versions[to]]
  if (!a || !b) return []
  return members.flatMap(member => {
    const {removedApis = [], scheme = 'semver'} = components[member] ?? {}
    return removedApis.filter(({removed}) => {
      const at = parseVersion(removed, scheme)
      return at !== undefined && compareVersions(a, at) < 0 && compareVersions(b, at) >= 0
    })
  })
}

/** What has to be looked at before such a move. */
export function removalCheck({api, kinds, replacement}: RemovedApi): string {
  const what = kinds.length === 0 ? api : `${kinds.join(', ')} of ${api}`
  return `nothing uses ${what} any more${replacement === undefined ? '' : `, but ${replacement}`}`
}

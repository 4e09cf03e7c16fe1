import semver from 'semver'
import type {Diagnostic} from '#lib/diagnostics.ts'
import {contains} from '../lib/range.ts'
import {parseRange} from '../lib/range-text.ts'
import {parseVersion} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {minorOf, supportEnd} from '../matrix/support.ts'
import {channelOf} from '../plan/tags.ts'

type Branch = NonNullable<Matrix['release']>['branches'][number]

/** The branch on which a version is released; undefined when the matrix names none for it. */
export function branchFor({release}: Matrix, version: string): Branch | undefined {
  // A candidate is of the branch that releases what it leads to, though it comes before `>=0.3.0`.
  const read = parseVersion(version.replace(/-.*$/, ''), 'semver')
  return release?.branches.find(({versions, state}) => {
    const {range} = parseRange(versions, 'semver')
    return read && range && state !== 'ended' && contains(range, read)
  })
}

/** The branch whose matrix knows of every release. */
export function mainBranch({release}: Matrix): string {
  return release?.branches.find(b => b.state === 'active')?.name ?? 'main'
}

/** L007: the version is not of this branch. Nightlies are of whatever branch they were made from. */
export function otherBranch(matrix: Matrix, branch: string | undefined, version: string): Diagnostic[] {
  const branches = matrix.release?.branches ?? []
  // CI has checked out a commit or tag; what it may release, its own rules say.
  if (branch === undefined || branches.length === 0 || channelOf(version) === 'nightly') return []
  if (branchFor(matrix, version)?.name === branch) return []
  const ours = branches.find(b => b.name === branch)
  const said = ours ? `releases ${ours.versions} (${ours.state})` : 'is no branch that releases'
  return [
    {
      code: 'L007',
      severity: 'error',
      message: `${branch} ${said}; the version is ${version}`,
      hint: 'go to its branch, or mend release.branches',
    },
  ]
}

/**
 * L033: the policy promises nothing any more to the minor of a version.
 * @param matrix of the main branch, which knows the minors that came after
 * @param date the day of the release
 */
export function unsupported(matrix: Matrix, version: string, date: string): Diagnostic[] {
  const {support: policy, component} = matrix.product
  const product = matrix.components[component]
  if (!policy || !product) return []
  const ends = supportEnd(product, policy)
    .filter(s => s.minor === minorOf(version))
    .flatMap(s => s.until ?? [])
  const until = ends.sort().at(-1)
  if (until === undefined || date <= until) return []
  return [
    {
      code: 'L033',
      severity: 'error',
      message: `support of ${minorOf(version)} ended on ${until}; ${version} would be of ${date}`,
      expected: `${policy.previousMonths} months after the next minor, by product.support`,
      hint: `to release it all the same, say so: endOfSupport at a version of ${minorOf(version)} in the matrix of ${mainBranch(matrix)}`,
    },
  ]
}

/** The newest of the versions after which one of a channel comes: stable ones and its own; fixes do not follow nightlies. */
export function lastOf(versions: readonly string[], channel: string): string | undefined {
  const before = versions.filter(v => {
    const own = channelOf(v)
    return own === 'stable' || own === channel || (channel === 'stable' && own === 'rc')
  })
  return before.toSorted(semver.rcompare)[0]
}

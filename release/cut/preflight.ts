import type {Diagnostic} from '#lib/diagnostics.ts'
import {check} from '../matrix/compat/index.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {otherBranch} from './branches.ts'

/** What a cut has to know of the checkout before it begins. */
export type Facts = {
  matrix: Matrix
  /** Undefined on no branch. */
  branch: string | undefined
  /** Paths that are in no commit. */
  changes: readonly string[]
  /** Generated files that are not as they would be generated. */
  drift: readonly string[]
  /** Where people wrote what changed; undefined when nobody did. */
  written: {file: string; draft: boolean} | undefined
  toolbox: 'committed' | 'overlay'
  /** Whether GitHub is wanted and can't be had. */
  lacksToken: boolean
}

/** What stands in the way of a release, all of it at once. Pure. */
export function refusals(facts: Facts): Diagnostic[] {
  const {matrix, branch, changes, drift, written, toolbox, lacksToken} = facts
  const {release} = matrix
  if (!release) return [problem('L030', 'the matrix describes no release', 'add its section `release`')]
  const {version} = release
  const own = matrix.components[matrix.product.component]?.versions.find(v => v.version === version)
  return [
    ...when(
      changes.length > 0,
      'L001',
      `${named(changes)} not committed`,
      'commit what belongs to the release',
    ),
    ...when(drift.length > 0, 'L002', `${named(drift)} out of date`, 'run `./lockstep generate` and commit'),
    ...when(toolbox === 'overlay', 'L003', 'the toolbox root is an overlay', 'renew its lock and commit it'),
    ...when(
      !written,
      'L005',
      `matrix/changes/${version}.yaml is not there`,
      '`lockstep release prepare` drafts it',
    ),
    ...when(
      written?.draft === true,
      'L005',
      `${written?.file} still says that it is a draft`,
      'edit it for its readers, then remove the line that says so',
    ),
    ...when(own?.state === 'yanked', 'L006', `${version} was withdrawn`, 'prepare the next version'),
    ...otherBranch(matrix, branch, version),
    ...incompatible(matrix, version),
    ...when(
      lacksToken,
      'L008',
      'neither GH_TOKEN nor GITHUB_TOKEN is set',
      'set one, or say --no-github to release to the registry alone',
    ),
  ]
}

/** What the matrix recommends beside this version has to work with it. */
function incompatible(matrix: Matrix, version: string): Diagnostic[] {
  const {component} = matrix.product
  return Object.entries(matrix.components).flatMap(([id, {versions}]) => {
    if (id === component) return []
    const supported = versions.filter(v => v.state === 'supported')
    const answers = supported.map(v => check(matrix, {versions: {[component]: version, [id]: v.version}}))
    // One that is broken may be a known gap; when all are, nobody can use the release.
    if (answers.length === 0 || answers.some(({answer}) => answer !== 'no')) return []
    return [
      problem(
        'L004',
        `${version} works with no listed version of ${id}`,
        `\`lockstep compat check ${component}=${version} ${id}=${supported.at(-1)?.version}\` tells why`,
      ),
    ]
  })
}

function when(holds: boolean, code: string, message: string, hint: string): Diagnostic[] {
  return holds ? [problem(code, message, hint)] : []
}

function problem(code: string, message: string, hint: string): Diagnostic {
  return {code, severity: 'error', message, hint}
}

function named(paths: readonly string[]): string {
  const some = paths.slice(0, 5).join(', ')
  const rest = paths.length > 5 ? ` and ${paths.length - 5} more` : ''
  return `${some}${rest} ${paths.length === 1 ? 'is' : 'are'}`
}

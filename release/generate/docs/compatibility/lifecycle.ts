import type {Context} from '../context.ts'
import {
  deprecationPolicy,
  deprecationTable,
  knownIssue,
  limits,
  supportPolicy,
  upgradePaths,
} from '../lifecycle.ts'
import {blocks, code, section} from '../markdown.ts'

export function paths(context: Context): string {
  return section(
    2,
    'Upgrade paths',
    section(3, 'Supported upgrade paths', upgradePaths(context)),
    'See the [upgrade guide](upgrade-guide.md) for the procedures.',
  )
}

export function limitations(context: Context): string {
  return section(
    2,
    'Known limitations',
    section(3, 'Limits', limits(context)),
    section(
      3,
      `Known issues of ${context.current.version}`,
      ...context.current.knownIssues.map(issue => knownIssue(issue, 4)),
    ),
  )
}

export function deprecations(context: Context): string {
  return section(
    2,
    'Deprecation notices',
    ...context.versions.map(version =>
      section(
        3,
        `v${version.version}`,
        deprecationTable(context, version) || `Nothing is deprecated in ${code(version.version)}.`,
      ),
    ),
    section(3, 'Deprecation policy', deprecationPolicy(context)),
  )
}

export function support(context: Context): string {
  return section(2, 'Version support policy', blocks(supportPolicy(context)))
}

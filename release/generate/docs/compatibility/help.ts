import {type Context, requirements, schemeOf, titleOf} from '../context.ts'
import {levelText} from '../facts.ts'
import {blocks, bullets, fence, link, numbered, section, table} from '../markdown.ts'
import {bounds, rangeText} from '../ranges.ts'

/** The whole page in one table: the oldest and the recommended version of everything the current release needs. */
export function quickReference(context: Context): string {
  const {matrix, current} = context
  const seen = new Set<string>()
  const rows = Object.keys(matrix.components).flatMap(id => {
    const found = requirements(context, id).find(r => holdsFor(r.product, current.version))
    if (!found || seen.has(id)) return []
    seen.add(id)
    const component = matrix.components[id]
    return [
      [
        titleOf(id, context) + (component?.optional ? ` (${component.optional})` : ''),
        bounds(found.range, schemeOf(id, context))?.from ?? found.range,
        component?.recommended ? rangeText(component.recommended, schemeOf(id, context)) : '',
        levelText(found.rule.level),
      ],
    ]
  })
  return section(
    2,
    'Compatibility matrix summary',
    section(
      3,
      'Quick reference',
      table(['Component', 'Minimum version', 'Recommended version', 'Known'], rows),
    ),
  )
}

/** Whether a rule for a range of product versions is the one of this version's minor. */
function holdsFor(range: string, version: string): boolean {
  return range === '*' || bounds(range, 'semver')?.from === version.replace(/\d+$/, '0')
}

export function testing({reference, matrix}: Context): string {
  const rows = reference.checks.map(check => [check.title, check.expect])
  return section(
    2,
    'Testing compatibility',
    'Before deploying:',
    fence(reference.checks.map(check => `# ${check.title}: ${check.expect}\n${check.run}`).join('\n\n')),
    rows.length > 0
      ? `Or ask the matrix itself: \`./lockstep compat --with kubernetes=${matrix.components.kubernetes?.recommended ?? '1.36'}\` lists what works with it, \`./lockstep compat check …\` says yes, no or unknown.`
      : '',
  )
}

/** Problems and their resolution; the upgrade guide has those of upgrades. */
export function troubleshooting({reference}: Pick<Context, 'reference'>, ids?: readonly string[]): string {
  return blocks(
    ...reference.troubleshooting
      .filter(issue => !ids || ids.includes(issue.id))
      .map(issue =>
        section(
          3,
          `Issue: ${issue.title}`,
          `**Symptoms**: ${issue.symptom}`,
          `**Cause**: ${issue.cause}`,
          '**Resolution**:',
          fence(issue.resolution.join('\n')),
          issue.note,
        ),
      ),
  )
}

/** Links to the guides, from a page below docs/. */
export function guides({reference}: Context, toRoot: string): string {
  return bullets(reference.guides.map(guide => `${link(guide.title, toRoot + guide.path)}: ${guide.summary}`))
}

export function support({matrix}: Context): string {
  const {issues, documentation, repository} = matrix.product
  return bullets([
    `**Issues**: ${issues}`,
    ...(documentation ? [`**Documentation**: ${documentation}`] : []),
    `**Releases**: ${repository}/releases`,
  ])
}

export function nextSteps(): string {
  return numbered([
    'Check your cluster with the commands above.',
    'Read the [release notes](release-notes/) of the version.',
    'Follow the [upgrade guide](upgrade-guide.md), or install the chart.',
  ])
}

import {minorOf} from '#release/matrix/support.ts'
import {type Context, requirements, schemeOf, titleOf} from '../context.ts'
import {levelText} from '../facts.ts'
import {blocks, bullets, capital, fence, link, numbered, section, table} from '../markdown.ts'
import {bounds, rangeText} from '../ranges.ts'

/** The whole page in one table: the oldest and the recommended version of everything the current release needs. */
export function quickReference(context: Context): string {
  const rows = Object.entries(context.matrix.components).flatMap(([id, component]) => {
    const found = requirements(context, id).find(r => speaksOf(r.product, context.current.version))
    if (!found) return []
    const scheme = schemeOf(id, context)
    return [
      [
        titleOf(id, context),
        bounds(found.range, scheme)?.from ?? found.range,
        component.recommended ? rangeText(component.recommended, scheme) : '',
        capital(component.optional ?? (found.rule.requires?.any ? 'one of its kind' : 'always')),
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
      table(['Component', 'Minimum version', 'Recommended version', 'Needed', 'Known'], rows),
    ),
  )
}

/** Whether a rule for a range of product versions is about this one: such ranges are minors, or all. */
export function speaksOf(range: string, version: string): boolean {
  const from = bounds(range, 'semver')?.from
  return range === '*' || (from !== undefined && minorOf(from) === minorOf(version))
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

/** Links to the guides, from a page that finds docs/ by `toDocs`. */
export function guides({reference}: Context, toDocs: string): string {
  const path = (file: string) => (file.startsWith('docs/') ? toDocs + file.slice(5) : `${toDocs}../${file}`)
  return bullets(reference.guides.map(guide => `${link(guide.title, path(guide.path))}: ${guide.summary}`))
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

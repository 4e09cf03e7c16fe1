import type {ComponentVersion, KnownIssue} from '#release/matrix/schema/components.ts'
import {earliestRemoval} from '#release/matrix/support.ts'
import type {Context} from './context.ts'
import {cited, levelText} from './facts.ts'
import {blocks, bullets, code, link, section, table} from './markdown.ts'

const phases = {full: 'latest', fixes: 'previous', community: 'older'} as const

/** Every version with the end that the policy gives it. */
export function supportTable(context: Context): string {
  const policy = context.matrix.product.support
  if (!policy) return ''
  const rows = [...context.support].reverse().map(support => {
    const version = context.product.versions.find(v => v.version === support.version)
    return [
      `${support.minor}.x (${support.version})`,
      version?.released ?? '',
      support.until ?? `${policy.previousMonths} months after the next minor`,
      policy[phases[support.phase]],
      version?.title ?? '',
    ]
  })
  return table(['Version', 'Released', 'End of support', 'Gets', 'Notes'], rows)
}

export function supportPolicy(context: Context): string {
  const policy = context.matrix.product.support
  if (!policy) return ''
  const months = `${policy.previousMonths} months after its successor`
  return blocks(
    table(
      ['Version', 'For how long', 'Gets'],
      [
        ['Latest minor', 'as long as it is the latest', policy.latest],
        ['Previous minor', months, policy.previous],
        ['Older', 'no end', policy.older],
      ],
    ),
    supportTable(context),
  )
}

/** What a version deprecates, and when the policy lets it go. */
export function deprecationTable(context: Context, version: ComponentVersion): string {
  const policy = context.matrix.product.deprecation
  const rows = version.deprecations.map(deprecation => {
    const earliest = policy && earliestRemoval(version, policy)
    return [
      deprecation.title,
      deprecation.replacement ?? 'none',
      deprecation.removal ?? 'not planned',
      earliest ? `${earliest.minor}.0${earliest.day ? `, and not before ${earliest.day}` : ''}` : '',
    ]
  })
  return table(['Deprecated', 'Use', 'Planned removal', 'Earliest by the policy'], rows)
}

export function deprecationPolicy({matrix}: Context): string {
  const policy = matrix.product.deprecation
  if (!policy) return ''
  return bullets([
    `A feature is deprecated for at least ${policy.minors === 1 ? 'one minor' : `${policy.minors} minors`} before the one that removes it, and for at least ${policy.months} months.`,
    'The release notes name it, and what uses it says so in its log or its render.',
    'The matrix is refused when it removes a feature sooner.',
    'Before 1.0.0 a minor may still break what was never deprecated; its release notes then say how to go on.',
  ])
}

/** One known issue with everything that a reader can do about it. */
export function knownIssue(issue: KnownIssue, level: 3 | 4, title = issue.title): string {
  const lines: [string, string | undefined][] = [
    ['Symptom', issue.symptom],
    ['Cause', issue.cause],
    ['Workaround', issue.workaround ?? 'none known'],
    [
      'Tracking',
      issue.tracking && link(issue.tracking.replace(/^https:\/\/(github\.com\/)?/, ''), issue.tracking),
    ],
    ['Fixed in', issue.fixedIn],
    ['Known', issue.level && levelText(issue.level)],
  ]
  return section(
    level,
    title,
    bullets(lines.flatMap(([name, text]) => (text ? [`**${name}:** ${text}`] : []))),
  )
}

export function limits({reference}: Context): string {
  const rows = reference.limits.map(limit => [
    limit.title,
    `${limit.value}${limit.unit ? ` ${limit.unit}` : ''}`,
    limit.note ?? '',
    `${levelText(limit.level)}, ${cited(limit.asOf, limit.source)}`,
  ])
  return table(['What', 'At most', 'Notes', 'Known'], rows)
}

const directs = {yes: 'yes', no: 'no', migration: 'no: a migration'}

/** How the product may move, edge by edge. */
export function upgradePaths({matrix}: Context): string {
  const rows = matrix.transitions
    .filter(t => t.component === matrix.product.component)
    .map(t => [
      t.from ? code(t.from) : 'any',
      t.to ? code(t.to) : stepText(t.step),
      t.direct ? directs[t.direct] : '',
      t.disruption,
      t.back ? (t.back.after === 'nothing' ? 'yes' : 'by installing the old version again') : 'no',
      t.because,
      `${levelText(t.level)}, ${cited(t.asOf, t.source)}`,
    ])
  return table(['From', 'To', 'Direct', 'Disruption', 'Way back', 'Why', 'Known'], rows)
}

function stepText(step: {major?: number | undefined; minor?: number | undefined} | undefined): string {
  if (step?.major === 0 && step.minor === 0) return 'a later patch of the same minor'
  return step?.major === 0 ? 'a later minor of the same major' : 'any'
}

export function breakingChanges(version: ComponentVersion): string {
  return bullets(
    version.breaking.map(({title, migration}) =>
      migration ? `**${title}.** ${migration}` : `**${title}.**`,
    ),
  )
}

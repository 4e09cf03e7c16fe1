import type {ComponentVersion} from '#release/matrix/schema/components.ts'
import {changeSections} from '../changelog.ts'
import type {Changes} from '../changes.ts'
import {guides, support} from '../compatibility/help.ts'
import type {Context} from '../context.ts'
import {breakingChanges, deprecationTable, knownIssue} from '../lifecycle.ts'
import {blocks, bullets, fence, link, numbered, section} from '../markdown.ts'
import {artifacts} from './artifacts.ts'
import {installation} from './installation.ts'
import {claims, compatibility, performance, testing} from './truth.ts'

/** docs/release-notes/v<version>.md, for the release of today and for those of before. */
export function releaseNotes(context: Context, version: ComponentVersion, changes: Changes): string {
  const {matrix} = context
  const isCurrent = version === context.current
  return blocks(
    `# Release notes - v${version.version}`,
    `**Release date**: ${version.released ?? 'not released'}`,
    version.state === 'yanked' && `> **Withdrawn**: ${version.withdrawn ?? 'do not install it any more'}`,
    `**Status**: ${(isCurrent && context.release.status) || version.title || version.state}`,
    section(
      2,
      'Overview',
      changes.summary,
      section(3, 'Key highlights', bullets(isCurrent ? context.reference.highlights : version.notes)),
    ),
    included(context, changes),
    installation(context, version),
    section(
      2,
      'Key features',
      ...changes.features.map((feature, i) =>
        section(
          3,
          `${i + 1}. ${feature.title}`,
          feature.text,
          feature.example && fence(feature.example.code, feature.example.language),
        ),
      ),
    ),
    artifacts(context, version, changes),
    section(
      2,
      'Integration with meta-DRA drivers',
      isCurrent
        ? integration(context)
        : `What meta-drivers may rely on stands in the [compatibility guide](../compatibility.md#consumer-compatibility).`,
    ),
    compatibility(context, version),
    claims(context, version),
    section(2, 'Breaking changes', breakingChanges(version) || '**None.**'),
    section(
      2,
      'Known issues',
      ...version.knownIssues.map((issue, i) => knownIssue(issue, 3, `${i + 1}. ${issue.title}`)),
    ),
    section(2, 'Deprecations', deprecationTable(context, version) || '**None.**'),
    section(2, 'Migration guide', migration(version)),
    testing(context, version, changes),
    performance(context),
    section(2, 'Contributors', contributors(context)),
    section(
      2,
      'Changelog',
      'See [CHANGELOG.md](../../CHANGELOG.md) for every version.',
      changeSections(context, changes),
    ),
    section(2, 'Upgrade notes', 'See the [upgrade guide](../upgrade-guide.md).'),
    security(context, changes),
    section(2, 'Documentation', guides(context, '../')),
    section(2, 'Support', support(context)),
    section(2, 'Next steps', nextSteps(context)),
    section(
      2,
      'Acknowledgments',
      bullets(matrix.product.acknowledgments.map(a => `${link(a.title, a.url)}: ${a.because}`)),
    ),
    `**Full release**: ${matrix.product.repository}/releases/tag/v${version.version}`,
  )
}

function included(context: Context, changes: Changes): string {
  return section(
    2,
    "What's included",
    ...changes.included.map((part, i) =>
      section(
        3,
        `${i + 1}. ${context.matrix.components[part.component]?.title ?? part.component}`,
        part.text,
        bullets(part.features),
      ),
    ),
  )
}

function integration({reference}: Context): string {
  return blocks(
    'Meta-drivers read the slices and talk to nothing else:',
    ...reference.consumers.map(c => section(3, c.name, bullets(c.requirements), c.note)),
  )
}

function migration(version: ComponentVersion): string {
  const steps = version.breaking.flatMap(({title, migration}) =>
    migration ? [`**${title}**: ${migration}`] : [],
  )
  return steps.length > 0
    ? blocks(numbered(steps), 'The commands are in the [upgrade guide](../upgrade-guide.md).')
    : 'Not applicable.'
}

function contributors({matrix}: Context): string {
  return bullets(
    matrix.product.contributors.map(c => `${c.name}${c.handle ? ` (@${c.handle})` : ''} - ${c.role}`),
  )
}

function security({matrix}: Context, changes: Changes): string {
  const {contact, policy, reported} = matrix.product.security
  return section(
    2,
    'Security',
    section(3, 'Security model', bullets(changes.securityModel)),
    section(
      3,
      'Reported vulnerabilities',
      bullets(reported.map(r => `**${r.id}**: ${r.summary}${r.fixedIn ? ` Fixed in ${r.fixedIn}.` : ''}`)) ||
        'None that we know of.',
      `To report one: ${contact}${policy ? ` (${link('policy', policy)})` : ''}`,
    ),
  )
}

function nextSteps({matrix}: Context): string {
  return numbered([
    'Check your cluster against the [compatibility guide](../compatibility.md).',
    'Install or [upgrade](../upgrade-guide.md).',
    `Report what you see: ${matrix.product.issues}`,
  ])
}

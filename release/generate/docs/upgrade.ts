import type {Procedure} from '#release/matrix/schema/rules.ts'
import {support as help, troubleshooting} from './compatibility/help.ts'
import type {Context} from './context.ts'
import {
  breakingChanges,
  deprecationPolicy,
  deprecationTable,
  supportPolicy,
  upgradePaths,
} from './lifecycle.ts'
import {blocks, bullets, code, fence, listing, section} from './markdown.ts'
import {procedureSteps, stepChecklist} from './procedure.ts'

/** docs/upgrade-guide.md: how to move from one version to the next, and back. */
export function upgradeGuide(context: Context): string {
  const {matrix, product} = context
  return blocks(
    `# ${matrix.product.title} upgrade guide`,
    section(
      2,
      'Overview',
      `How to move ${product.title} from one version to the next, and back.`,
      variables(context),
    ),
    strategy(context),
    section(2, 'Pre-upgrade checklist', checklist(context)),
    procedures(context),
    section(2, 'Post-upgrade verification', verification(context)),
    rollbacks(context),
    section(2, 'Version compatibility matrix', 'See the [compatibility guide](compatibility.md).'),
    breaking(context),
    section(2, 'Deprecated features', deprecated(context)),
    section(2, 'Support lifecycle', supportPolicy(context)),
    section(2, 'Upgrade FAQs', ...context.reference.faq.map(faq => section(3, faq.question, faq.answer))),
    section(2, 'Troubleshooting upgrades', troubleshooting(context, ofUpgrades)),
    section(
      2,
      'Next steps',
      '[Compatibility](compatibility.md), [release notes](release-notes/), [changelog](../CHANGELOG.md).',
    ),
    section(2, 'Support', help(context)),
  )
}

const ofUpgrades = ['pods-pending', 'no-kernel-mapping', 'module-not-upgraded', 'same-tag-not-rebuilt']

function variables({matrix, release}: Context): string {
  return blocks(
    'The commands use these variables; set them to what is true for you:',
    fence(
      [
        `export NAMESPACE=${matrix.product.id}`,
        `export RELEASE=${matrix.product.id}`,
        `export VERSION=${release.version}`,
        'export RUN=first # any word for this upgrade, the same to its end; backups are called by it',
        'export REGISTRY=registry.example.com/mirror # with a private registry',
        'export NODE=node1 KERNEL=$(uname -r) # where a step goes node by node',
        `export INSTALLED=${release.version} # what is installed, where a step leaves it as it is`,
      ].join('\n'),
    ),
  )
}

function strategy(context: Context): string {
  const parts = context.parts.map(([, part]) => part.title)
  return section(
    2,
    'Upgrade strategy',
    section(
      3,
      'Semantic versioning',
      bullets([
        '**MAJOR**: may break; its release notes hold the migration. From 0.x to 1.x is a major upgrade.',
        '**MINOR**: adds, and may drop what was deprecated before. **Below 1.0.0 it may also break.**',
        '**PATCH**: fixes only.',
      ]),
    ),
    section(3, 'Unified versioning', `${listing(parts)} have one version and are upgraded together.`),
    section(3, 'Paths', upgradePaths(context)),
  )
}

function checklist({matrix}: Context): string {
  return blocks(
    ...generalProcedures(matrix.procedures).map(p => stepChecklist([...p.before, ...p.backup], matrix)),
  )
}

function verification({matrix}: Context): string {
  return blocks(...generalProcedures(matrix.procedures).map(p => stepChecklist(p.verify, matrix)))
}

/** What goes for every move: it has checks, and changes nothing itself. */
function generalProcedures(procedures: readonly Procedure[]): Procedure[] {
  return procedures.filter(p => p.move === 'any' && p.change.length === 0)
}

function procedures(context: Context): string {
  const {matrix} = context
  const product = matrix.product.component
  const moves = matrix.procedures.filter(p => p.move !== 'rollback' && p.change.length > 0)
  const chapter = (title: string, chosen: Procedure[]) =>
    section(3, title, ...chosen.map(p => section(4, p.title, procedureSteps(p, matrix))))
  const byHelm = moves.filter(p => p.component === product && !['manual', 'site', 'any'].includes(p.move))
  return section(
    2,
    'Upgrade procedures',
    chapter('Helm chart upgrades', byHelm),
    chapter(
      'Manual deployment upgrades',
      moves.filter(p => p.component === product && p.move === 'manual'),
    ),
    chapter(
      'Kernel module and kernel upgrades',
      moves.filter(p => p.component !== product),
    ),
    chapter(
      'Particular sites',
      moves.filter(p => p.component === product && p.move === 'site'),
    ),
  )
}

function rollbacks({matrix}: Context): string {
  const found = matrix.procedures.filter(p => p.move === 'rollback')
  return section(2, 'Rollback procedures', ...found.map(p => section(3, p.title, procedureSteps(p, matrix))))
}

function breaking({versions}: Context): string {
  return section(
    2,
    'Breaking changes',
    ...versions.map(version => section(3, `v${version.version}`, breakingChanges(version) || 'None.')),
  )
}

function deprecated(context: Context): string {
  const {current} = context
  return blocks(
    section(
      3,
      'Current deprecations',
      deprecationTable(context, current) || `Nothing is deprecated in ${code(current.version)}.`,
    ),
    section(3, 'Deprecation policy', deprecationPolicy(context)),
  )
}

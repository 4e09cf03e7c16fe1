import type {ComponentVersion} from '#release/matrix/schema/components.ts'
import type {Evidence, EvidenceRecord} from '#release/matrix/schema/evidence.ts'
import type {Changes} from '../changes.ts'
import {speaksOf} from '../compatibility/help.ts'
import {type Context, requirements, schemeOf, titleOf} from '../context.ts'
import {cited, known} from '../facts.ts'
import {blocks, bullets, section, table} from '../markdown.ts'
import {rangeText} from '../ranges.ts'

/** What the version works with, as it is known today. */
export function compatibility(context: Context, version: ComponentVersion): string {
  return section(
    2,
    'Compatibility',
    section(3, 'Kubernetes compatibility', rows(context, version, ['kubernetes', 'kubelet'])),
    section(
      3,
      'Runtime compatibility',
      rows(context, version, ['containerd', 'cri-o', 'crun']),
      version === context.current &&
        table(
          ['Runtime', 'Versions', 'CDI', 'Notes', 'Known'],
          context.reference.runtimes.map(r => [r.name, r.versions, r.cdi ? 'yes' : 'no', r.note, known(r)]),
        ),
    ),
    section(
      3,
      'Kernel compatibility',
      rows(context, version, ['linux']),
      version === context.current && lines(context),
    ),
    section(3, 'Everything else', rows(context, version, ['kmm', 'cert-manager', 'helm', 'argo-cd', 'flux'])),
    'See the [compatibility guide](../compatibility.md) for all of it.',
  )
}

function rows(context: Context, version: ComponentVersion, ids: readonly string[]): string {
  const found = ids.flatMap(id =>
    requirements(context, id)
      .filter(r => speaksOf(r.product, version.version))
      .map(({rule, range}) => [
        titleOf(id, context),
        rangeText(range, schemeOf(id, context)),
        rule.because,
        known(rule),
      ]),
  )
  return table(['Component', 'Versions', 'Why', 'Known'], found)
}

function lines({matrix}: Context): string {
  return table(
    ['Kernels', 'State', 'Known'],
    (matrix.kernels?.lines ?? []).map(line => [line.title, line.state, known(line)]),
  )
}

/** What a version said about itself, kept apart from what is known. */
export function claims(context: Context, version: ComponentVersion): string {
  const entries = Object.entries(version.claims)
  if (entries.length === 0) return ''
  return section(
    2,
    'What the release claimed',
    `Its own documents said this; where it differs from the tables above, the tables are right${cited('.', version.source)}`,
    table(
      ['About', 'Claim'],
      entries.map(([id, claim]) => [titleOf(id, context), claim]),
    ),
  )
}

export function testing(context: Context, version: ComponentVersion, changes: Changes): string {
  const {matrix, reference} = context
  const validated = reference.validated.filter(v => v.version === version.version)
  const shown = matrix.evidence.filter(e => e.version === version.version)
  return section(
    2,
    'Testing',
    section(
      3,
      'Validated configurations',
      table(
        ['Configuration', 'Evidence', 'Known'],
        [
          ...shown.flatMap(e => e.records.map(r => recordRow(e, r, context))),
          ...validated.map(v => [v.configuration, v.evidence, known(v)]),
        ],
      ) || 'None is on record.',
    ),
    section(3, 'Test coverage', bullets(changes.tests)),
  )
}

export function performance({reference}: Context): string {
  const rows = reference.resources.map(r => [
    r.component,
    r.metric,
    r.idle ?? '',
    r.load ?? '',
    r.note ?? '',
    known(r),
  ])
  return section(
    2,
    'Performance',
    section(
      3,
      'Resource usage (per node)',
      'What stands with an earlier version was given by that version; nobody has measured it since.',
      blocks(table(['Component', 'Of', 'Idle', 'Under load', 'Notes', 'Known'], rows)),
    ),
  )
}

/** What a test ran with, as it was recorded, and the run. */
function recordRow({id, date}: Evidence, {test, versions}: EvidenceRecord, context: Context): string[] {
  const order = Object.keys(context.matrix.components)
  const parts = Object.entries(versions)
    .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([name, version]) => `${titleOf(name, context)} ${version}`)
  return [parts.join(', '), `\`${test}\``, known({level: 'tested', source: id, asOf: date})]
}

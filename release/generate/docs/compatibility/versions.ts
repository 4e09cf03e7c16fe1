import {minorOf} from '#release/matrix/support.ts'
import {type Context, requirements, schemeOf, titleOf} from '../context.ts'
import {cited, known} from '../facts.ts'
import {blocks, capital, code, listing, section, table} from '../markdown.ts'
import {bounds, rangeText} from '../ranges.ts'

/** The parts and their one version. */
export function componentVersions(context: Context): string {
  const {parts, versions, matrix} = context
  const rows = versions.map(version => [
    code(version.version),
    ...parts.map(([id]) => version.claims[id] ?? version.version),
    version.released ?? 'not released',
  ])
  return section(
    2,
    'Component version compatibility',
    `All parts of ${matrix.product.title} share one version and **must be deployed together**.`,
    table([matrix.product.title, ...parts.map(([, part]) => part.title), 'Released'], rows),
    '**Do not mix versions.** Image tags carry a `v` (`v0.2.0`), versions and the chart do not (`0.2.0`).',
  )
}

export function kubernetes(context: Context): string {
  return section(
    2,
    'Kubernetes compatibility',
    section(3, 'Kubernetes version requirements', requirementTable(context, 'kubernetes')),
    section(3, 'Kubernetes releases', versionTable(context, 'kubernetes')),
    section(3, 'kubelet', ruleList(context, 'kubelet')),
    section(3, 'Feature gates', featureGates(context)),
    section(3, 'API group compatibility', apis(context)),
  )
}

/** Lowest and highest version of a component for every version of the product. */
export function requirementTable(context: Context, component: string): string {
  const scheme = schemeOf(component, context)
  const rows = requirements(context, component).map(({rule, product, range, values}) => {
    const found = bounds(range, scheme)
    return [
      productText(product, context),
      found ? (found.from ?? 'any') : code(range),
      found?.to ?? 'none known',
      [values.length > 0 ? `Only with ${listing(values.map(code))}.` : '', rule.because].join(' '),
      known(rule),
    ]
  })
  return table([context.matrix.product.title, 'Minimum', 'Maximum', 'Why', 'Known'], rows)
}

/** The product's versions as a reader says them: `0.2.x`. */
export function productText(range: string, context: Context): string {
  const [from, to] = Object.values(bounds(range, 'semver') ?? {})
  if (from && to === `${minorOf(from)}.x`) return to
  return range === '*' ? 'all' : rangeText(range, schemeOf(context.matrix.product.component, context))
}

/** The known versions of a component with their dates. */
export function versionTable({matrix}: Context, component: string): string {
  const found = matrix.components[component]
  const rows = [...(found?.versions ?? [])].reverse().map(version => {
    const end = version.endOfSupport ?? (version.state === 'planned' ? '' : 'not known')
    return [
      version.version + (version.version === found?.recommended ? ' (recommended)' : ''),
      version.released ?? (version.state === 'planned' ? 'planned' : 'not known'),
      version.state === 'eol' ? `**${end}** (ended)` : end,
      version.notes.join(' '),
      cited(version.asOf ?? '', version.source),
    ]
  })
  return table(['Version', 'Released', 'End of support', 'Notes', 'As of'], rows)
}

/** Every rule that speaks of a component, one after the other. */
export function ruleList(context: Context, component: string): string {
  const rows = context.matrix.rules.flatMap(rule => {
    if (rule.when?.versions[component] === undefined) return []
    const about = rule.when.versions[component]
    return [
      [about === '*' ? 'any' : rangeText(about, schemeOf(component, context)), rule.because, known(rule)],
    ]
  })
  return table([titleOf(component, context), 'What holds', 'Known'], rows)
}

function featureGates(context: Context): string {
  const rows = context.reference.featureGates.map(gate => [
    code(gate.name),
    titleOf(gate.component, context),
    rangeText(gate.versions, schemeOf(gate.component, context)),
    gate.default.replace('-', ', '),
    gate.needed,
    gate.note ?? '',
    known(gate),
  ])
  return table(['Gate', 'Of', 'Versions', 'By default', 'Needed', 'Notes', 'Known'], rows)
}

function apis(context: Context): string {
  const rows = context.release.apis.map(api => [
    code(api.group),
    api.versions.map(code).join(', '),
    titleOf(api.component, context),
    api.note ?? '',
  ])
  const claims = context.versions.flatMap(v =>
    v.claims.kubernetes && v !== context.current
      ? [cited(`${v.version} claimed: ${capital(v.claims.kubernetes)}.`, v.source)]
      : [],
  )
  return blocks(
    `What ${context.release.version} speaks:`,
    table(['API', 'Versions', 'Component', 'Notes'], rows),
    claims.join('\n'),
  )
}

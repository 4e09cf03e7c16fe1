import type {ComponentVersion} from '#release/matrix/schema/components.ts'
import {speaksOf} from '../compatibility/help.ts'
import {type Context, requirements, schemeOf, titleOf} from '../context.ts'
import {levelText} from '../facts.ts'
import {blocks, bullets, code, fence, listing, section} from '../markdown.ts'
import {rangeText} from '../ranges.ts'

export function installation(context: Context, version: ComponentVersion): string {
  const quickStart = version === context.current ? commands(context) : ''
  return section(
    2,
    'Installation',
    section(
      3,
      'Quick start (Helm)',
      quickStart || `${version.version} is history: install ${context.current.version}.`,
    ),
    section(3, 'Prerequisites', prerequisites(context, version)),
  )
}

function commands({matrix, release}: Context): string {
  const chart = `oci://${release.registry}/${release.charts}/${matrix.product.id}`
  const install = `helm install ${matrix.product.id} ${chart} \\\n  --version ${release.version} --namespace ${matrix.product.id} --create-namespace`
  return blocks(
    fence(
      [
        '# The kernel module comes from KMM',
        `${install} \\\n  --set kernelModule.enabled=true`,
        '',
        '# The kernel module is on the nodes already',
        install,
      ].join('\n'),
    ),
    "Image tags follow from the version and the node's kernel; there is none to set.",
  )
}

/** Everything that the rules ask for, for this version of the product. */
function prerequisites(context: Context, version: ComponentVersion): string {
  const seen = new Set<string>()
  const lines = Object.keys(context.matrix.components).flatMap(id =>
    requirements(context, id).flatMap(({rule, product, range, values, onlyIfThere}) => {
      if (!speaksOf(product, version.version) || onlyIfThere || seen.has(id)) return []
      seen.add(id)
      const only = values.length > 0 ? `, with ${listing(values.map(code))}` : ''
      const choice = rule.requires?.any
        ? ` (one ${rule.title?.toLowerCase() ?? 'of its kind'} is enough)`
        : ''
      return [
        `**${titleOf(id, context)}**: ${rangeText(range, schemeOf(id, context))}${only}${choice} - ${levelText(rule.level)}`,
      ]
    }),
  )
  return blocks(bullets(lines), 'Reasons and sources are in the [compatibility guide](../compatibility.md).')
}

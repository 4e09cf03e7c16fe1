import type {Context} from '../context.ts'
import {known} from '../facts.ts'
import {blocks, fence, section, table} from '../markdown.ts'
import {requirementTable, ruleList, versionTable} from './versions.ts'

export function runtimes(context: Context): string {
  return section(
    2,
    'Container runtime compatibility',
    section(3, 'Supported runtimes', runtimeTable(context, false)),
    section(3, 'What the product needs', requirementTable(context, 'containerd')),
    section(3, 'containerd releases', versionTable(context, 'containerd'), ruleList(context, 'containerd')),
    section(
      3,
      'Default runtime: crun or runc',
      runtimeTable(context, true),
      "The node's `containerRuntimeVersion` names containerd or CRI-O only; which of crun and runc is behind it shows in the runtime handlers (see [Testing compatibility](#testing-compatibility)).",
    ),
    section(3, 'Configuration', configurations(context)),
  )
}

/** A low-level runtime stands below containerd or CRI-O. */
function runtimeTable({reference}: Context, low: boolean): string {
  const rows = reference.runtimes
    .filter(runtime => /\(below/.test(runtime.name) === low)
    .map(runtime => [
      runtime.name,
      runtime.versions,
      runtime.cdi ? 'yes' : 'no',
      runtime.note,
      known(runtime),
    ])
  return table(['Runtime', 'Versions', 'CDI', 'Notes', 'Known'], rows)
}

export function configurations({reference}: Pick<Context, 'reference'>): string {
  return blocks(
    ...reference.configurations.map(configuration =>
      blocks(
        `**${configuration.title}.** ${configuration.when}`,
        fence(configuration.commands.join('\n')),
        [configuration.note ?? '', `(${known(configuration)})`].join(' '),
      ),
    ),
  )
}

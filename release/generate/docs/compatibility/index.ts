import type {Context} from '../context.ts'
import {legend} from '../facts.ts'
import {blocks, section} from '../markdown.ts'
import {guides, support as help, nextSteps, quickReference, testing, troubleshooting} from './help.ts'
import {kernels} from './kernels.ts'
import {deprecations, limitations, paths, support} from './lifecycle.ts'
import {networking, storage} from './node.ts'
import {consumers, installers, kmm, operatingSystem} from './platform.ts'
import {runtimes} from './runtime.ts'
import {componentVersions, kubernetes} from './versions.ts'

/** docs/compatibility.md: what works with what, how well that is known, and by whose word. */
export function compatibilityPage(context: Context): string {
  const {matrix, release} = context
  return blocks(
    `# ${matrix.product.title} compatibility guide`,
    section(
      2,
      'Overview',
      `What ${matrix.product.title} ${release.version} (${release.date}) works with. Every line says how well it is known, since when, and by which source; what is not here is unknown, which is never a yes.`,
      legend(),
    ),
    quickReference(context),
    componentVersions(context),
    kubernetes(context),
    runtimes(context),
    kernels(context),
    kmm(context),
    operatingSystem(context),
    consumers(context),
    installers(context),
    networking(context),
    storage(context),
    paths(context),
    limitations(context),
    deprecations(context),
    support(context),
    testing(context),
    section(2, 'Compatibility issues and resolutions', troubleshooting(context)),
    section(2, 'Next steps', nextSteps(), guides(context, '')),
    section(2, 'Support', help(context)),
  )
}

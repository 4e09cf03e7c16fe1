import type {Run} from './command.ts'
import {print, table} from './output.ts'
import {boundNow, loadSite} from './site-files.ts'

/** Which version of everything a site's files ask for, and who owns each. */
export const run: Run = async (args, context) => {
  const site = await loadSite(context, args.text('bindings'))
  const bound = await boundNow(site, context)
  print(context, {components: bound}, paint => {
    const rows = bound.map(({name, version, owner, where}) => [name, version ?? '?', owner, where])
    return table(['component', 'version', 'owner', 'where'], rows, paint, context.width)
  })
  return 0
}

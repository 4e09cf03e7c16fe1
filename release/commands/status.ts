import {runningVersion} from '../lib/versions.ts'
import {readObjectField} from '../live/object.ts'
import type {Bound} from '../upgrade/site/bindings.ts'
import type {Args, Context, Run} from './command.ts'
import {withCluster} from './live-cluster.ts'
import {print, table} from './output.ts'
import {boundNow, loadSite, type Site} from './site-files.ts'

/** Which version of everything a site's files ask for, and who owns each; with --live, what runs as well. */
export const run: Run = async (args, context) => {
  const site = await loadSite(context, args.text('bindings'))
  const inFiles = await boundNow(site, context)
  const bound = args.flag('live') ? await withLive(inFiles, site, args, context) : inFiles
  print(context, {components: bound}, paint => {
    const rows = bound.map(({name, version, owner, where}) => [name, version ?? '?', owner, where])
    return table(['component', 'version', 'owner', 'where'], rows, paint, context.width)
  })
  return 0
}

/** Bound versions stand in the order of the bindings; those of objects come from the cluster. */
function withLive(bound: readonly Bound[], site: Site, args: Args, context: Context): Promise<Bound[]> {
  return withCluster(args, context, kube =>
    Promise.all(
      bound.map(async (one, i): Promise<Bound> => {
        const binding = site.bindings.bindings[i]
        if (!binding || !('object' in binding.at)) return one
        const scheme = site.matrix.components[binding.component]?.scheme ?? 'opaque'
        const text = await readObjectField(kube, binding.at.object, binding.at.path)
        return {...one, version: runningVersion(text, scheme)}
      }),
    ),
  )
}

import {fail} from '#lib/diagnostics.ts'
import {planText} from '../build/dist.ts'
import type {Artifact, ReleasePlan} from '../plan/plan.ts'
import {type Shard, shardsOf} from '../plan/shards.ts'
import type {Run} from './command.ts'
import {type Paint, print, table} from './output.ts'
import {planRelease} from './plan-inputs.ts'
import {certificateOf} from './signing.ts'
import {loadWorkspace} from './workspace.ts'

export const run: Run = async (args, context) => {
  const file = args.text('sign-cert')
  const certificate = file === undefined ? undefined : await certificateOf(file, context)
  const {plan} = await planRelease(await loadWorkspace(context), context, undefined, certificate)
  const shards = args.text('shards')
  if (shards !== undefined) {
    const parts = shardsOf(plan, machines(shards))
    print(context, parts, paint => shardTable(parts, paint, context.width))
    return 0
  }
  // The very text that `release build` writes to dist/plan.json.
  if (context.format === 'json') context.out(planText(plan))
  else print(context, plan, paint => planTable(plan, paint, context.width))
  return 0
}

function machines(text: string): number {
  const most = Number(text)
  if (Number.isInteger(most) && most > 0) return most
  fail({code: 'C008', message: `--shards can't be ${text}`, expected: 'a whole number from 1'}, 2)
}

function shardTable(shards: readonly Shard[], paint: Paint, width: number | undefined): string {
  const rows = shards.map(({shard, kernels}) => [String(shard), kernels])
  return table(['SHARD', 'KERNELS'], rows, paint, width)
}

function planTable(plan: ReleasePlan, paint: Paint, width: number | undefined): string {
  const {product, version, channel, registry, artifacts, lock} = plan
  const day = new Date(plan.epoch * 1000).toISOString().slice(0, 10)
  const rows = artifacts.map(a => [String(a.stage), a.recipe.kind, a.digest.slice(0, 12), whereTo(a)])
  return [
    paint('bold', `${product} ${version} (${channel}, ${day}) to ${registry}`),
    `${artifacts.length} artifacts${lock === 'overlay' ? '; from an overlay lock: never published' : ''}\n`,
    table(['STAGE', 'KIND', 'INPUTS', 'RESULT'], rows, paint, width),
  ].join('\n')
}

function whereTo({oci, files, title}: Artifact): string {
  const images = oci ? [`${oci.repository}:${[...oci.tags, ...oci.floating].join(', :')}`] : []
  const results = [...images, ...files]
  return results.length > 0 ? results.join(', ') : title
}

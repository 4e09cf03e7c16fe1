import {parse} from 'yaml'
import {fail} from '#lib/diagnostics.ts'
import {gzip} from '../../lib/gzip.ts'
import {blobOf, mediaTypes} from '../../lib/oci/descriptor.ts'
import {packManifest} from '../../lib/oci/manifest.ts'
import {tar} from '../../lib/tar.ts'
import type {Builder} from '../context.ts'
import {keepPacked} from '../oci-output.ts'
import {treeEntries} from './source.ts'

/**
 * The chart as `helm package` would lay it out (one folder named after the chart, files only), and as the OCI
 * artifact that `helm push` would make of it, both without a clock in them.
 */
export const buildChart: Builder<'chart'> = async (recipe, _needed, artifact, context) => {
  const below = `${recipe.root}/`
  const entries = await treeEntries(
    recipe.files,
    context,
    path => `${recipe.chart}/${path.slice(below.length)}`,
  )
  const archive = await gzip(tar(entries, {mtime: context.plan.epoch}))

  const file = recipe.files.find(f => f.path === `${below}Chart.yaml`)
  if (!file)
    fail({code: 'B010', message: `${recipe.root} has no Chart.yaml`, hint: 'run `./lockstep generate`'})
  const metadata = parse((await context.readTree(file)).toString()) as Record<string, unknown>
  if (metadata.version !== recipe.version)
    fail({
      code: 'B011',
      message: `${file.path} says version ${metadata.version}, the matrix says ${recipe.version}`,
      hint: 'run `./lockstep generate`',
    })
  const packed = packManifest({
    config: blobOf(JSON.stringify(metadata), mediaTypes.helmConfig),
    layers: [blobOf(archive, mediaTypes.helmChart)],
    annotations: chartAnnotations(metadata, context.plan.epoch),
  })
  const [name] = artifact.files as [string]
  return {
    files: {[name]: await context.store.put(archive)},
    oci: await keepPacked(context.store, packed),
  }
}

/** As Helm derives them from Chart.yaml (helm pkg/registry/chart.go); `created` is the release's date. */
function chartAnnotations(chart: Record<string, unknown>, epoch: number): Record<string, string> {
  const own = Object.entries((chart.annotations ?? {}) as Record<string, unknown>).map(([k, v]) => [
    k,
    String(v),
  ])
  const maintainers = ((chart.maintainers ?? []) as {name?: string; email?: string}[])
    .map(({name, email}) => (email ? `${name} (${email})` : name))
    .join(', ')
  const prefix = 'org.opencontainers.image'
  const derived = {
    [`${prefix}.created`]: new Date(epoch * 1000).toISOString().replace('.000Z', 'Z'),
    ...(chart.description ? {[`${prefix}.description`]: String(chart.description)} : {}),
    ...(chart.home ? {[`${prefix}.url`]: String(chart.home)} : {}),
    ...(Array.isArray(chart.sources) && chart.sources[0]
      ? {[`${prefix}.source`]: String(chart.sources[0])}
      : {}),
    ...(maintainers ? {[`${prefix}.authors`]: maintainers} : {}),
  }
  return {
    ...derived,
    ...Object.fromEntries(own),
    [`${prefix}.title`]: String(chart.name),
    [`${prefix}.version`]: String(chart.version),
  }
}

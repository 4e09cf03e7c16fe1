import {packImage} from '../../lib/oci/image.ts'
import {packIndex} from '../../lib/oci/manifest.ts'
import type {Recipe} from '../../plan/plan.ts'
import {imageAnnotations} from '../annotations.ts'
import type {Builder, Needed} from '../context.ts'
import {keptLayer} from '../layers.ts'
import {keepPacked} from '../oci-output.ts'

/**
 * A program for all architectures under one digest. Its root folder may be read-only: nothing is written, and Node's
 * cache of compiled code, which would be, is off.
 */
export const buildNodeImage: Builder<'node-image'> = async (recipe, needed, artifact, context) => {
  const {plan, store} = context
  const annotations = imageAnnotations(plan, artifact.title, recipe.license)
  const config = {
    // Root, since kubelet's folders are root's; it needs no capability for that.
    user: '0:0',
    workingDir: '/',
    env: {NODE_DISABLE_COMPILE_CACHE: '1', PATH: '/usr/bin:/bin'},
    entrypoint: ['/usr/bin/node', ...recipe.flags, `/app/${recipe.name}.cjs`],
    labels: annotations,
  }
  const manifests = []
  for (const architecture of architecturesOf(needed)) {
    const own = needed.filter(
      ({artifact: {recipe: r}}) => archOf(r) === architecture || archOf(r) === undefined,
    )
    const layers = await Promise.all(own.map(layer => keptLayer(layer, context)))
    const platform = {architecture, os: 'linux'}
    manifests.push(packImage({platform, layers, created: plan.epoch, config, annotations}))
  }
  return {files: {}, oci: await keepPacked(store, packIndex({manifests, annotations}))}
}

function architecturesOf(needed: readonly Needed[]): string[] {
  const all = needed.flatMap(({artifact}) => archOf(artifact.recipe) ?? [])
  return [...new Set(all)]
}

/** A layer without one fits all. */
function archOf(recipe: Recipe): string | undefined {
  return 'arch' in recipe ? recipe.arch : undefined
}

import {packImage, packLayer} from '../../lib/oci/image.ts'
import {imageAnnotations} from '../annotations.ts'
import type {Builder} from '../context.ts'
import {keepPacked} from '../oci-output.ts'
import {treeEntries} from './source.ts'

/**
 * Rendered manifests as an artifact of one plain OCI layer: Flux takes the first layer of any type, Argo CD accepts
 * this type without being configured for it.
 */
export const buildManifests: Builder<'manifests'> = async (recipe, _needed, artifact, context) => {
  const {plan, store} = context
  const entries = await treeEntries(recipe.files, context, path => path.slice(recipe.root.length + 1))
  const layer = await packLayer(entries, {mtime: plan.epoch, comment: 'manifests'})
  const packed = packImage({
    platform: {architecture: 'amd64', os: 'linux'},
    layers: [layer],
    created: plan.epoch,
    annotations: imageAnnotations(plan, artifact.title, plan.licenses),
  })
  const oci = await keepPacked(store, packed)
  const [name] = artifact.files as [string]
  return {files: {[name]: {digest: layer.descriptor.digest, size: layer.descriptor.size}}, oci}
}

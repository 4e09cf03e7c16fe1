import {packImage, packLayer} from '../../lib/oci/image.ts'
import {packIndex} from '../../lib/oci/manifest.ts'
import type {TarEntry} from '../../lib/tar.ts'
import type {RecipeOf} from '../../plan/plan.ts'
import {imageAnnotations} from '../annotations.ts'
import type {BuildContext, Builder} from '../context.ts'
import {keptLayer, withFolders} from '../layers.ts'
import {keepPacked} from '../oci-output.ts'
import type {Output} from '../store.ts'
import {signerFor} from './certificate.ts'
import {treeEntries} from './source.ts'

/**
 * The image from which KMM loads the module: a shell, `/firmware`, and `/opt/lib/modules/<kernel>`, in three
 * layers of which two are the same for every kernel; inside an index, so that a tag can take a second architecture.
 */
export const buildKmodImage: Builder<'kmod-image'> = async (recipe, needed, artifact, context) => {
  const [module, base, certificate] = needed
  if (!module || !base) throw new Error(`${artifact.id} needs a module and a base layer`)
  const {plan, store} = context
  const firmware = await treeEntries(recipe.firmware, context, path => `firmware/${path.split('/').at(-1)}`)
  const options = {mtime: plan.epoch}
  const layers = [
    await keptLayer(base, context),
    ...(firmware.length > 0
      ? [await packLayer(withFolders(firmware), {...options, comment: 'firmware'})]
      : []),
    await packLayer(withFolders(await moduleEntries(module.output, certificate?.output, recipe, context)), {
      ...options,
      comment: artifact.title,
    }),
  ]
  const platform = {architecture: recipe.arch, os: 'linux'}
  const annotations = {
    ...imageAnnotations(plan, artifact.title, recipe.license),
    'dev.lockstep.kernel': recipe.kernel,
    'dev.lockstep.line': recipe.line,
    ...(recipe.signature ? {'dev.lockstep.certificate': recipe.signature.certificate} : {}),
  }
  const image = packImage({platform, layers, created: plan.epoch, config: {labels: annotations}, annotations})
  return {files: {}, oci: await keepPacked(store, packIndex({manifests: [image], annotations}))}
}

async function moduleEntries(
  module: Output,
  certificate: Output | undefined,
  {kernel, module: name, signature}: RecipeOf<'kmod-image'>,
  context: BuildContext,
): Promise<TarEntry[]> {
  const below = async (folder: string, {files}: Output): Promise<TarEntry[]> =>
    Promise.all(
      Object.entries(files).map(async ([file, blob]): Promise<TarEntry> => {
        const data = await context.store.get(blob)
        if (!data) throw new Error(`${file} of ${kernel} has left the store`)
        const signed = signature && file === `${name}.ko`
        return {
          type: 'file',
          path: `${folder}/${file}`,
          data: signed ? await signerFor(signature.certificate, context).sign(data) : data,
        }
      }),
    )
  return [
    ...(await below(`opt/lib/modules/${kernel}`, module)),
    ...(certificate ? await below(`opt/share/${name}`, certificate) : []),
  ]
}

import {fail} from '#lib/diagnostics.ts'
import type {Addendum} from '../kernels/addendum.ts'
import type {CoverageInput} from '../kernels/coverage.ts'
import {type ImageExists, imagesOf, imagesOfRelease, releasedTags} from '../kernels/images.ts'
import type {Lock} from '../kernels/lock-schema.ts'
import {lineMappings, type MappingRelease} from '../kernels/mappings.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Kernels, Release} from '../matrix/schema/kernels.ts'
import {readAddenda} from './addenda.ts'
import type {Args, Context} from './command.ts'
import {openTarget} from './target.ts'
import {neededLock, type Workspace} from './workspace.ts'

/** What the commands about kernels need of a matrix, which others may lack. */
export type KernelsOfRelease = {kernels: Kernels; release: Release; mapping: MappingRelease}

/** @throws C016 the matrix has no kernels, no release, or no component that builds a module */
export function kernelsOf({matrix, components}: Pick<Workspace, 'matrix' | 'components'>): KernelsOfRelease {
  const {kernels, release} = matrix
  const recipe = components.flatMap(c => c.builds).find(b => b.kind === 'kernel-module')
  if (!kernels || !release || !recipe) return withoutKernels(matrix)
  const {version, registry} = release
  const mapping = {version, registry, image: recipe.image, module: recipe.module}
  return {kernels, release, mapping: kernels.signing ? {...mapping, signing: kernels.signing} : mapping}
}

function withoutKernels({product}: Matrix): never {
  fail({
    code: 'C016',
    message: `${product.id} has no kernel modules`,
    expected: 'a matrix with kernels: and release:, and a component that builds a kernel-module',
  })
}

/** What judges a kernel: the release's mappings, and which images there are. */
export async function coverageInput(
  workspace: Workspace,
  args: Args,
  context: Context,
): Promise<Omit<CoverageInput, 'nodes'>> {
  const {kernels, mapping} = kernelsOf(workspace)
  const addenda = await readAddenda(workspace.root, context)
  return {
    mappings: lineMappings(kernels.lines, mapping),
    lines: kernels.lines,
    exists: await imagesThere(mapping, neededLock(workspace), addenda, args, context),
    // As the chart names it: MOD_NAME and MOD_NAMESPACE stand in no mapping of ours.
    module: {name: mapping.image, namespace: workspace.matrix.product.id},
  }
}

/** With `--registry` what is really there; else what lock and addenda promise. */
async function imagesThere(
  {registry, image, version}: MappingRelease,
  lock: Lock,
  addenda: readonly Addendum[],
  args: Args,
  context: Context,
): Promise<ImageExists> {
  const repository = `${registry}/${image}`
  const from = args.text('registry')
  if (from === undefined) return imagesOfRelease(repository, version, releasedTags(version, lock, addenda))
  return imagesOf(repository, await openTarget(from, args, context).repository(image).tags())
}

import type {Matrix} from '#release/matrix/schema/index.ts'
import type {GeneratedFile} from '../file.ts'
import {ciWorkflow} from './ci.ts'
import {kernelsWorkflow} from './kernels.ts'
import {matrixWorkflow} from './matrix.ts'
import {releaseWorkflow} from './release.ts'

/** The workflows of a product that lives on GitHub; none for others, and none without a release. */
export function workflowFiles({product, release}: Matrix): GeneratedFile[] {
  if (!release || !product.repository.startsWith('https://github.com/')) return []
  const branches = release.branches.filter(b => b.state !== 'ended').map(b => b.name)
  const registry = release.registry.split('/')[0] ?? release.registry
  return [
    ciWorkflow(branches),
    releaseWorkflow(registry),
    kernelsWorkflow(branches, registry),
    matrixWorkflow(branches, `matrix/${product.id}.yaml`, registry),
  ]
}

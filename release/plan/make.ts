import {fail} from '#lib/diagnostics.ts'
import type {ComponentDescriptor} from './component.ts'
import {digestOf} from './digest.ts'
import {draftsOf} from './drafts.ts'
import type {Draft, PlanInput} from './input.ts'
import {closingDrafts} from './lists.ts'
import {planVersion, type Recipe, type ReleasePlan, usesToolbox} from './plan.ts'
import {withoutUnavailable} from './unavailable.ts'

/** Raised whenever the output of all builders changes for the same inputs, and below when only one kind's does. */
const builder = 3
const revisions: Partial<Record<Recipe['kind'], number>> = {
  base: 2,
  'debian-layer': 1,
  'node-layer': 1,
  'application-layer': 1,
  'kmod-image': 1,
  chart: 1,
  manifests: 1,
  source: 1,
  sbom: 1,
}

/**
 * What the release consists of, in build order. Pure: the same input gives the same plan.
 * @throws P001 the matrix has no release, P002 a component without descriptor, P003 nothing matches a recipe's
 *   paths, P004 package-lock.json does not lock a package
 */
export function makePlan(input: PlanInput): ReleasePlan {
  const {matrix} = input
  const release = matrix.release
  if (!release)
    fail({
      code: 'P001',
      message: `the matrix of ${matrix.product.id} describes no release`,
      hint: 'add a release: section',
    })
  const descriptors = release.components.map(id => descriptorOf(id, input.components))
  const epoch = input.epoch ?? Date.parse(`${release.date}T00:00:00Z`) / 1000

  const all = unique(
    descriptors.flatMap(component =>
      component.builds.flatMap(build => draftsOf(build, component, input, release)),
    ),
  )
  const {drafts, leftOut} = withoutUnavailable(inBuildOrder(all), input.unavailable ?? new Map())
  drafts.push(...closingDrafts(input, release, drafts))

  const digests = new Map<string, string>()
  const artifacts = inBuildOrder(drafts).map(draft => {
    const needs = draft.needs.map(id => digests.get(id))
    const toolbox = usesToolbox(draft.recipe) ? input.toolbox : undefined
    const digest = digestOf({
      builder,
      revision: revisions[draft.recipe.kind],
      epoch,
      toolbox,
      recipe: draft.recipe,
      needs,
    })
    digests.set(draft.id, digest)
    return {...draft, digest}
  })
  return {
    apiVersion: planVersion,
    product: matrix.product.id,
    version: release.version,
    channel: release.channel,
    epoch,
    lock: input.lock,
    registry: release.registry,
    repositoryUrl: matrix.product.repository,
    licenses: matrix.product.license,
    toolbox: input.toolbox,
    artifacts,
    leftOut,
  }
}

function descriptorOf(id: string, all: readonly ComponentDescriptor[]): ComponentDescriptor {
  return (
    all.find(c => c.id === id) ??
    fail({code: 'P002', message: `release.components names ${id}, but components/${id}.yaml is not there`})
  )
}

/** Kernels of one architecture share their base layer, and all the certificate, which each of them lists. */
function unique(drafts: readonly Draft[]): Draft[] {
  return [...new Map(drafts.map(d => [d.id, d])).values()]
}

/** Needed ones first, else as they came; drafts name what they need by id. */
function inBuildOrder(drafts: readonly Draft[]): Draft[] {
  const byId = new Map(drafts.map(d => [d.id, d]))
  const ordered = new Set<Draft>()
  const visit = (draft: Draft) => {
    if (ordered.has(draft)) return
    for (const id of draft.needs) {
      const needed = byId.get(id)
      if (needed) visit(needed)
    }
    ordered.add(draft)
  }
  for (const draft of drafts) visit(draft)
  return [...ordered]
}

import type {Artifact, ReleasePlan} from '../plan/plan.ts'

/** The plan of some artifacts and all that they need, in the plan's order. */
export function partOfPlan(plan: ReleasePlan, wanted: (artifact: Artifact) => boolean): ReleasePlan {
  const byId = new Map(plan.artifacts.map(a => [a.id, a]))
  const kept = new Set<string>()
  const keep = (id: string) => {
    if (kept.has(id)) return
    kept.add(id)
    for (const needed of byId.get(id)?.needs ?? []) keep(needed)
  }
  for (const artifact of plan.artifacts) if (wanted(artifact)) keep(artifact.id)
  return {...plan, artifacts: plan.artifacts.filter(a => kept.has(a.id))}
}

/** Whether an artifact is the module image of one of these kernels. */
export function isImageOf(kernels: readonly string[]): (artifact: Artifact) => boolean {
  return ({recipe}) => recipe.kind === 'kmod-image' && kernels.includes(recipe.kernel)
}

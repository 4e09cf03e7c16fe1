import type {ProgressTask} from '../lib/effects.ts'
import type {Artifact, Recipe, ReleasePlan} from '../plan/plan.ts'
import {builders} from './builders/index.ts'
import type {BuildContext, Needed} from './context.ts'
import {runGraph} from './schedule.ts'
import type {Output} from './store.ts'

export type Built = {
  /** By artifact id. */
  outputs: Map<string, Output>
  /** Artifacts that were really made; the others lay in the store. */
  made: string[]
}

/**
 * Makes what the plan lists and the store does not hold yet, `jobs` at once. Interrupted at any moment, the
 * next run goes on with what is whole.
 * @throws DiagnosticError of the builder that failed; what others made stays in the store
 */
export async function build(plan: ReleasePlan, context: BuildContext, jobs: number): Promise<Built> {
  const byId = new Map(plan.artifacts.map(a => [a.id, a]))
  const made: string[] = []
  let task: ProgressTask | undefined
  let swept: Promise<void> | undefined
  await context.store.begin(plan.artifacts.map(a => a.digest))
  const outputs = await runGraph(plan.artifacts, jobs, async (artifact, needed: Output[]) => {
    const known = await context.store.recall(artifact.digest)
    if (known) return known
    task ??= context.progress.task('Building')
    task.update(artifact.title)
    swept ??= sweep(context)
    await swept
    const inputs = artifact.needs.map((id, i) => ({artifact: byId.get(id), output: needed[i]}) as Needed)
    const output = await builderOf(artifact.recipe.kind)(artifact.recipe, inputs, artifact, context)
    await context.store.remember(artifact.digest, output)
    made.push(artifact.id)
    return output
  }).catch(error => {
    task?.failed()
    throw error
  })
  task?.done(`${made.length} of ${plan.artifacts.length} artifacts made`)
  return {outputs, made}
}

/** Removes what processes that were killed have left in the cache. */
async function sweep({store, files, cache}: BuildContext): Promise<void> {
  await store.sweep()
  await files.sweep(`${cache}/headers`)
}

// The table is typed by kind; a recipe taken from an artifact has the union's type.
function builderOf(
  kind: Recipe['kind'],
): (recipe: Recipe, needed: readonly Needed[], artifact: Artifact, context: BuildContext) => Promise<Output> {
  return builders[kind] as unknown as ReturnType<typeof builderOf>
}

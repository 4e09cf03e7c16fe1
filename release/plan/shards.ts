import type {ReleasePlan} from './plan.ts'

/** Kernels whose images one machine builds. */
export type Shard = {
  /** From 1. */
  shard: number
  /** Raw kernel names, with blanks between them. */
  kernels: string
}

/** A plan's kernels for at most so many machines, as even as can be; each architecture's kernel is one of its own. */
export function shardsOf({artifacts}: Pick<ReleasePlan, 'artifacts'>, most: number): Shard[] {
  const kernels = artifacts.flatMap(({recipe}) => (recipe.kind === 'kmod-image' ? [recipe.kernel] : []))
  const count = Math.min(kernels.length, most)
  return Array.from({length: count}, (_, i) => ({
    shard: i + 1,
    kernels: kernels.filter((_, at) => at % count === i).join(' '),
  }))
}

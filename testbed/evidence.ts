import type {TaskMeta} from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** What the test has shown, for the tiers' records. */
    evidence?: Shown
  }
}

export type Shown = {proves: string[]; versions: Record<string, string>; values?: Record<string, string>}

/**
 * Says what a test has shown; it counts only when the test passes.
 * @param proves ids of facts in the matrix: rules, lines of kernels …
 * @param versions what really ran, by component of the matrix, as it calls itself
 * @param values those that rules ask for, as they were set; a value that is not told counts as unknown
 */
export function shows(
  {task}: {task: {meta: TaskMeta}},
  proves: readonly string[],
  versions: Readonly<Record<string, string>>,
  values?: Readonly<Record<string, string>>,
): void {
  task.meta.evidence = {
    proves: [...proves],
    versions: {...versions},
    ...(values ? {values: {...values}} : {}),
  }
}

import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'

/** One call that a release makes, or need not make any more. */
export type Call = {
  place: 'git' | 'registry' | 'github' | 'here'
  /** As a person would write it: `git push origin refs/tags/v0.2.0`, `PUT ghcr.io/acme/x:v0.2.0 sha256:…` */
  call: string
  /** `kept`: a floating tag that stands for something newer. */
  state: 'open' | 'done' | 'kept'
}

/** A part of a release that is done as a whole before the next begins. */
export type Step = {
  title: string
  /**
   * What is there and what is to be done; changes nothing.
   * @throws DiagnosticError when something is there that must not be
   */
  look(): Promise<Call[]>
  /** Does what is open. Looks for itself: what it is run again after may have done a part. */
  act(): Promise<void>
}

export type PlannedStep = {title: string; calls: Call[]}

/**
 * All calls of all steps, in order.
 * @throws DiagnosticError with what every step has to say against it
 */
export async function planSteps(steps: readonly Step[]): Promise<PlannedStep[]> {
  const planned: PlannedStep[] = []
  const refusals: Diagnostic[] = []
  for (const {title, look} of steps)
    try {
      planned.push({title, calls: await look()})
    } catch (error) {
      if (!(error instanceof DiagnosticError) || error.exit !== 1) throw error
      refusals.push(...error.diagnostics)
    }
  if (refusals.length > 0) throw new DiagnosticError(refusals)
  return planned
}

/** Looks at everything before anything is sent, then does what is open, step by step. */
export async function runSteps(steps: readonly Step[]): Promise<PlannedStep[]> {
  const planned = await planSteps(steps)
  if (planned.some(({calls}) => calls.some(isOpenCall)))
    for (const {look, act} of steps) if ((await look()).some(isOpenCall)) await act()
  return planned
}

export function isOpenCall({state}: Call): boolean {
  return state === 'open'
}

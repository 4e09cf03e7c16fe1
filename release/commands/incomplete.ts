import type {Diagnostic} from '#lib/diagnostics.ts'
import {PackageUnavailable} from '../effects/npm-package.ts'
import type {ReleasePlan} from '../plan/plan.ts'
import {leftOutClauses} from '../plan/unavailable.ts'

/**
 * Does a work again without each package of npm that turns out to be out of reach: a program for another
 * architecture must not keep anybody from the rest of a release.
 * @param work gets the reasons by the package's name
 */
export async function withoutUnavailable<T>(
  work: (unavailable: ReadonlyMap<string, string>) => Promise<T>,
): Promise<T> {
  const unavailable = new Map<string, string>()
  for (;;)
    try {
      return await work(unavailable)
    } catch (error) {
      if (!(error instanceof PackageUnavailable) || unavailable.has(error.package)) throw error
      unavailable.set(error.package, error.reason)
    }
}

/** What a plan leaves out, as problems: one for each reason, with the next step. */
export function incomplete({leftOut}: ReleasePlan): Diagnostic[] {
  return leftOutClauses(leftOut).map(({what, because}) => ({
    code: 'C020',
    severity: 'error',
    message: `left out: ${what}; ${because}`,
    hint: 'everything else is made; run the command again where npm can fetch it. An incomplete release is never published',
  }))
}

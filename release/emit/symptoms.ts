import {compareVersions, parseVersion} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Hop} from '../upgrade/plan.ts'

/** What an operator may see, why, and what helps. */
export type Symptom = {symptom: string; cause?: string; cure?: string; commands: string[]}

/** Known issues of the versions that a hop goes over or to, unless they are mended in the one that it goes to. */
export function symptomsOf(hop: Hop, matrix: Matrix): Symptom[] {
  return hop.members.flatMap(member => {
    const {versions = [], scheme = 'semver'} = matrix.components[member] ?? {}
    const [from, to] = [parseVersion(hop.from, scheme), parseVersion(hop.to, scheme)]
    return versions.flatMap(({version, knownIssues}) => {
      const at = parseVersion(version, scheme)
      if (!to || !at || compareVersions(at, to) > 0 || (from && compareVersions(at, from) <= 0)) return []
      return knownIssues.flatMap(({title, symptom, cause, workaround, fixedIn}): Symptom[] => {
        const fixed = fixedIn === undefined ? undefined : parseVersion(fixedIn, scheme)
        if (fixed && compareVersions(fixed, to) <= 0) return []
        return [
          {
            symptom: symptom ?? title,
            ...(cause ? {cause} : {}),
            ...(workaround ? {cure: workaround} : {}),
            commands: [],
          },
        ]
      })
    })
  })
}

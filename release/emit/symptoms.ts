import {compareVersions, parseVersion} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Hop} from '../upgrade/plan.ts'

/** What an operator may see, why, and what helps. */
export type Symptom = {symptom: string; cause?: string; cure?: string; commands: string[]}

/** What may be seen at a hop: known issues of the versions on its way, what its procedures tell of, the product's troubles. */
export function symptomsOf(hop: Hop, matrix: Matrix): Symptom[] {
  return [...issuesOf(hop, matrix), ...toldBy(hop, matrix), ...troubles(hop, matrix)]
}

function troubles({members, to}: Hop, {product, reference}: Matrix): Symptom[] {
  if (!members.includes(product.component) || to === 'absent') return []
  return (reference?.troubleshooting ?? []).map(({symptom, cause, resolution, note}) => ({
    symptom,
    cause,
    ...(note ? {cure: note} : {}),
    commands: [...resolution],
  }))
}

function toldBy({steps, rollback}: Hop, {procedures}: Matrix): Symptom[] {
  const used = new Set([...steps, ...rollback].map(step => step.procedure))
  return procedures
    .filter(({id}) => used.has(id))
    .flatMap(({symptoms}) =>
      symptoms.map(({symptom, cause, cure, run}) => ({symptom, cause, cure, commands: [...run]})),
    )
}

/** Of the versions that a hop goes over or to, unless they are mended in the one that it goes to. */
function issuesOf(hop: Hop, matrix: Matrix): Symptom[] {
  return hop.members.flatMap(member => {
    const {versions = [], scheme = 'semver'} = matrix.components[member] ?? {}
    const [from, to] = [parseVersion(hop.from, scheme), parseVersion(hop.to, scheme)]
    return versions.flatMap(({version, knownIssues}) => {
      const at = parseVersion(version, scheme)
      if (!to || !at || compareVersions(at, to) > 0 || (from && compareVersions(at, from) <= 0)) return []
      return knownIssues.flatMap(({title, symptom, cause, workaround, fixedIn}): Symptom[] => {
        const fixed = fixedIn === undefined ? undefined : parseVersion(fixedIn, scheme)
        if (fixed && compareVersions(fixed, to) <= 0) return []
        const command = workaround !== undefined && /^(?:kubectl|helm|aws|terraform) /.test(workaround)
        return [
          {
            symptom: symptom ?? title,
            ...(cause ? {cause} : {}),
            ...(workaround && !command ? {cure: workaround} : {}),
            commands: workaround && command ? [workaround] : [],
          },
        ]
      })
    })
  })
}

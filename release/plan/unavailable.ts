import type {Draft} from './input.ts'
import type {ReleasePlan} from './plan.ts'

/**
 * The drafts that can be made without some packages of npm, and those that can't, each with the reason.
 * @param drafts needed ones first
 * @param unavailable reasons by the package's name
 */
export function withoutUnavailable(
  drafts: readonly Draft[],
  unavailable: ReadonlyMap<string, string>,
): {drafts: Draft[]; leftOut: ReleasePlan['leftOut']} {
  const because = new Map<string, string>()
  if (unavailable.size > 0)
    for (const {id, recipe, needs} of drafts) {
      const reason =
        npmNames(recipe)
          .map(name => unavailable.get(name))
          .find(r => r !== undefined) ?? needs.map(need => because.get(need)).find(r => r !== undefined)
      if (reason !== undefined) because.set(id, reason)
    }
  return {
    drafts: drafts.filter(({id}) => !because.has(id)),
    leftOut: drafts.flatMap(({id, title}) => {
      const reason = because.get(id)
      return reason === undefined ? [] : [{id, title, because: reason}]
    }),
  }
}

/** What a plan leaves out, in clauses for a message: one for each reason. */
export function leftOutClauses(leftOut: ReleasePlan['leftOut']): {what: string; because: string}[] {
  const byReason = Map.groupBy(leftOut, ({because}) => because)
  return [...byReason].map(([because, all]) => ({what: all.map(({title}) => title).join(', '), because}))
}

/** Every package of npm that a recipe names, wherever in it: a new kind of recipe needs no line here. */
function npmNames(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return []
  if ('integrity' in part && 'name' in part) return [String(part.name)]
  return Object.values(part).flatMap(npmNames)
}

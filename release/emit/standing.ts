import {fail} from '#lib/diagnostics.ts'
import {runningVersion} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Hop, UpgradePlan} from '../upgrade/plan.ts'
import type {Bound} from '../upgrade/site/bindings.ts'

/** How a component, or one of its instances, is called in a plan's states: by its group where it has one. */
export function stateName(name: string, matrix: Matrix): string {
  const [component = name] = name.split('@')
  return matrix.components[component]?.group ?? name
}

/** The names by which bindings know what a hop moves. */
export function movedNames({members, instance}: Hop): string[] {
  return members.map(member => (instance === undefined ? member : `${member}@${instance}`))
}

/** Where a site stands: `done` hops are over, and of the next one `parts` of what it moves one after the other. */
export type Standing = {done: number; parts: number}

/**
 * Where a site may stand, by what its files say. Hops that move only what no file tells of cannot be seen, so there may be
 * several answers, one after the other; none when the files are in no state of the plan.
 */
export function standings(plan: UpgradePlan, bound: readonly Bound[], matrix: Matrix): Standing[] {
  const states = [currentState(plan, matrix), ...plan.hops.map(hop => hop.state)]
  const told = bound.filter(one => one.version !== undefined)
  const differing = (state: Record<string, string>) =>
    told.filter(({name, version}) => {
      const wanted = state[stateName(name, matrix)]
      return wanted !== undefined && wanted !== version
    })
  return states.flatMap((state, done): Standing[] => {
    const others = differing(state)
    if (others.length === 0) return [{done, parts: 0}]
    const hop = plan.hops[done]
    if (!hop) return []
    const moved = movedNames(hop).filter(name => told.some(one => one.name === name))
    const parts = moved.filter(name => others.some(one => one.name === name)).length
    // The first of what it moves, in its order, and all of each.
    const begun = told.filter(({name}) => moved.slice(0, parts).includes(name))
    const sound = begun.length === others.length && begun.every(one => one.version === hop.to)
    return sound && parts < moved.length ? [{done, parts}] : []
  })
}

/** In the words of bindings: a plan keeps what runs as it was said, `v1.34.2` of Kubernetes 1.34. */
function currentState({current}: UpgradePlan, matrix: Matrix): Record<string, string> {
  return Object.fromEntries(
    Object.entries(current).map(([name, version]) => {
      const {scheme = 'opaque'} = matrix.components[name.split('@')[0] ?? ''] ?? {}
      return [stateName(name, matrix), runningVersion(version, scheme)]
    }),
  )
}

/**
 * Where a site stands.
 * @param said how many hops are done, by a person; needed where the files leave it open
 * @throws DiagnosticError J100 in no state of the plan, J101 in several, J102 what was said is not so
 */
export function standing(
  plan: UpgradePlan,
  bound: readonly Bound[],
  matrix: Matrix,
  said?: number,
): Standing {
  const possible = standings(plan, bound, matrix)
  const [first] = possible
  if (!first) fail(inNoState(plan, bound, matrix))
  if (said !== undefined) {
    const found = possible.find(one => one.done === said)
    if (found) return found
    fail({
      code: 'J102',
      message: `--done ${said} is not what the site’s files say: they are as after hop ${possible.map(p => p.done).join(' or ')}`,
      hint: '0 is before the first hop',
    })
  }
  if (possible.length === 1) return first
  const last = possible.at(-1)?.done ?? first.done
  const open = plan.hops.slice(first.done, last).map(hop => `${hop.number} (${hop.component})`)
  return fail({
    code: 'J101',
    message: `no file tells whether ${open.length === 1 ? 'hop' : 'hops'} ${open.join(', ')} ${open.length === 1 ? 'is' : 'are'} done`,
    hint: `say it: --done ${last} when they are, --done ${first.done} when the first of them is next`,
  })
}

function inNoState(plan: UpgradePlan, bound: readonly Bound[], matrix: Matrix) {
  const start = currentState(plan, matrix)
  const strange = bound.flatMap(({name, version, where}) => {
    const known = [start, ...plan.hops.map(hop => hop.state)].map(state => state[stateName(name, matrix)])
    return version === undefined || known[0] === undefined || known.includes(version)
      ? []
      : [`${name} ${version} (${where})`]
  })
  const together = bound.flatMap(({name, version}) => (version === undefined ? [] : [`${name} ${version}`]))
  return {
    code: 'J100',
    message:
      strange.length > 0
        ? `the site is in no state of the plan, which has no ${strange.join(', ')}`
        : `the site is in no state of the plan: nowhere does it have ${together.join(', ')} together`,
    hint: 'plan again from what `lockstep status` shows',
  }
}

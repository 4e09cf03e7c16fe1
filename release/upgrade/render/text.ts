import {durationText} from '../../lib/duration.ts'
import type {Explanation, Reason} from '../explain.ts'
import type {Hop, UpgradePlan, Why} from '../plan.ts'
import type {Reversible} from '../reversible.ts'

export function hopTitle({component, instance, members, from, to}: Hop): string {
  const what = members.length > 1 ? members.join(', ') : `${component}${instance ? `@${instance}` : ''}`
  return `${what} ${from} → ${to}`
}

/** One clause: whether and how long the hop can be undone. */
export function reversibleText({
  kind,
  within,
  when,
  lostAfter,
  otherwise,
  doesNotRestore,
}: Reversible): string {
  if (kind === 'unknown') return 'nothing is known of a way back'
  if (kind === 'never') return 'no way back'
  const parts = [
    'can be undone',
    ...(within === undefined ? [] : [`within ${durationText(within)} of its observed end`]),
    ...(lostAfter === undefined ? [] : [`until hop ${lostAfter}`]),
    ...(when.length === 0 ? [] : [`if: ${when.join('; ')}`]),
  ]
  const after = kind === 'until' || lostAfter !== undefined ? `, then ${otherwise ?? 'nothing'}` : ''
  const lost = doesNotRestore.length === 0 ? '' : ` (not restored: ${doesNotRestore.join('; ')})`
  return `${parts.join(' ')}${after}${lost}`
}

export function whyText(why: Why): string {
  if (why.kind === 'wanted') return why.text
  if (why.kind === 'waypoint') return `${why.text} (${why.level}, ${why.transition})`
  return `hop ${why.before} needs it: ${why.text} (${why.level}, rule ${why.rule})`
}

export function reasonText({item, text, level, source}: Reason): string {
  const cited = [level, item, source].filter(word => word !== undefined).join(', ')
  return `${text} (${cited})`
}

/** What could be done instead of what there is no way for: one line each. */
export function insteadText({name, wanted, instead}: Explanation['instead'][number]): string {
  return `${name} ${instead} instead of ${wanted}`
}

/** What is to be known of a plan before its hops: one line each. */
export function planSummary({hops, cost, exact, atLeast}: UpgradePlan): string[] {
  if (hops.length === 0) return ['Nothing to do: the current versions are what is wanted.']
  const lines = [
    `${hops.length} hop${hops.length === 1 ? '' : 's'}: ${cost.irreversible} without a way back, ${cost.disruptive} that drain or take down.`,
  ]
  if (!exact)
    lines.push(
      `Not proven best: any plan has at least ${atLeast.irreversible} without a way back, ${atLeast.disruptive} that disturb, and ${atLeast.steps} steps.`,
    )
  return lines
}

/** A sentence that says what kind of "no" it is. */
export function explanationTitle({kind, about}: Explanation): string {
  const names = about.join(', ')
  if (kind === 'invalid-start')
    return 'the current versions break a rule, so nothing can be planned from them'
  if (kind === 'gave-up') return `no way was found for ${names}, nor that there is none`
  return `there is no valid way for ${names}`
}

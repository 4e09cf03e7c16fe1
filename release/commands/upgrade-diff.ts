import {diffPlans, type HopDifference, type PlanDifference} from '../upgrade/diff.ts'
import type {Cost} from '../upgrade/engine/problem.ts'
import {hopTitle} from '../upgrade/render/text.ts'
import type {Run} from './command.ts'
import {type Paint, print} from './output.ts'
import {planInput} from './plan-input.ts'

/** 1 when the plans differ. */
export const run: Run = async (args, context) => {
  const [before = '', after = ''] = args.words
  const found = diffPlans(await planInput(before, context), await planInput(after, context))
  print(context, found, paint => differenceText(found, paint))
  return found.same ? 0 : 1
}

const signs = {same: ' ', removed: '-', added: '+', changed: '~'} as const
const tones = {same: 'dim', removed: 'red', added: 'green', changed: 'yellow'} as const

function differenceText({same, current, wanted, cost, hops}: PlanDifference, paint: Paint): string {
  if (same) return 'The plans are the same.\n'
  const entries = [
    ...Object.entries(current).map(([name, pair]) => `  runs: ${name} ${arrow(pair)}`),
    ...Object.entries(wanted).map(([name, pair]) => `  wanted: ${name} ${arrow(pair)}`),
  ]
  const lines = hops.map(hop => paint(tones[hop.kind], `${signs[hop.kind]} ${lineOf(hop)}`))
  const [was, is] = cost.map(costText)
  const sum = was === is ? [`Both: ${is}.`] : [`Before: ${was}.`, `After: ${is}.`]
  return `${[...entries, ...lines, ...sum].join('\n')}\n`
}

function lineOf({before, after, parts}: HopDifference): string {
  const hop = after ?? before
  const what = parts.length === 0 ? '' : ` (other ${parts.join(', ')})`
  return hop ? `${hop.number}. ${hopTitle(hop)}${what}` : ''
}

function arrow([before, after]: readonly [before?: string, after?: string]): string {
  return `${before ?? '(not said)'} → ${after ?? '(not said)'}`
}

function costText({irreversible, disruptive, steps}: Cost): string {
  return `${steps} step${steps === 1 ? '' : 's'}, ${disruptive} that drain or take down, ${irreversible} without a way back`
}

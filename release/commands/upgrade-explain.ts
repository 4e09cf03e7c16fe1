import type {Explanation} from '../upgrade/explain.ts'
import {planUpgrade, type UpgradePlan} from '../upgrade/plan.ts'
import {explanationTitle, hopTitle, insteadText, reasonText, whyText} from '../upgrade/render/text.ts'
import type {Run} from './command.ts'
import {type Paint, paragraph, print} from './output.ts'
import {today} from './today.ts'
import {liveArgs} from './upgrade-live.ts'
import {requestOf} from './upgrade-request.ts'
import {loadMatrixValue} from './workspace.ts'

/** Why the plan is as it is, or why there is none; 1 when there is none. */
export const run: Run = async (args, context) => {
  const matrix = await loadMatrixValue(context)
  const {plan, explanation} = planUpgrade(requestOf(await liveArgs(args, matrix, context), matrix, today()))
  const width = context.width ?? 100
  if (plan)
    print(context, {possible: true, hops: plan.hops.map(({number, why}) => ({number, why}))}, paint =>
      reasons(plan, paint, width),
    )
  else print(context, {possible: false, ...explanation}, paint => obstacles(explanation, paint, width))
  return plan ? 0 : 1
}

function reasons({hops}: UpgradePlan, paint: Paint, width: number): string {
  if (hops.length === 0) return 'Nothing has to move.\n'
  return hops
    .map(hop => {
      const head = paint('bold', `${hop.number}. ${hopTitle(hop)}`)
      const cited =
        hop.because === undefined
          ? []
          : [`moves so: ${hop.because} (${hop.level}, ${hop.transition}, ${hop.source})`]
      const lines = [...hop.why.map(whyText), ...cited]
      return `${head}\n${lines.map(line => paragraph(line, {width, indent: 3})).join('')}`
    })
    .join('')
}

function obstacles(found: Explanation, paint: Paint, width: number): string {
  const {kind, conflict, relaxations, together, instead, remarks} = found
  const list = (head: string, lines: readonly string[]) =>
    lines.length === 0
      ? ''
      : `\n${head}\n${lines.map(line => `  - ${paragraph(line, {width, indent: 4}).trimStart()}`).join('')}`
  const broken = kind === 'invalid-start'
  const because = list(
    broken ? 'They break:' : 'These together leave no way, and none of them can be spared:',
    conflict.map(reasonText),
  )
  const blameless =
    kind === 'no-way' && conflict.length === 0 && remarks.length === 0
      ? '\nNo rule is to blame: no sequence of moves leads there, however far a step may go.\n'
      : ''
  return [
    `${paint(['red', 'bold'], explanationTitle(found))}\n`,
    because,
    blameless,
    list(broken ? 'What would do:' : 'What the moves alone cannot do:', remarks),
    list('Any one of these, left out, frees a way:', relaxations.map(reasonText)),
    list('These, all left out, free a way:', together.map(reasonText)),
    list('There is a way to each of these:', instead.map(insteadText)),
  ].join('')
}

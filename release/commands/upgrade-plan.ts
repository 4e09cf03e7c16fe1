import {fail} from '#lib/diagnostics.ts'
import type {Explanation} from '../upgrade/explain.ts'
import {planUpgrade, type UpgradePlan} from '../upgrade/plan.ts'
import {planMarkdown} from '../upgrade/render/markdown.ts'
import {
  explanationTitle,
  hopTitle,
  insteadText,
  planSummary,
  reasonText,
  reversibleText,
  whyText,
} from '../upgrade/render/text.ts'
import type {Run} from './command.ts'
import {type Paint, paragraph, print, table} from './output.ts'
import {today} from './today.ts'
import {liveArgs} from './upgrade-live.ts'
import {requestOf} from './upgrade-request.ts'
import {loadMatrixValue} from './workspace.ts'

/** The plan, or J007 to J009 with the reasons. */
export const run: Run = async (args, context) => {
  const matrix = await loadMatrixValue(context)
  const {plan, explanation} = planUpgrade(requestOf(await liveArgs(args, matrix, context), matrix, today()))
  if (!plan) return refuse(explanation)
  const as = args.text('as') ?? 'table'
  const width = context.width ?? 100
  print(context, plan, paint => (as === 'markdown' ? planMarkdown(plan) : planText(plan, paint, width)))
  return 0
}

const codes = {'no-way': 'J007', 'invalid-start': 'J008', 'gave-up': 'J009'} as const

function refuse(explanation: Explanation): never {
  const {kind, conflict, relaxations, instead, remarks} = explanation
  const reasons = [...conflict.map(reasonText), ...remarks].map(line => `\n  - ${line}`).join('')
  const frees =
    relaxations.length > 0
      ? [`any one of these, left out, frees a way: ${relaxations.map(r => r.item).join(', ')}`]
      : []
  const other = instead.length > 0 ? [`there is a way to ${instead.map(insteadText).join(', or to ')}`] : []
  const hints = [...frees, ...other]
  fail({
    code: codes[kind],
    message: `${explanationTitle(explanation)}${reasons && `:${reasons}`}`,
    hint: hints.length > 0 ? hints.join('; ') : `lockstep explain ${codes[kind]}`,
  })
}

function planText(plan: UpgradePlan, paint: Paint, width: number): string {
  const head = planSummary(plan)
    .map(line => paragraph(line, {width}))
    .join('')
  if (plan.hops.length === 0) return head
  const rows = plan.hops.map(hop => [
    String(hop.number),
    hopTitle(hop),
    hop.disruption,
    reversibleText(hop.reversible),
  ])
  const details = plan.hops.flatMap(hop => [
    ...hop.why.map(why => paragraph(`${hop.number}. ${whyText(why)}`, {width, indent: 2})),
    ...hop.risks.map(risk =>
      paragraph(`${hop.number}. risk ${risk.name}: ${risk.message}`, {width, indent: 2}),
    ),
    ...hop.checks.map(check => paragraph(`${hop.number}. check first: ${check}`, {width, indent: 2})),
  ])
  const notes = plan.notes.map(note => paragraph(`? ${note}`, {width, indent: 2}))
  return `${head}\n${table(['', 'hop', 'disruption', 'way back'], rows, paint, width)}\n${paint('bold', 'Why')}\n${[...details, ...notes].join('')}`
}

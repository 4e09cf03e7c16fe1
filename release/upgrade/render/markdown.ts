import {durationText} from '../../lib/duration.ts'
import type {UpgradePlan} from '../plan.ts'
import type {PlannedStep} from '../procedures.ts'
import {hopTitle, planSummary, reversibleText, whyText} from './text.ts'

/** A plan as a document that people can follow and tick off. Ends with a newline. */
export function planMarkdown(plan: UpgradePlan): string {
  const wanted = Object.entries(plan.wanted).map(
    ([name, to]) => `${name} ${plan.current[name] ?? ''} → ${to}`,
  )
  const blocks = [
    `# Upgrade of ${plan.product}`,
    `As of ${plan.now}: ${wanted.join(', ')}.`,
    ...planSummary(plan),
    `Minimised, in this order: ${plan.objective.join(', ')}.`,
    ...plan.hops.flatMap(hop => [
      `## ${hop.number}. ${hopTitle(hop)}`,
      [
        ...hop.why.map(why => `- Why: ${whyText(why)}`),
        `- Disruption: ${hop.disruption}; ${reversibleText(hop.reversible)}.`,
        ...hop.risks.map(
          r =>
            `- Risk ${r.name}${r.known ? '' : ' (counts as present, since it was not evaluated)'}: ${r.message}`,
        ),
        ...hop.checks.map(check => `- [ ] Check first: ${check}`),
        ...(hop.soak?.min === undefined ? [] : [`- Wait ${durationText(hop.soak.min)} before the next hop.`]),
      ].join('\n'),
      ...hop.steps.map(stepMarkdown),
      ...(hop.rollback.length === 0 ? [] : ['To go back:', ...hop.rollback.map(stepMarkdown)]),
    ]),
    ...(plan.notes.length === 0 ? [] : ['## Not known', plan.notes.map(note => `- ${note}`).join('\n')]),
  ]
  return `${blocks.join('\n\n')}\n`
}

function stepMarkdown(step: PlannedStep): string {
  const {title, phase, run, expect, because, set} = step
  const lines = [`- [ ] **${phase}** ${[title, because].filter(Boolean).join(' ')}`]
  if (set) lines.push('', `      ${setText(set)}`)
  if (run) lines.push('', '  ```sh', ...run.map(line => `  ${line}`), '  ```')
  if (expect) lines.push('', `  Expect: ${expect}.`)
  return lines.join('\n')
}

/** A desired state in words; who owns the thing decides how it is written down. */
export function setText(set: NonNullable<PlannedStep['set']>): string {
  if ('chart' in set) return `chart ${set.chart} at ${set.to}`
  if ('image' in set) return `image ${set.image} at ${set.to}`
  return `${set.field} in ${set.file}: ${set.to}`
}

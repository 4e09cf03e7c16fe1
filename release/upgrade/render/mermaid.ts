import type {UpgradePlan} from '../plan.ts'
import {escaped} from './escaped.ts'
import {hopTitle, reversibleText, whyText} from './text.ts'

/** The hops as a flowchart: thick borders disturb, dashed arrows show which hop needs which. Ends with a newline. */
export function planMermaid({hops, current}: UpgradePlan): string {
  const label = (lines: readonly string[]) => `"${lines.map(escaped).join('<br/>')}"`
  const start = Object.entries(current).map(([name, version]) => `${name} ${version}`)
  const lines = [
    'flowchart TD',
    `  start([${label(['now', ...start])}])`,
    ...hops.map(
      hop =>
        `  h${hop.number}[${label([`${hop.number}. ${hopTitle(hop)}`, hop.disruption, reversibleText(hop.reversible)])}]`,
    ),
    ...hops.map(({number}) => `  ${number === 1 ? 'start' : `h${number - 1}`} --> h${number}`),
    ...hops.flatMap(({number, why}) =>
      why.flatMap(w =>
        w.kind === 'rule' && w.before > number
          ? [`  h${number} -. ${label([whyText(w)])} .-> h${w.before}`]
          : [],
      ),
    ),
    '  classDef disturbs stroke-width:3px',
    '  classDef final stroke-dasharray:4',
    ...hops.flatMap(({number, disruption}) =>
      disruption === 'drain' || disruption === 'downtime' ? [`  class h${number} disturbs`] : [],
    ),
    ...hops.flatMap(({number, reversible}) =>
      reversible.kind === 'never' ? [`  class h${number} final`] : [],
    ),
  ]
  return `${lines.join('\n')}\n`
}

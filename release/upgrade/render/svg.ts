import type {Hop, UpgradePlan} from '../plan.ts'
import {escaped} from './escaped.ts'
import {hopTitle, reversibleText, whyText} from './text.ts'

/** Pixels. */
const size = {row: 34, head: 30, pad: 12, letter: 7.2, box: 24, legend: 18} as const

/**
 * A plan as a drawing: a lane for each thing with a version, from left to right the hops. Boxes are the moves, red ones
 * drain or take down, a dashed border has no way back; dotted lines lead to the hop that needs a move. Lines below say
 * which of these there are, for whoever was sent the picture alone. Ends with a newline.
 */
export function planSvg(plan: UpgradePlan): string {
  const lanes = Object.keys(plan.end)
  const labels = lanes.map(lane => `${lane} ${startOf(plan, lane)}`)
  const left = size.pad * 2 + widest(labels)
  const columns: number[] = []
  let right = left
  for (const hop of plan.hops) {
    const width = Math.max(widest([hop.to]), 20) + size.pad * 2
    columns.push(right + width / 2)
    right += width + size.pad
  }
  const yOf = (lane: number) => size.head + lane * size.row + size.row / 2
  const laneOf = (hop: Hop) => lanes.indexOf(hop.name)
  const end = size.head + lanes.length * size.row
  const arrows = plan.hops.flatMap((hop, i) => needs(plan, hop, i, columns, h => yOf(laneOf(h))))
  const legend = legendOf(plan, arrows.length > 0)
  const width = round(Math.max(right, size.pad + widest(legend)) + size.pad)
  const height = end + legend.length * size.legend + size.pad
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(`Upgrade of ${plan.product}: ${plan.hops.map(hopTitle).join('; ')}`)}">`,
    `<style>${style}</style>`,
    `<rect class="page" width="100%" height="100%"/>`,
    ...plan.hops.map(
      ({number}, i) =>
        `<text class="number" x="${round(columns[i] ?? 0)}" y="${size.head - 10}">${number}</text>`,
    ),
    ...lanes.map(
      (_, lane) =>
        `<line class="lane" x1="${left}" x2="${round(right)}" y1="${yOf(lane)}" y2="${yOf(lane)}"/>`,
    ),
    ...labels.map(
      (label, lane) => `<text class="name" x="${size.pad}" y="${yOf(lane) + 4}">${escaped(label)}</text>`,
    ),
    ...arrows,
    ...plan.hops.map((hop, i) => box(hop, columns[i] ?? 0, yOf(laneOf(hop)))),
    ...legend.map(
      (line, i) => `<text class="legend" x="${size.pad}" y="${end + (i + 1) * size.legend}">${line}</text>`,
    ),
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

function legendOf({hops}: UpgradePlan, needed: boolean): string[] {
  return [
    ...(hops.some(disturbs) ? ['red: drains or takes down'] : []),
    ...(hops.some(isFinal) ? ['dashed: no way back'] : []),
    ...(needed ? ['dotted: that hop needs this one'] : []),
  ]
}

const disturbs = ({disruption}: Hop) => disruption === 'drain' || disruption === 'downtime'
const isFinal = ({reversible}: Hop) => reversible.kind === 'never'

/** The version before the first hop. */
function startOf(plan: UpgradePlan, lane: string): string {
  return plan.hops.find(hop => hop.name === lane)?.from ?? plan.end[lane] ?? ''
}

function box(hop: Hop, x: number, y: number): string {
  const width = Math.max(widest([hop.to]), 20) + size.pad
  const kind = [disturbs(hop) ? 'disturbs' : 'calm', ...(isFinal(hop) ? ['final'] : [])].join(' ')
  const told = [
    hopTitle(hop),
    `disruption: ${hop.disruption}`,
    reversibleText(hop.reversible),
    ...hop.why.map(whyText),
  ]
  return [
    `<g class="${kind}"><title>${escaped(told.join('\n'))}</title>`,
    `<rect x="${round(x - width / 2)}" y="${y - size.box / 2}" width="${round(width)}" height="${size.box}" rx="5"/>`,
    `<text x="${round(x)}" y="${y + 4}">${escaped(hop.to)}</text></g>`,
  ].join('')
}

function needs(
  plan: UpgradePlan,
  hop: Hop,
  i: number,
  columns: readonly number[],
  yOf: (hop: Hop) => number,
): string[] {
  return hop.why.flatMap(why => {
    const later = why.kind === 'rule' ? plan.hops[why.before - 1] : undefined
    if (!later || later.number <= hop.number) return []
    const [x1, y1, x2, y2] = [columns[i] ?? 0, yOf(hop), columns[later.number - 1] ?? 0, yOf(later)]
    const middle = round((x1 + x2) / 2)
    return [
      `<path class="need" d="M ${round(x1)} ${y1} C ${middle} ${y1} ${middle} ${y2} ${round(x2)} ${y2}"><title>${escaped(whyText(why))}</title></path>`,
    ]
  })
}

const style = [
  'text{font:12px ui-monospace,monospace;fill:#1f2328}',
  '.page{fill:#fff}.lane{stroke:#d1d9e0}.number,g text{text-anchor:middle}.number,.legend{fill:#59636e}',
  'rect{stroke-width:1.5}.calm rect{fill:#ddf4ff;stroke:#0969da}.disturbs rect{fill:#ffebe9;stroke:#cf222e}',
  '.final rect{stroke-dasharray:4 3}.need{fill:none;stroke:#8250df;stroke-width:1.2;stroke-dasharray:2 3}',
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}.lane{stroke:#30363d}.number,.legend{fill:#8b949e}',
  '.calm rect{fill:#0c2d6b;stroke:#58a6ff}.disturbs rect{fill:#67060c;stroke:#ff7b72}.need{stroke:#bc8cff}}',
].join('')

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(text => text.length)) * size.letter
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

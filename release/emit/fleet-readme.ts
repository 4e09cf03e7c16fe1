import {blocks, bullets, checklist, code, section} from '../generate/docs/markdown.ts'
import {durationText} from '../lib/duration.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import type {Fleet} from './fleet.ts'
import {hopName} from './hop-text.ts'

/** What leads through the waves of a fleet. */
export function fleetReadme({waves, windows}: Fleet, plan: UpgradePlan, matrix: Matrix): string {
  const text = blocks(
    `# ${matrix.product.title}: an upgrade of a fleet`,
    `Planned on ${plan.now}. Each wave begins when every cluster of the one before is at the end of the plan and has stood.`,
    bullets(plan.hops.map(hop => `Hop ${hop.number}: ${hopName(hop, matrix)}`)),
    ...waves.map((wave, i) => {
      const open = wave.windows ?? windows
      const before = waves[i - 1]
      return section(
        2,
        `Wave ${i + 1}: ${wave.name}`,
        open.length > 0 && `Hops begin only in a window: ${open.map(code).join(', ')}.`,
        checklist([
          ...(before
            ? [
                `Wave ${i}, ${before.name}, is over${before.soak === undefined ? '' : `, and has stood for ${durationText(before.soak)}`}; nobody has complained.`,
              ]
            : []),
          ...wave.clusters.map(({name}) => `${name}: every hop of ${code(`${i + 1}-${wave.name}/${name}/`)}`),
        ]),
      )
    }),
  )
  return `${text}\n`
}

import type {Matrix} from '../matrix/schema/index.ts'
import {commandsOf} from '../upgrade/actions/of-step.ts'
import type {PlannedStep} from '../upgrade/procedures.ts'

/** A step's lines for a shell; parameters stay in braces. Empty for what a person does. */
export function stepLines(step: PlannedStep, {release}: Matrix): string[] {
  // A step may say another place for its chart than that of the product's own.
  const charts = release ? {charts: `oci://${release.registry}/${release.charts}`} : {}
  return commandsOf(step, {parameters: {}, ...charts})
}

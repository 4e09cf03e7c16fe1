import type {Matrix} from '../matrix/schema/index.ts'
import {commandsOf} from '../upgrade/actions/of-step.ts'
import type {PlannedStep} from '../upgrade/procedures.ts'

/** Where the product's own charts are; a step may say another place for its own. */
export function ownCharts({release}: Matrix): string | undefined {
  return release ? `oci://${release.registry}/${release.charts}` : undefined
}

/** A step's lines for a shell; parameters that are not given stay in braces. Empty for what a person does. */
export function stepLines(
  step: PlannedStep,
  matrix: Matrix,
  parameters: Readonly<Record<string, string>> = {},
): string[] {
  const charts = ownCharts(matrix)
  return commandsOf(step, {parameters, ...(charts === undefined ? {} : {charts})})
}

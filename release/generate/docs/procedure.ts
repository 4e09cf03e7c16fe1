import type {Matrix} from '#release/matrix/schema/index.ts'
import type {Procedure, Step} from '#release/matrix/schema/rules.ts'
import {commandsOf} from '#release/upgrade/actions/of-step.ts'
import {fillLine} from '#release/upgrade/actions/shell.ts'
import {cited} from './facts.ts'
import {blocks, checklist, fence, numbered} from './markdown.ts'

/** The phases of a procedure that change something, as numbered steps with the commands of somebody who uses Helm. */
export function procedureSteps(procedure: Procedure, matrix: Matrix): string {
  const {before, backup, change, wait, verify, rollback} = procedure
  const steps = [...before, ...backup, ...change, ...wait, ...verify]
  return blocks(
    numbered(steps.map(step => stepText(step, matrix))),
    rollback.length > 0 && blocks('To go back:', numbered(rollback.map(step => stepText(step, matrix)))),
    procedure.source && procedure.asOf && `(${cited(`As of ${procedure.asOf}`, procedure.source)})`,
  )
}

/** Steps to tick off one by one. */
export function stepChecklist(steps: readonly Step[], matrix: Matrix): string {
  return checklist(steps.map(step => stepText(step, matrix)))
}

function stepText(step: Step, matrix: Matrix): string {
  const commands = commandsOf(step, {parameters: {}, ...chartsOf(matrix)})
  return blocks(
    [step.title, step.because && shell(step.because)].filter(Boolean).join(' '),
    commands.length > 0 && fence(commands.map(typed).join('\n')),
    step.expect && `Expect: ${shell(step.expect)}.`,
  )
}

/** Where a release's own charts are. */
function chartsOf({release}: Matrix): {charts?: string} {
  return release ? {charts: `oci://${release.registry}/${release.charts}`} : {}
}

/** A line for the reader's shell, with variables for parameters: read in here-documents and between single quotes too. */
export function typed(line: string): string {
  return fillLine(line, name => `$${name.toUpperCase()}`)
}

/** In prose, a procedure's parameters are the reader's shell variables as well. */
export function shell(text: string): string {
  return text.replaceAll(/\{\{([a-z]+)\}\}/g, (_, name: string) => `$${name.toUpperCase()}`)
}

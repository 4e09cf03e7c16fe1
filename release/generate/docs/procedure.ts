import type {z} from 'zod'
import type {Matrix} from '#release/matrix/schema/index.ts'
import type {Procedure, step} from '#release/matrix/schema/rules.ts'
import {cited} from './facts.ts'
import {blocks, checklist, fence, numbered} from './markdown.ts'

type Step = z.output<typeof step>

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
  const commands = step.set ? [setCommand(step.set, matrix)] : (step.run ?? [])
  return blocks(
    [step.title, step.because && shell(step.because)].filter(Boolean).join(' '),
    commands.length > 0 && fence(commands.map(shell).join('\n')),
    step.expect && `Expect: ${shell(step.expect)}.`,
  )
}

/** A desired state as Helm's command; other owners get it from the upgrade stage. */
function setCommand(set: NonNullable<Step['set']>, {release}: Matrix): string {
  if ('image' in set) return `# set the image ${set.image} to ${set.to}`
  if ('field' in set) return `# set ${set.field} in ${set.file} to ${set.to}`
  const values = Object.entries(set.values ?? {}).map(([name, value]) => ` \\\n  --set ${name}=${value}`)
  const chart = `oci://${release?.registry}/${release?.charts}/${set.chart}`
  return `helm upgrade {{release}} ${chart} \\\n  --version ${set.to} --namespace {{namespace}} --reset-then-reuse-values${values.join('')}`
}

/** A procedure's parameters are the reader's shell variables here. */
export function shell(text: string): string {
  return text.replaceAll(/\{\{([a-z]+)\}\}/g, (_, name: string) => `$${name.toUpperCase()}`)
}

import {join} from 'node:path'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {applyEvidence, type Outcome} from '../evidence/apply.ts'
import {applyDrift} from '../generate/check.ts'
import {loadMatrix} from '../matrix/load.ts'
import type {Run} from './command.ts'
import {trustedEvidence} from './evidence-files.ts'
import {driftOf} from './generated.ts'
import {count, type Paint, print, table} from './output.ts'
import {loadWorkspace} from './workspace.ts'

/** Facts that evidence proves become `tested` in this checkout's matrix, and in what is generated from it. */
export const run: Run = async (args, context) => {
  const [word = ''] = args.words
  const {files} = context
  const outcomes: Outcome[] = []
  const before = await loadWorkspace(context)
  const path = join(before.root, before.file)
  const found = (await files.read(path)).toString()
  let text = found
  let {matrix} = before
  for (const evidence of await trustedEvidence(word, matrix, args, context)) {
    const applied = applyEvidence(text, before.file, matrix, evidence)
    outcomes.push(...applied.outcomes)
    const {value, diagnostics} = loadMatrix(applied.text, before.file)
    if (!value) throw new DiagnosticError(diagnostics)
    text = applied.text
    matrix = value
  }
  // Only now, so that evidence which is refused leaves nothing of the others behind.
  if (text !== found) await files.write(path, Buffer.from(text))
  const workspace = await loadWorkspace(context)
  const {drift} = await driftOf(workspace, context)
  await applyDrift(files, workspace.root, drift)
  print(context, {outcomes, changed: drift.map(d => d.path)}, paint =>
    outcomesText(outcomes, paint, context.width),
  )
  return 0
}

const words: Record<Outcome['result'], string> = {
  raised: 'tested from now on',
  tested: 'was tested already',
  broken: 'stays broken',
  short: 'stays as it was',
  unknown: 'not in the matrix',
}

function outcomesText(outcomes: readonly Outcome[], paint: Paint, width: number | undefined): string {
  const rows = outcomes.map(({id, result, from, why}) => [
    id,
    words[result],
    why ?? (from ? `was ${from}` : ''),
  ])
  const raised = outcomes.filter(o => o.result === 'raised').length
  const end = raised > 0 ? '; commit the matrix and what is generated' : ''
  return `${table(['FACT', 'LEVEL', 'WHY'], rows, paint, width)}\n${count(raised, 'fact')} raised${end}\n`
}

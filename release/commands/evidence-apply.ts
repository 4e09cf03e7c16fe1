import {join} from 'node:path'
import {applyEvidence, type Outcome} from '../evidence/apply.ts'
import {applyDrift} from '../generate/check.ts'
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
  let workspace = await loadWorkspace(context)
  const path = join(workspace.root, workspace.file)
  for (const evidence of await trustedEvidence(word, workspace.matrix, args, context)) {
    const text = (await files.read(path)).toString()
    const applied = applyEvidence(text, workspace.file, workspace.matrix, evidence)
    outcomes.push(...applied.outcomes)
    if (applied.text !== text) await files.write(path, Buffer.from(applied.text))
    workspace = await loadWorkspace(context)
  }
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

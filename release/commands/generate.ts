import {applyDrift, type Drift} from '../generate/check.ts'
import {diffText} from './check.ts'
import type {Run} from './command.ts'
import {driftOf} from './generated.ts'
import {count, print} from './output.ts'
import {loadWorkspace} from './workspace.ts'

export const run: Run = async (args, context) => {
  const workspace = await loadWorkspace(context)
  const {generated, drift} = await driftOf(workspace, context)
  const looks = args.flag('diff')
  if (!looks) await applyDrift(context.files, workspace.root, drift)
  const result = {
    files: generated.length,
    dryRun: looks,
    changes: drift.map(({path, kind}) => ({path, action: actions[kind]})),
  }
  print(context, result, paint => {
    if (drift.length === 0) return `all ${generated.length} generated files are up to date\n`
    if (looks) return diffText(drift, paint)
    const lines = result.changes.map(({path, action}) => `${action} ${path}\n`)
    return `${lines.join('')}${count(drift.length, 'file')} of ${generated.length} changed\n`
  })
  return 0
}

const actions: Record<Drift['kind'], string> = {missing: 'wrote', differs: 'updated', stale: 'removed'}

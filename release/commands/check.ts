import type {Diagnostic} from '#lib/diagnostics.ts'
import {type Drift, driftDiff} from '../generate/check.ts'
import type {Run} from './command.ts'
import {driftOf} from './generated.ts'
import {tellGitHub} from './github.ts'
import {count, type Paint, print} from './output.ts'
import {loadWorkspace} from './workspace.ts'

export const run: Run = async (_args, context) => {
  const {generated, drift} = await driftOf(await loadWorkspace(context), context)
  const result = {
    files: generated.length,
    drift: drift.map(d => ({path: d.path, kind: d.kind, diff: driftDiff(d)})),
  }
  print(context, result, paint =>
    drift.length === 0
      ? `all ${generated.length} generated files are up to date\n`
      : `${diffText(drift, paint)}\n${count(drift.length, 'generated file')} of ${generated.length} out of date; \`lockstep generate\` brings them up to date\n`,
  )
  await tellGitHub(drift.map(outOfDate), context)
  return drift.length === 0 ? 0 : 1
}

function outOfDate({path}: Drift): Diagnostic {
  const hint = 'run `./lockstep generate` and commit'
  return {
    code: 'G011',
    severity: 'error',
    message: `${path} is out of date`,
    place: {file: path, line: 1, col: 1},
    hint,
  }
}

/** Unified diffs from what is there to what should be, in the colours that Git has. */
export function diffText(drift: readonly Drift[], paint: Paint): string {
  return drift
    .flatMap(d => driftDiff(d).split('\n'))
    .map(line => {
      if (/^(?:---|\+\+\+) /.test(line)) return paint('bold', line)
      if (line.startsWith('@@')) return paint('cyan', line)
      if (line.startsWith('+')) return paint('green', line)
      return line.startsWith('-') ? paint('red', line) : line
    })
    .join('\n')
}

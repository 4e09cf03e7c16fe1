import {type Diagnostic, sortDiagnostics} from '#lib/diagnostics.ts'
import type {Context, Run} from './command.ts'
import {count, print} from './output.ts'
import {renderProblems} from './problems.ts'
import {readMatrix} from './read-files.ts'
import {type Reading, readWorkspace} from './workspace.ts'

/** Here the problems are the result, so they go to standard output. */
export const run: Run = async (args, context) => {
  const {files, diagnostics} = await readAll(context)
  const failed = diagnostics.some(d => d.severity === 'error' || args.flag('strict'))
  const text = await summary(files, diagnostics, context)
  print(context, {files, diagnostics: sortDiagnostics(diagnostics)}, () => text)
  return failed ? 1 : 0
}

/** A matrix that was named is judged by itself: what lies in the checkout belongs to another. */
async function readAll(context: Context): Promise<Pick<Reading, 'files' | 'diagnostics'>> {
  if (context.matrix === undefined) return readWorkspace(context)
  const {source, diagnostics} = await readMatrix(context, false, false)
  return {files: [source.file], diagnostics}
}

async function summary(
  files: readonly string[],
  diagnostics: readonly Diagnostic[],
  {cwd, color}: {cwd: string; color: boolean},
): Promise<string> {
  if (diagnostics.length > 0) return renderProblems(diagnostics, {cwd, format: 'text'}, color)
  return `${files.join('\n')}\n${count(files.length, 'file')} without a problem\n`
}

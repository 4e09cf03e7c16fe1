import {type Diagnostic, sortDiagnostics} from '#lib/diagnostics.ts'
import type {Run} from './command.ts'
import {print} from './output.ts'
import {renderProblems} from './problems.ts'
import {readWorkspace} from './workspace.ts'

/** Here the problems are the result, so they go to standard output. */
export const run: Run = async (args, context) => {
  const {files, diagnostics} = await readWorkspace(context)
  const failed = diagnostics.some(d => d.severity === 'error' || args.flag('strict'))
  const text = await summary(files, diagnostics, context)
  print(context, {files, diagnostics: sortDiagnostics(diagnostics)}, () => text)
  return failed ? 1 : 0
}

async function summary(
  files: readonly string[],
  diagnostics: readonly Diagnostic[],
  {cwd, color}: {cwd: string; color: boolean},
): Promise<string> {
  if (diagnostics.length > 0) return renderProblems(diagnostics, {cwd, format: 'text'}, color)
  return `${files.length} files are sound: ${files.join(', ')}\n`
}

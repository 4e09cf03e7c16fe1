import {readFileSync} from 'node:fs'
import {resolve} from 'node:path'
import type {Diagnostic} from '#lib/diagnostics.ts'
import type {Context} from './command.ts'

/** Problems as people or programs read them: in the format of the result, on standard error. */
export async function renderProblems(
  diagnostics: readonly Diagnostic[],
  {format, cwd}: Pick<Context, 'format' | 'cwd'>,
  color: boolean,
): Promise<string> {
  if (format !== 'text') {
    const [{serialize}, {sortDiagnostics}] = await Promise.all([
      import('./output.ts'),
      import('#lib/diagnostics.ts'),
    ])
    return serialize(
      {apiVersion: 'lockstep/diagnostics/v1', diagnostics: sortDiagnostics(diagnostics)},
      format,
    )
  }
  const {renderDiagnostics} = await import('#lib/render-diagnostics.ts')
  return renderDiagnostics(diagnostics, {color, source: file => textOf(resolve(cwd, file))})
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

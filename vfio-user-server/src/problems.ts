import {readFileSync} from 'node:fs'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {renderDiagnostics} from '#lib/render-diagnostics.ts'

/**
 * Runs a program to its end: problems are shown on standard error and decide the exit code. They end it at once: what it
 * listens to already would keep it there.
 */
export async function runProgram(main: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    const options = {color: process.stderr.isTTY && !process.env.NO_COLOR, source: textOf}
    process.stderr.write(renderDiagnostics(error.diagnostics, options))
    process.exit(error.exit)
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

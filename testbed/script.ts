import {DiagnosticError} from '#lib/diagnostics.ts'
import type {Progress} from '#release/lib/effects.ts'
import {lineProgress} from './progress.ts'

/** The frame of a small script: plain progress, problems in the project's manner, its exit codes. */
export async function script(work: (progress: Progress) => Promise<void>): Promise<void> {
  try {
    await work(lineProgress())
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    for (const {code, message, expected, hint} of error.diagnostics) {
      process.stderr.write(`error[${code}]: ${message}\n`)
      if (expected) process.stderr.write(`  = expected: ${expected}\n`)
      if (hint) process.stderr.write(`  = hint: ${hint}\n`)
    }
    process.exitCode = error.exit
  }
}

/** What GitHub shows of problems, beside the log: annotations at their lines, and a table in the job's summary. */
import {appendFile} from 'node:fs/promises'
import type {Diagnostic} from '#lib/diagnostics.ts'
import type {Context} from './command.ts'

/**
 * Tells GitHub of problems; nothing happens elsewhere.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export async function tellGitHub(
  diagnostics: readonly Diagnostic[],
  {env, err}: Pick<Context, 'env' | 'err'>,
): Promise<void> {
  if (env.GITHUB_ACTIONS !== 'true' || diagnostics.length === 0) return
  for (const one of diagnostics) err(`${annotation(one)}\n`)
  if (env.GITHUB_STEP_SUMMARY) await appendFile(env.GITHUB_STEP_SUMMARY, summary(diagnostics))
}

function annotation({severity, code, message, place}: Diagnostic): string {
  const escaped = (text: string) =>
    text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const property = (text: string) => escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
  const where = place ? `file=${property(place.file)},line=${place.line},col=${place.col},` : ''
  return `::${severity} ${where}title=${code}::${escaped(message)}`
}

/** A Markdown table. */
function summary(diagnostics: readonly Diagnostic[]): string {
  const rows = diagnostics.map(({severity, code, message, place, hint}) => {
    const where = place ? `${place.file}:${place.line}:${place.col}` : ''
    return [severity, code, where, message, hint ?? ''].map(cell).join(' | ')
  })
  const lines = [
    '| | Code | Place | Problem | Next step |',
    '|---|---|---|---|---|',
    ...rows.map(r => `| ${r} |`),
  ]
  return `\n${lines.join('\n')}\n\n`
}

/** What is in a message was written by others: it is shown as it is, and neither breaks the table nor becomes a link. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\|<>[\]*_`&#]/g, c => `&#${c.charCodeAt(0)};`)
}

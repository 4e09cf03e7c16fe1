import type {GeneratedFile} from '../file.ts'
import {mark} from '../mark.ts'

/** A name and what it means. */
type Entry = readonly [name: string, meaning: string]

/** The command line as data. */
export type CliReference = {
  groups: readonly {title: string; commands: readonly CommandReference[]}[]
  /** Options that all commands take. */
  options: readonly Entry[]
  exitCodes: readonly Entry[]
}
export type CommandReference = {
  name: string
  summary: string
  text?: string
  usage: string
  words: readonly Entry[]
  options: readonly Entry[]
  examples: readonly {run: string; note: string}[]
}

/** `docs/reference/cli.md` */
export function cliPage({groups, options, exitCodes}: CliReference): GeneratedFile {
  const index = groups.flatMap(g =>
    g.commands.map((c): Entry => [`[${c.name}](#${c.name.replaceAll(' ', '-')})`, c.summary]),
  )
  const text = `<!-- ${mark('release/commands/table.ts')} -->
# The command lockstep

Run it in a clone as \`./lockstep\`. Standard output holds the result and nothing else; progress and problems go to
standard error. With \`-o json\` or \`-o yaml\` problems are data too: one document
\`{apiVersion: lockstep/diagnostics/v1, diagnostics: [...]}\` on standard error. Only \`matrix lint\` shows problems on
standard output, since they are its result. \`LOCKSTEP_DEBUG=1\` shows where a fault of lockstep itself came from.

${table(['command', 'does'], index)}
## Options of all commands

${entries(options)}
## Exit codes

${table(['code', 'meaning'], exitCodes)}${groups.map(g => `\n## ${g.title}\n${g.commands.map(commandText).join('')}`).join('')}`
  return {path: 'docs/reference/cli.md', text}
}

function commandText({name, summary, text, usage, words, options, examples}: CommandReference): string {
  return `
### ${name}

${summary}.${text ? ` ${text}` : ''}

\`\`\`sh
${usage}
\`\`\`
${words.length + options.length > 0 ? `\n${entries([...words, ...options])}` : ''}
\`\`\`sh
${examples.map(e => `# ${e.note}\n${e.run}`).join('\n')}
\`\`\`
`
}

function entries(list: readonly Entry[]): string {
  return list.map(([name, meaning]) => `- \`${name}\`: ${meaning}\n`).join('')
}

function table(heading: Entry, rows: readonly Entry[]): string {
  const row = ([name, meaning]: Entry) => `| ${name} | ${meaning.replaceAll('|', '\\|')} |\n`
  return [row(heading), '|---|---|\n', ...rows.map(row)].join('')
}

import type {CliReference} from '../generate/cli/index.ts'
import type {Command} from './command.ts'
import {describe, optionText, usage} from './help.ts'
import {exitCodes, globalOptions} from './options.ts'

/** The table as plain data, for the generated page. */
export function cliReference(commands: readonly Command[]): CliReference {
  const titles = [...new Set(commands.map(c => c.group))]
  return {
    groups: titles.map(title => ({title, commands: commands.filter(c => c.group === title).map(reference)})),
    options: Object.entries(globalOptions).map(([name, o]) => [optionText(name, o), describe(o)]),
    exitCodes: exitCodes.map(([code, meaning]) => [String(code), meaning]),
  }
}

function reference(command: Command): CliReference['groups'][number]['commands'][number] {
  const {path, summary, text, arguments: words = [], options = {}, examples} = command
  return {
    name: path.join(' '),
    summary,
    ...(text ? {text} : {}),
    usage: usage(command),
    words: words.map(a => [a.name, describe(a)]),
    options: Object.entries(options).map(([name, o]) => [optionText(name, o), describe(o)]),
    examples,
  }
}

import type {Command, Option} from './command.ts'
import {exitCodes, globalOptions} from './options.ts'
import {type Paint, paragraph, table, wrap} from './output.ts'

/** Help for a command, for the commands below a word, or for all of them. */
export function helpText(
  path: readonly string[],
  commands: readonly Command[],
  paint: Paint,
  width = 80,
): string {
  const below = commands.filter(c => path.every((word, i) => c.path[i] === word))
  const command = below.find(c => c.path.length === path.length)
  if (!command) return overview(path, below, paint, width)
  return commandHelp(
    command,
    below.filter(c => c !== command),
    paint,
    width,
  )
}

/** `lockstep explain CODE` */
export function usage({path, arguments: words = [], options}: Command): string {
  const parts = words.map(a => {
    const name = `${a.name}${a.many ? ' …' : ''}`
    return a.required ? name : `[${name}]`
  })
  return ['lockstep', ...path, ...parts, ...(options ? ['[OPTIONS]'] : [])].join(' ')
}

/** `-o, --output FORMAT` */
export function optionText(name: string, {short, value}: Option): string {
  return `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`
}

function overview(path: readonly string[], below: readonly Command[], paint: Paint, width: number): string {
  const groups = [...new Set(below.map(c => c.group))]
  const name = ['lockstep', ...path].join(' ')
  const head = path.length === 0 ? 'lockstep: one matrix becomes a checked, built, packaged release.\n\n' : ''
  const longest = Math.max(...below.map(c => shortUsage(c).length))
  const lists = groups.map(group => {
    const rows = below
      .filter(c => c.group === group)
      .map(c => entry(shortUsage(c), c.summary, longest, width))
    return `${paint('bold', group)}\n${rows.join('')}`
  })
  const more =
    path.length === 0
      ? `\n${optionList('Options of all commands', globalOptions, paint, width)}\n${exitText(paint)}`
      : ''
  return `${head}${paint('bold', 'Usage:')} ${name} COMMAND [OPTIONS]\n\n${lists.join('\n')}${more}
\`${name} COMMAND --help\` tells more about one.\n`
}

function shortUsage({path, arguments: words = []}: Command): string {
  return [...path, ...words.filter(a => a.required).map(a => a.name)].join(' ')
}

function commandHelp(command: Command, below: readonly Command[], paint: Paint, width: number): string {
  const {summary, text, arguments: words = [], options, examples} = command
  const parts = [
    paragraph(`${summary}.`, {width}),
    text ? paragraph(text, {width}) : undefined,
    `${paint('bold', 'Usage:')} ${usage(command)}\n`,
    words.length > 0
      ? `${paint('bold', 'Words')}\n${words.map(a => entry(a.name, describe(a), 20, width)).join('')}`
      : undefined,
    options ? optionList('Options', options, paint, width) : undefined,
    below.length > 0
      ? `${paint('bold', 'See also')}\n${below.map(c => entry(shortUsage(c), c.summary, 20, width)).join('')}`
      : undefined,
    `${paint('bold', 'Examples')}\n${examples.map(e => `  # ${e.note}\n  ${e.run}\n`).join('')}`,
    optionList('Options of all commands', globalOptions, paint, width),
  ]
  return parts.filter(part => part !== undefined).join('\n')
}

function optionList(
  title: string,
  options: Readonly<Record<string, Option>>,
  paint: Paint,
  width: number,
): string {
  const rows = Object.entries(options).map(([name, o]) => entry(optionText(name, o), describe(o), 20, width))
  return `${paint('bold', title)}\n${rows.join('')}`
}

export function describe({summary, choices}: {summary: string; choices?: readonly string[]}): string {
  return choices && !choices.every(c => summary.includes(c)) ? `${summary}: ${choices.join(', ')}` : summary
}

/** A name and its description, side by side; a long name stands on a line of its own. */
function entry(name: string, description: string, longest: number, width: number): string {
  const column = Math.min(longest, 28)
  const lines = wrap(description, Math.min(width, 100) - column - 4)
  const pad = ' '.repeat(column + 4)
  const head = name.length > column ? `  ${name}\n${pad}` : `  ${name.padEnd(column)}  `
  return `${head}${lines.join(`\n${pad}`)}\n`
}

function exitText(paint: Paint): string {
  return `${paint('bold', 'Exit codes')}\n${table(
    ['', ''],
    exitCodes.map(([code, meaning]) => [`  ${code}`, meaning]),
    (_, text) => text,
  ).replace(/^\s*\n/, '')}`
}

import {parseArgs} from 'node:util'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import type {Args, Command, Format, Option, Trust} from './command.ts'
import {globalOptions, trustNames} from './options.ts'

export type Globals = {
  format: Format
  color: boolean
  quiet: boolean
  root?: string
  matrix?: string
  trust: Trust
}

export type Invocation =
  | {kind: 'run'; command: Command; args: Args; globals: Globals}
  /** `path` names a command, a group of commands, or nothing: all of them. `asked` is false after a bare group. */
  | {kind: 'help'; path: readonly string[]; asked: boolean}
  | {kind: 'version'}

type Values = Record<string, string | boolean | (string | boolean)[] | undefined>

/**
 * What a command line asks for.
 * @param argv without node and the script
 * @throws DiagnosticError, exit 2, with every mistake found: C001 to C006
 */
export function parse(argv: readonly string[], table: readonly Command[]): Invocation {
  if (argv[0] === 'help') return parse([...argv.slice(1), '--help'], table)
  const {path, rest, next} = commandOf(argv, table)
  const command = table.find(c => same(c.path, path))
  const {values, positionals, tokens} = read(rest, {...globalOptions, ...command?.options})
  if (values.help && (command || next === undefined)) return {kind: 'help', path, asked: true}
  if (path.length === 0 && values.version) return {kind: 'version'}
  if (!command) {
    if (next !== undefined) misuse([unknownCommand(path, next, table)])
    const problems = optionProblems(tokens, globalOptions)
    if (problems.length > 0) misuse(problems)
    return {kind: 'help', path, asked: false}
  }
  const options: Record<string, Option> = {...globalOptions, ...command.options}
  const problems = [...optionProblems(tokens, options), ...wordProblems(positionals, command, table)]
  if (problems.length > 0) misuse(problems.map(p => ({hint: helpHint(path), ...p})))
  return {kind: 'run', command, args: argsOf(positionals, values, options), globals: globalsOf(values)}
}

/** The global options alone, of a command line that may be wrong: errors are shown as it asked. */
export function lenientGlobals(argv: readonly string[]): Globals {
  return globalsOf(read(argv, globalOptions).values)
}

function globalsOf(values: Values): Globals {
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined)
  const [root, matrix, output] = [text('root'), text('matrix'), text('output')]
  return {
    format: output === 'json' || output === 'yaml' ? output : 'text',
    color: values['no-color'] !== true,
    quiet: values.quiet === true,
    trust: Object.fromEntries(
      trustNames.flatMap(name => {
        const value = text(name)
        return value === undefined ? [] : [[name, value]]
      }),
    ),
    ...(root === undefined ? {} : {root}),
    ...(matrix === undefined ? {} : {matrix}),
  }
}

function read(args: readonly string[], options: Record<string, Option>) {
  const known = Object.fromEntries(
    Object.entries(options).map(([name, {type, short, multiple}]) => [
      name,
      {type, ...(short ? {short} : {}), ...(multiple ? {multiple} : {})},
    ]),
  )
  return parseArgs({args: [...args], options: known, strict: false, allowPositionals: true, tokens: true})
}
type Token = ReturnType<typeof read>['tokens'][number]

/** The longest command path that the first words spell, what is left without it, and the word that ended it. */
function commandOf(argv: readonly string[], table: readonly Command[]) {
  const path: string[] = []
  const taken = new Set<number>()
  let next: string | undefined
  for (const token of read(argv, globalOptions).tokens) {
    if (token.kind === 'option-terminator') break
    if (token.kind !== 'positional') continue
    next = token.value
    if (!table.some(c => same(c.path.slice(0, path.length + 1), [...path, token.value]))) break
    path.push(token.value)
    taken.add(token.index)
    next = undefined
  }
  return {path, rest: argv.filter((_, i) => !taken.has(i)), next}
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i])
}

function unknownCommand(path: readonly string[], word: string, table: readonly Command[]): Diagnostic {
  const near = didYouMean(word, namesBelow(path, table))
  const name = ['lockstep', ...path].join(' ')
  return {
    code: 'C001',
    severity: 'error',
    message: `${name} has no command ${word}`,
    hint: near ? `did you mean \`${name} ${near}\`?` : `\`${name} --help\` lists them`,
  }
}

function optionProblems(tokens: readonly Token[], options: Record<string, Option>): Diagnostic[] {
  return tokens.flatMap((token): Diagnostic[] => {
    if (token.kind !== 'option') return []
    const option = options[token.name]
    const error = (code: string, message: string, more: Partial<Diagnostic> = {}): Diagnostic[] => [
      {code, severity: 'error', message, ...more},
    ]
    if (!option) {
      const near = didYouMean(token.name, Object.keys(options))
      return error('C002', `unknown option ${token.rawName}`, near ? {hint: `did you mean --${near}?`} : {})
    }
    if (option.type === 'boolean')
      return token.value === undefined ? [] : error('C003', `${token.rawName} takes no value`)
    const expected = option.choices ? `one of ${option.choices.join(', ')}` : (option.value ?? 'a value')
    if (!token.value || (!token.inlineValue && /^-./.test(token.value)))
      return error('C003', `${token.rawName} needs a value`, {expected})
    if (option.choices && !option.choices.includes(token.value))
      return error('C004', `${token.rawName} can't be ${token.value}`, {expected})
    return []
  })
}

function wordProblems(words: readonly string[], command: Command, table: readonly Command[]): Diagnostic[] {
  const wanted = command.arguments ?? []
  const error = (code: string, message: string, expected?: string): Diagnostic => ({
    code,
    severity: 'error',
    message,
    ...(expected ? {expected} : {}),
  })
  const problems: Diagnostic[] = []
  for (const [i, argument] of wanted.entries()) {
    const word = words[i]
    if (word === undefined) {
      if (argument.required) problems.push(error('C005', `${argument.name} is missing`, argument.summary))
    } else if (argument.choices && !argument.choices.includes(word))
      problems.push(
        error('C004', `${argument.name} can't be ${word}`, `one of ${argument.choices.join(', ')}`),
      )
  }
  if (!wanted.at(-1)?.many)
    for (const word of words.slice(wanted.length))
      problems.push({...error('C006', `${word} is one word too many`), ...meant(word, command, table)})
  return problems
}

/** `compat chek`: a command that also has commands below it. */
function meant(word: string, {path}: Command, table: readonly Command[]): Pick<Diagnostic, 'hint'> {
  const near = didYouMean(word, namesBelow(path, table))
  return near ? {hint: `did you mean \`lockstep ${path.join(' ')} ${near}\`?`} : {}
}

function namesBelow(path: readonly string[], table: readonly Command[]): string[] {
  const names = table
    .filter(c => same(c.path.slice(0, path.length), path))
    .map(c => c.path[path.length] ?? '')
  return [...new Set(names)].filter(Boolean)
}

function helpHint(path: readonly string[]): string {
  return `\`lockstep ${path.join(' ')} --help\` tells how it is used`
}

function misuse(problems: Diagnostic[]): never {
  throw new DiagnosticError(problems, 2)
}

function argsOf(words: readonly string[], values: Values, options: Record<string, Option>): Args {
  const get = (name: string) => {
    // A typing slip in a command's file, which a test of that command meets at once.
    if (!Object.hasOwn(options, name)) throw new Error(`the table has no option --${name}`)
    return values[name]
  }
  return {
    words,
    flag: name => get(name) === true,
    text: name => {
      const value = get(name)
      return typeof value === 'string' ? value : undefined
    },
    list: name => [get(name) ?? []].flat().filter(v => typeof v === 'string'),
  }
}

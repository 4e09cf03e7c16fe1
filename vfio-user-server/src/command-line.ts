import {parseArgs} from 'node:util'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'

export type OptionSpec = {
  type: 'string' | 'boolean'
  short?: string
  /** What its value is, for the help: `FILE`. */
  value?: string
  choices?: readonly string[]
  summary: string
}

export type Options = Readonly<Record<string, OptionSpec>>
export type Values = {text(name: string): string | undefined; flag(name: string): boolean; words: string[]}

/**
 * Reads a command line.
 * @throws DiagnosticError, exit 2, with every mistake: U001 unknown option, U002 bad value
 */
export function readOptions(argv: readonly string[], options: Options): Values {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, {type, short}]) => [name, {type, ...(short ? {short} : {})}]),
  )
  const {values, positionals, tokens} = parseArgs({
    args: [...argv],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const problems = tokens.flatMap(token =>
    token.kind === 'option' ? optionProblems(token.name, token.rawName, token.value, options) : [],
  )
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined)
  return {text, flag: name => values[name] === true, words: positionals}
}

function optionProblems(
  name: string,
  raw: string,
  value: string | undefined,
  options: Options,
): Diagnostic[] {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (!option) {
    const meant = didYouMean(name, Object.keys(options))
    return [
      misuse(
        'U001',
        `there is no option ${raw}`,
        meant ? `did you mean --${meant}?` : '--help lists them all',
      ),
    ]
  }
  if (option.type === 'string' && (value === undefined || value === ''))
    return [misuse('U002', `${raw} needs a value: ${option.value ?? 'TEXT'}`)]
  if (option.type === 'boolean' && value !== undefined) return [misuse('U002', `${raw} takes no value`)]
  if (option.choices && value !== undefined && !option.choices.includes(value)) {
    const meant = didYouMean(value, option.choices)
    return [
      {
        ...misuse('U002', `${raw} cannot be \`${value}\``, meant && `did you mean ${meant}?`),
        expected: option.choices.join(', '),
      },
    ]
  }
  return []
}

export function misuse(code: string, message: string, hint?: string): Diagnostic {
  return {code, severity: 'error', message, ...(hint ? {hint} : {})}
}

/** The options, one a line, for the help. */
export function optionsHelp(options: Options): string {
  const rows = Object.entries(options).map(([name, {short, value, choices, summary}]) => {
    const shown = choices ? choices.join('|') : value
    return [`${short ? `-${short}, ` : '    '}--${name}${shown ? ` ${shown}` : ''}`, summary] as const
  })
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}

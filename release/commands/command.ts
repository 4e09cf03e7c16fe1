import type {Exec, Files, Progress} from '../lib/effects.ts'

/** An option as the table describes it. */
export type Option = {
  type: 'boolean' | 'string'
  short?: string
  /** What its value is, in capitals, for the help: `FILE`. */
  value?: string
  choices?: readonly string[]
  /** May be given several times. */
  multiple?: boolean
  summary: string
}

/** A word after the command's name. */
export type Argument = {
  name: string
  summary: string
  required?: boolean
  /** Takes all words that are left. */
  many?: boolean
  choices?: readonly string[]
}

export type Command = {
  path: readonly string[]
  /** Its heading in the help. */
  group: string
  /** One line. */
  summary: string
  /** What else one needs to know before running it: sentences, wrapped by the help. */
  text?: string
  arguments?: readonly Argument[]
  options?: Readonly<Record<string, Option>>
  examples: readonly {run: string; note: string}[]
  /** Loads the command's own file. */
  load: () => Promise<{run: Run}>
}

/** 0 done, 1 differences or refusal; everything worse is thrown as a DiagnosticError with its exit code. */
export type Run = (args: Args, context: Context) => Promise<0 | 1>

/** What was given on the command line, already checked against the table. */
export type Args = {
  words: readonly string[]
  flag(name: string): boolean
  text(name: string): string | undefined
  list(name: string): readonly string[]
}

export type Trust = Readonly<Partial<Record<'key' | 'identity' | 'issuer' | 'trusted-root', string>>>

export type Format = 'text' | 'json' | 'yaml'

/** What a command may use of the world around it. */
export type Context = {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  /** Whose signatures count: `--key`, `--identity`, `--issuer` and `--trusted-root`, as given. */
  trust?: Trust
  /** `--root` and `--matrix`, as given. */
  root?: string
  matrix?: string
  format: Format
  /** Whether standard output takes colours. */
  color: boolean
  /** Columns that lines are wrapped to; undefined when no terminal looks on. */
  width?: number
  /** All of standard input, as text. */
  input(): Promise<string>
  /** Standard output: nothing but results. */
  out(text: string): void
  /** Standard error. */
  err(text: string): void
  progress: Progress
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  /** Ctrl-C waits for the end of this work, so that it can end its children and give back what it holds. */
  unwinds?: (work: Promise<unknown>) => void
  files: Files
  exec: Exec
}

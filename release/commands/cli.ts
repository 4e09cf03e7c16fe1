import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {realExec} from '../effects/exec.ts'
import {explain, realFiles} from '../effects/files.ts'
import {realProgress, silentProgress} from '../effects/progress.ts'
import type {Command, Context} from './command.ts'
import {type Globals, lenientGlobals, parse} from './parse.ts'
import {renderProblems} from './problems.ts'

/** What a process gives to the command. */
export type World = {
  /** Without node and the script. */
  argv: readonly string[]
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  /** Called only by a command that reads it. */
  stdin: () => AsyncIterable<Uint8Array>
  stdout: Terminal
  stderr: Terminal
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  /** Ctrl-C waits for the end of this work; it ends at once otherwise. */
  unwinds?: (work: Promise<unknown>) => void
}
export type Terminal = {write(text: string): unknown; isTTY?: boolean; columns?: number}

/** Runs a command line to its end and answers the exit code; never throws. */
export async function cli(world: World, commands: readonly Command[]): Promise<number> {
  const globals = lenientGlobals(world.argv)
  const context = contextOf(world, globals)
  try {
    const asked = parse(world.argv, commands)
    if (asked.kind === 'version') return await showVersion(context)
    if (asked.kind === 'run') {
      const {run} = await asked.command.load()
      return await run(asked.args, context)
    }
    const [{helpText}, {painter}] = await Promise.all([import('./help.ts'), import('./output.ts')])
    const terminal = asked.asked ? world.stdout : world.stderr
    const text = helpText(
      asked.path,
      commands,
      painter(coloured(terminal, world.env, globals)),
      context.width,
    )
    terminal.write(text)
    return asked.asked ? 0 : 2
  } catch (error) {
    // Whoever interrupted it knows.
    if (world.signal.aborted && error instanceof Error && error.name === 'AbortError') return 130
    const {diagnostics, exit} = await problemsOf(error, context)
    const color = coloured(world.stderr, world.env, globals)
    context.err(await renderProblems(diagnostics, context, color))
    if (world.env.GITHUB_ACTIONS) await (await import('./github.ts')).tellGitHub(diagnostics, context)
    return exit
  }
}

function contextOf({cwd, env, stdin, stdout, stderr, signal, unwinds}: World, globals: Globals): Context {
  return {
    cwd,
    env,
    ...(globals.root === undefined ? {} : {root: globals.root}),
    ...(globals.matrix === undefined ? {} : {matrix: globals.matrix}),
    trust: globals.trust,
    format: globals.format,
    color: coloured(stdout, env, globals),
    ...(stdout.isTTY ? {width: stdout.columns ?? 80} : {}),
    input: () => textOf(stdin()),
    out: text => void stdout.write(text),
    err: text => void stderr.write(text),
    // Lines of progress between problems as JSON would spoil them for whoever reads them.
    progress:
      globals.format === 'text' || stderr.isTTY ? realProgress({quiet: globals.quiet}) : silentProgress,
    signal,
    ...(unwinds ? {unwinds} : {}),
    files: realFiles(),
    exec: realExec,
  }
}

async function textOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all).toString()
}

/** https://no-color.org: NO_COLOR counts when it is set and not empty; FORCE_COLOR as in Node. */
function coloured(terminal: Terminal, env: World['env'], {color, format}: Globals): boolean {
  if (!color || env.NO_COLOR || format !== 'text') return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return terminal.isTTY === true && env.TERM !== 'dumb'
}

async function problemsOf(
  error: unknown,
  context: Context,
): Promise<{diagnostics: readonly Diagnostic[]; exit: number}> {
  if (error instanceof DiagnosticError) return error
  const {path} = error as {path?: string}
  try {
    explain(path ?? 'a file', error)
  } catch (explained) {
    if (explained instanceof DiagnosticError) return explained
  }
  const [message, stack] = error instanceof Error ? [error.message, error.stack] : [String(error)]
  if (context.env.LOCKSTEP_DEBUG) context.err(`${stack ?? message}\n`)
  const {reportTo} = await import('./workspace.ts')
  const to = (await reportTo(context)) ?? 'the project'
  const hint = `report it to ${to}, with what LOCKSTEP_DEBUG=1 shows`
  return {diagnostics: [{code: 'C070', severity: 'error', message: `unexpected: ${message}`, hint}], exit: 70}
}

async function showVersion(context: Context): Promise<0> {
  const {releaseVersion} = await import('./workspace.ts')
  context.out(`lockstep ${(await releaseVersion(context)) ?? 'outside a checkout'}\n`)
  return 0
}

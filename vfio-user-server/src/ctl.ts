/** `mock-accel-ctl`: looks into a running server, and breaks its devices on purpose. */
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {version} from '#lib/version.ts'
import {misuse, type Options, optionsHelp, readOptions, type Values} from './command-line.ts'
import {type FunctionInfo, faultKinds, type Request} from './control.ts'
import {ask} from './control-socket.ts'
import {runProgram} from './problems.ts'
import {formatSize} from './size.ts'

const defaultControl = '/run/mock-accel/control.sock'

const options: Options = {
  control: {
    type: 'string',
    value: 'PATH',
    summary: `the control socket; $MOCK_ACCEL_CONTROL, ${defaultControl}`,
  },
  output: {
    type: 'string',
    short: 'o',
    choices: ['text', 'json'],
    summary: 'text for people, JSON for programs',
  },
  version: {type: 'boolean', summary: 'the version'},
  help: {type: 'boolean', short: 'h', summary: 'this text'},
}

const faults = Object.entries(faultKinds).map(
  ([name, {value, text}]) => `    ${`${name} ${value ?? ''}`.padEnd(26)}${text}\n`,
)

const help = `Looks into a running mock-accel-server, and breaks its devices on purpose.

  mock-accel-ctl list
  mock-accel-ctl stats [FUNCTION]
  mock-accel-ctl metrics
  mock-accel-ctl fault inject FUNCTION FAULT [VALUE]
${faults.join('')}  mock-accel-ctl fault clear FUNCTION [FAULT]
  mock-accel-ctl reset FUNCTION

FUNCTION is a name, a label, a UUID, or all.

${optionsHelp(options)}`

type Answered = (values: Values, result: unknown) => string

const commands: Readonly<
  Record<string, {least: number; most: number; make: (words: string[]) => Request; show?: Answered}>
> = {
  list: {
    least: 0,
    most: 0,
    make: () => ({method: 'list'}),
    show: (_, result) => listText(result as FunctionInfo[]),
  },
  stats: {
    least: 0,
    most: 1,
    make: ([name]) => ({method: 'stats', params: name === undefined ? {} : {function: name}}),
    show: (_, result) => statsText(result as Record<string, Record<string, number>>),
  },
  metrics: {least: 0, most: 0, make: () => ({method: 'metrics'}), show: (_, result) => String(result)},
  'fault inject': {
    least: 2,
    most: 3,
    make: ([name, fault, value]) => ({
      method: 'fault.inject',
      params: {function: name, fault, ...(value === undefined ? {} : {value})},
    }),
  },
  'fault clear': {
    least: 1,
    most: 2,
    make: ([name, fault]) => ({
      method: 'fault.clear',
      params: {function: name, ...(fault === undefined ? {} : {fault})},
    }),
  },
  reset: {least: 1, most: 1, make: ([name]) => ({method: 'reset', params: {function: name}})},
}

export async function main(argv: readonly string[]): Promise<number> {
  const values = readOptions(argv, options)
  if (values.flag('version')) {
    process.stdout.write(`mock-accel-ctl ${version}\n`)
    return 0
  }
  if (values.flag('help') || values.words.length === 0) {
    process.stdout.write(help)
    return values.flag('help') ? 0 : 2
  }
  const [first = '', second = ''] = values.words
  const name = first === 'fault' ? `fault ${second}` : first
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  const words = values.words.slice(name.split(' ').length)
  if (!command)
    throw new DiagnosticError(
      [misuse('U001', `there is no command \`${name.trim()}\``, '--help lists them')],
      2,
    )
  if (words.length < command.least || words.length > command.most)
    throw new DiagnosticError(
      [misuse('U003', `\`${name}\` has too few words, or too many`, '--help shows them')],
      2,
    )
  const result = await asked(
    values.text('control') ?? process.env.MOCK_ACCEL_CONTROL ?? defaultControl,
    command.make(words),
  )
  if (values.text('output') === 'json') process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  else process.stdout.write(command.show?.(values, result) ?? '')
  return 0
}

async function asked(path: string, request: Request): Promise<unknown> {
  let answer: Awaited<ReturnType<typeof ask>>
  try {
    answer = await ask(path, request)
  } catch (error) {
    fail(
      {
        code: 'U005',
        message: `no server answers at ${path}: ${(error as Error).message}`,
        hint: 'start mock-accel-server, or name its control socket with --control',
      },
      3,
      {cause: error},
    )
  }
  if ('error' in answer) fail({code: 'U006', message: answer.error.message}, 1)
  return answer.result
}

function listText(functions: readonly FunctionInfo[]): string {
  const rows = functions.map(one => [
    one.name,
    one.type,
    one.label,
    formatSize(BigInt(one.memory)),
    one.totalVfs === undefined ? '' : `${one.numVfs}/${one.totalVfs}`,
    one.connected ? 'connected' : one.enabled ? 'waiting' : 'disabled',
    one.health,
    one.faults.join(','),
  ])
  return table([['NAME', 'TYPE', 'LABEL', 'MEMORY', 'VFS', 'CLIENT', 'HEALTH', 'FAULTS'], ...rows])
}

function statsText(stats: Record<string, Record<string, number>>): string {
  const names = Object.keys(Object.values(stats)[0] ?? {})
  const head = ['NAME', ...names.map(name => name.toUpperCase())]
  return table([
    head,
    ...Object.entries(stats).map(([name, one]) => [name, ...names.map(key => String(one[key]))]),
  ])
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map(row => (row[i] ?? '').length)))
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')
  return rows.map(row => `${line(row).trimEnd()}\n`).join('')
}

if (import.meta.main) void runProgram(() => main(process.argv.slice(2)))

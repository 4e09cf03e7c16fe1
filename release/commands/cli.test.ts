import {expect, test} from 'vitest'
import {fail} from '#lib/diagnostics.ts'
import {cli, type World} from './cli.ts'
import type {Command, Run} from './command.ts'
import {commands} from './table.ts'
import {testWorld} from './testing.ts'

async function run(argv: string[], table: readonly Command[] = commands, more: Partial<World> = {}) {
  const {world, written} = testWorld(argv, more)
  return {code: await cli(world, table), ...written}
}

/** A table with one command that does as the test says. */
const one = (does: Run): Command[] => [
  {path: ['try'], group: 'G', summary: 'Try', examples: [], load: async () => ({run: does})},
]

test('help of everything, of a group and of a command goes to standard output', async () => {
  for (const argv of [
    ['--help'],
    ['help'],
    ['matrix', '--help'],
    ['matrix', 'lint', '-h'],
    ['help', 'explain'],
  ]) {
    const {code, out, err} = await run(argv)
    expect({argv, code, err}).toEqual({argv, code: 0, err: ''})
    expect(out).toContain('Usage: lockstep')
  }
})

test('nothing, and a bare group, show what there is and count as misuse', async () => {
  for (const argv of [[], ['matrix']]) {
    const {code, out, err} = await run(argv)
    expect({code, out}).toEqual({code: 2, out: ''})
    expect(err).toContain('matrix lint')
  }
})

test('unknown words and options are refused with what may have been meant', async () => {
  const cases: [string[], string, string][] = [
    [['explian'], 'C001', 'did you mean `lockstep explain`?'],
    [['matrix', 'lnt'], 'C001', 'did you mean `lockstep matrix lint`?'],
    [['matrix', 'lint', '--strickt'], 'C002', 'did you mean --strict?'],
    [['--matrx', 'explain'], 'C002', 'did you mean --matrix?'],
    [['matrix', 'lint', '--strict=no'], 'C003', 'takes no value'],
    [['matrix', 'lint', '-o'], 'C003', 'text, table, json, yaml'],
    [['matrix', 'lint', '--root', '--strict'], 'C003', 'DIR'],
    [['matrix', 'lint', '-o', 'xml'], 'C004', "-o can't be xml"],
    [['completion', 'tcsh'], 'C004', 'bash, zsh, fish'],
    [['completion'], 'C005', 'SHELL is missing'],
    [['explain', 'C001', 'C002'], 'C006', 'C002 is one word too many'],
    [['compat', 'chek'], 'C006', 'did you mean `lockstep compat check`?'],
  ]
  for (const [argv, code, text] of cases) {
    const result = await run(argv)
    expect({argv, code: result.code, out: result.out}).toEqual({argv, code: 2, out: ''})
    expect(result.err).toContain(`error[${code}]`)
    expect(result.err).toContain(text)
  }
})

test('options of all commands may stand before the command, and -- ends options', async () => {
  expect((await run(['-o', 'json', 'explain', 'C001'])).out).toContain('"code": "C001"')
  expect((await run(['explain', '--output=json', '--', 'C001'])).out).toContain('"code": "C001"')
  expect((await run(['explain', '--', '--help'])).err).toContain('there is no code --help')
})

test('exit codes: what the command says, what a problem carries, 70 for a fault of ours', async () => {
  const problem = {code: 'X001', message: 'the disk is full'}
  expect(
    (
      await run(
        ['try'],
        one(async () => 0),
      )
    ).code,
  ).toBe(0)
  expect(
    (
      await run(
        ['try'],
        one(async () => 1),
      )
    ).code,
  ).toBe(1)
  expect(
    (
      await run(
        ['try'],
        one(async () => fail(problem)),
      )
    ).code,
  ).toBe(1)
  expect(
    (
      await run(
        ['try'],
        one(async () => fail(problem, 3)),
      )
    ).code,
  ).toBe(3)
  const fault = await run(
    ['try'],
    one(async () => Promise.reject(new Error('oops'))),
  )
  expect(fault.code).toBe(70)
  expect(fault.err).toContain('error[C070]: unexpected: oops')
  expect(fault.err).toMatch(/report it to https:\S+issues/)
  expect(fault.err).not.toContain('cli.test.ts')
  const debugged = await run(
    ['try'],
    one(async () => Promise.reject(new Error('oops'))),
    {env: {LOCKSTEP_DEBUG: '1'}},
  )
  expect(debugged.err).toContain('cli.test.ts')
})

test("the system's own errors are explained as the environment's", async () => {
  const full = Object.assign(new Error('ENOSPC'), {code: 'ENOSPC', syscall: 'write', path: 'dist/x'})
  const {code, err} = await run(
    ['try'],
    one(async () => Promise.reject(full)),
  )
  expect(code).toBe(3)
  expect(err).toContain("dist/x can't be written: the disk is full")
})

test('with -o json or yaml problems are data on standard error', async () => {
  const json = await run(['explian', '-o', 'json'])
  expect(JSON.parse(json.err)).toMatchObject({
    apiVersion: 'lockstep/diagnostics/v1',
    diagnostics: [{code: 'C001', severity: 'error'}],
  })
  expect((await run(['explian', '-o', 'yaml'])).err).toContain('- code: C001')
})

test('colours only on a terminal, and never against NO_COLOR or --no-color', async () => {
  const painted = async (argv: string[], env: World['env'], isTTY: boolean) => {
    const texts: string[] = []
    const stdout = {write: (text: string) => texts.push(text), isTTY, columns: 80}
    await run(['explain', ...argv], commands, {env, stdout})
    return texts.join('').includes('\u001b[')
  }
  expect(await painted([], {}, true)).toBe(true)
  expect(await painted([], {}, false)).toBe(false)
  expect(await painted(['--no-color'], {}, true)).toBe(false)
  expect(await painted([], {NO_COLOR: '1'}, true)).toBe(false)
  expect(await painted([], {NO_COLOR: ''}, true)).toBe(true)
  expect(await painted([], {TERM: 'dumb'}, true)).toBe(false)
  expect(await painted([], {FORCE_COLOR: '1'}, false)).toBe(true)
  expect(await painted(['-o', 'json'], {}, true)).toBe(false)
})

test('outside a checkout a command says so, and how to name one', async () => {
  const {code, err} = await run(['matrix', 'lint'], commands, {cwd: '/'})
  expect(code).toBe(2)
  expect(err).toContain('error[C010]')
  expect(err).toContain('--root DIR')
})

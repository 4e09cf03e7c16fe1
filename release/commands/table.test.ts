import {execFileSync} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {allCodes} from './all-codes.ts'
import {bashScript, completionData} from './completion-scripts.ts'
import {helpText} from './help.ts'
import {globalOptions} from './options.ts'
import {parse} from './parse.ts'
import {commands} from './table.ts'
import {lockstep} from './testing.ts'

const plain = (_: unknown, text: string) => text
/** As a shell takes a line apart, as far as examples need it. */
const words = (run: string) => (run.match(/(?:"[^"]*"|[^ "])+/g) ?? []).map(w => w.replaceAll(/["']/g, ''))

test.each(commands.map(c => [c.path.join(' '), c] as const))(
  '%s: loads, has help and examples that parse',
  async (name, c) => {
    expect(typeof (await c.load()).run).toBe('function')
    expect(c.summary).toMatch(/^[A-Z].*[^.]$/)
    const help = helpText(c.path, commands, plain, 80)
    expect(help.split('\n').filter(line => line.length > 80 && !line.includes('./lockstep'))).toEqual([])
    for (const o of Object.keys(c.options ?? {})) {
      expect(help).toContain(`--${o}`)
      expect(Object.keys(globalOptions)).not.toContain(o)
    }
    expect(c.examples.length).toBeGreaterThan(0)
    for (const {run} of c.examples) {
      const line = words(
        run
          .replace(/^.*?\.\/lockstep /, '')
          .replace(/[)|>].*$/, '')
          .trim(),
      )
      expect(parse(line, commands)).toMatchObject({kind: 'run', command: {path: name.split(' ')}})
    }
  },
)

test('the overview lists every command and fits 80 columns', () => {
  const help = helpText([], commands, plain, 80)
  for (const c of commands) expect(help).toContain(`  ${c.path.join(' ')}`)
  expect(help.split('\n').filter(line => line.length > 80)).toEqual([])
})

test('no code means two things, and every one tells a story', async () => {
  for (const [code, {title, text}] of Object.entries(await allCodes())) {
    expect(code).toMatch(/^[A-Z]\d{3}$/)
    expect(title.length).toBeGreaterThan(5)
    expect(text.length).toBeGreaterThan(40)
  }
})

test('every room that has codes is asked for them', async () => {
  const rooms = readdirSync('.', {recursive: true, encoding: 'utf8'}).filter(
    p => /^(release|lib|testbed)\/.*codes\.ts$/.test(p) && !p.endsWith('all-codes.ts'),
  )
  const known = await allCodes()
  for (const room of rooms) {
    const {codes} = (await import(join(process.cwd(), room))) as {codes?: Record<string, unknown>}
    expect({room, missing: Object.keys(codes ?? {}).filter(c => !known[c])}).toEqual({room, missing: []})
  }
})

test('the codes of the bootstrap, which cannot read the table, stand in it and mean one thing', async () => {
  const known = await allCodes()
  const told = readdirSync('bootstrap')
    .filter(name => name.endsWith('.mjs'))
    .flatMap(name => readFileSync(join('bootstrap', name), 'utf8').match(/\b[A-Z]\d{3}\b/g) ?? [])
  expect(new Set(told).size).toBe(5)
  expect(told.filter(code => !known[code]?.title || !code.startsWith('E09'))).toEqual([])
})

test('what the test bed says has codes that nobody else has, and is explained too', async () => {
  const {codes} = await import('#testbed/problems.ts')
  const known = await allCodes()
  expect(Object.keys(codes).filter(code => known[code] || !code.startsWith('B5'))).toEqual([])
  expect((await lockstep(process.cwd(), 'explain', 'b554')).out).toContain(codes.B554?.title)
})

/** What bash offers after some words. */
function complete(script: string, ...line: string[]): string[] {
  const dir = mkdtempSync(join(tmpdir(), 'completion-'))
  try {
    writeFileSync(join(dir, 'c.bash'), script)
    const quoted = line.map(w => `'${w}'`).join(' ')
    const ask = `source c.bash; COMP_WORDS=(lockstep ${quoted}); COMP_CWORD=${line.length}; _lockstep; echo "\${COMPREPLY[*]}"`
    return execFileSync('bash', ['-uc', ask], {cwd: dir, encoding: 'utf8'}).trim().split(/\s+/)
  } finally {
    rmSync(dir, {recursive: true})
  }
}

test('bash completes commands, options and their values', () => {
  const script = bashScript(completionData(commands))
  expect(complete(script, 'expl')).toEqual(['explain'])
  expect(complete(script, 'matrix', '')).toContain('lint')
  expect(complete(script, 'matrix', 'lint', '--st')).toEqual(['--strict'])
  expect(complete(script, '-o', 'j')).toEqual(['json'])
  expect(complete(script, '-o', 'json', 'completion', 'f')).toEqual(['fish'])
  expect(complete(script, '--root', './')).toEqual([''])
})

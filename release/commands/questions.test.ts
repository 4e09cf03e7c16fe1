import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {readLock} from '../kernels/lock.ts'
import {cli} from './cli.ts'
import {commands} from './table.ts'
import {lockstep, testWorld} from './testing.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'questions-'))
})
afterAll(() => rmSync(dir, {recursive: true}))
const here = process.cwd()
const path = 'matrix/kernels.lock.yaml'
const kernels = () =>
  Object.values(readLock(readFileSync(path), path).value?.lines ?? {}).flatMap(line =>
    line.map(k => k.kernel),
  )

test('compat check ends with 0 for a yes alone, and cites rules with their place', async () => {
  const yes = await lockstep(here, 'compat', 'check', 'kubernetes=1.36')
  expect(yes.code).toBe(0)
  expect(yes.out).toMatch(/^yes \(/)
  expect(yes.out).toMatch(/matrix\/mock-device\.yaml:\d+:\d+/)
  const no = await lockstep(here, 'compat', 'check', 'kubernetes=1.20', '-o', 'json')
  expect(no.code).toBe(1)
  expect(JSON.parse(no.out).answer).toBe('no')
  const unknown = await lockstep(here, 'compat', 'check', 'kubernetes=9.9')
  expect(unknown.code).toBe(1)
})

test('compat lists what works with what was given', async () => {
  const {code, out} = await lockstep(here, 'compat', '--with', 'kubernetes=1.36', '-o', 'json')
  expect(code).toBe(0)
  const {given, components} = JSON.parse(out)
  expect(given.versions.kubernetes).toBe('1.36')
  expect(components.map((c: {component: string}) => c.component)).not.toContain('kubernetes')
  expect(components.map((c: {component: string}) => c.component)).toContain('containerd')
})

test('mistyped components, values and pairs are told together', async () => {
  const {code, err} = await lockstep(here, 'compat', 'check', 'kuberntes=1.36', 'kmm', '--set', 'nope=1')
  expect(code).toBe(2)
  expect(err).toContain('did you mean kubernetes?')
  expect(err).toContain('"kmm" is not NAME=VALUE')
  expect(err).toContain('no value nope')
})

test('every locked kernel passes the gate, as the node tells its name; another does not', async () => {
  expect(kernels().length).toBeGreaterThan(0)
  for (const kernel of kernels())
    expect(await lockstep(here, 'kernels', 'gate', kernel)).toMatchObject({code: 0})
  expect(await lockstep(here, 'kernels', 'gate', '5.4.0-1-generic')).toMatchObject({code: 1})
})

test('what cannot be a version is not taken for an unknown one; a file that is not there is a slip of the pen', async () => {
  const odd = await lockstep(here, 'compat', '--with', 'kubernetes=abc')
  expect(odd).toMatchObject({code: 2, out: '', err: expect.stringMatching(/C008.*`abc` is not a version/)})
  const lost = await lockstep(here, 'kernels', 'coverage', '--nodes', 'nowhere.json')
  expect(lost).toMatchObject({code: 2, err: expect.stringMatching(/C011.*nowhere\.json is not there/)})
})

test('coverage reads a list or kubectl, and fails when a node gets nothing', async () => {
  const list = join(dir, 'nodes.txt')
  writeFileSync(list, `${kernels().join('\n')}\n`)
  expect((await lockstep(here, 'kernels', 'coverage', '--nodes', list)).code).toBe(0)
  writeFileSync(list, 'old-node 5.4.0-1-generic # to be replaced\n')
  const bad = await lockstep(here, 'kernels', 'coverage', '--nodes', list)
  expect(bad.code).toBe(1)
  expect(bad.out).toContain('5.4.0-1-generic on 1 node: old-node')
  expect((await lockstep(here, 'kernels', 'coverage')).err).toContain('--nodes FILE and --live')
  expect((await lockstep(here, 'kernels', 'coverage', '--live', '--nodes', list)).code).toBe(2)
})

test('coverage reads standard input', async () => {
  const {world, written} = testWorld(['kernels', 'coverage', '--nodes', '-'], {
    stdin: async function* () {
      yield Buffer.from('6.1')
      yield Buffer.from('2.0-nobody\n')
    },
  })
  expect(await cli(world, commands)).toBe(1)
  expect(written.out).toContain('6.12.0-nobody on 1 node')
})

test('kernels list shows every line and every locked kernel', async () => {
  const {out} = await lockstep(here, 'kernels', 'list')
  for (const kernel of kernels()) expect(out).toContain(kernel)
})

test('notes of the release are printed, of an unknown version refused', async () => {
  expect((await lockstep(here, 'release', 'notes')).out).toContain('# Release notes')
  expect((await lockstep(here, 'release', 'notes', '9.9.9')).err).toContain('matrix/changes/9.9.9.yaml')
})

test('a folder with other things is not made a release folder', async () => {
  writeFileSync(join(dir, 'thesis.txt'), 'years of work')
  const {code, err} = await lockstep(here, 'release', 'build', '--out', dir)
  expect(code).toBe(1)
  expect(err).toContain('thesis.txt')
  expect(readFileSync(join(dir, 'thesis.txt'), 'utf8')).toBe('years of work')
})

test('commands on a release that was not built say what comes first', async () => {
  const empty = join(dir, 'none')
  for (const command of ['verify', 'publish', 'status']) {
    const {code, err} = await lockstep(here, 'release', command, '--from', empty)
    expect({command, code}).toEqual({command, code: 1})
    expect(err).toContain('release build')
  }
})

test('doctor names what it looked at, and what is missing by its exit code', async () => {
  const {code, out} = await lockstep(here, 'doctor', '-o', 'json')
  const {ready, checks} = JSON.parse(out)
  expect(code).toBe(ready ? 0 : 1)
  expect(checks.map((c: {name: string}) => c.name)).toEqual(
    expect.arrayContaining(['node', 'xz', 'unshare', 'namespaces', 'cache', 'mirror']),
  )
})

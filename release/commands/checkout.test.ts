import {appendFileSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {copyOfCheckout, lockstep} from './testing.ts'

let root: string
let remove: () => void
beforeEach(async () => {
  const copy = await copyOfCheckout()
  root = copy.root
  remove = copy.remove
})
afterEach(() => remove())

test('generate brings a checkout to what check asks for, and check tells drift as a diff', async () => {
  expect((await lockstep(root, 'generate')).code).toBe(0)
  expect(await lockstep(root, 'check')).toMatchObject({code: 0, err: ''})
  appendFileSync(join(root, 'docs/compatibility.md'), 'by hand\n')
  rmSync(join(root, 'docs/reference/cli.md'))
  const drift = await lockstep(root, 'check')
  expect(drift.code).toBe(1)
  expect(drift.out).toContain('-by hand')
  expect(drift.out).toContain('+++ b/docs/reference/cli.md')
  expect(JSON.parse((await lockstep(root, 'check', '-o', 'json')).out).drift).toMatchObject([
    {path: 'docs/compatibility.md', kind: 'differs'},
    {path: 'docs/reference/cli.md', kind: 'missing'},
  ])
  const looked = await lockstep(root, 'generate', '--diff')
  expect(looked.out).toContain('-by hand')
  expect((await lockstep(root, 'generate')).out).toContain(
    'updated docs/compatibility.md\nwrote docs/reference',
  )
  expect((await lockstep(root, 'check')).code).toBe(0)
})

test('a hand-written file where a generated one goes is never written over', async () => {
  writeFileSync(join(root, 'docs/compatibility.md'), 'mine\n')
  const {code, err} = await lockstep(root, 'generate')
  expect(code).toBe(1)
  expect(err).toContain('G010')
  expect(readFileSync(join(root, 'docs/compatibility.md'), 'utf8')).toBe('mine\n')
})

test('lint tells the problems of all files at once', async () => {
  appendFileSync(join(root, 'matrix/changes/0.2.0.yaml'), '\nsumary: typo\n')
  writeFileSync(join(root, 'components/chart.yaml'), 'apiVersion: lockstep/v1\n')
  writeFileSync(join(root, 'matrix/mock-device.yaml'), 'apiVersion: lockstep/v1\nkind: [\n')
  const {code, out, err} = await lockstep(root, 'matrix', 'lint')
  expect({code, err}).toEqual({code: 1, err: ''})
  for (const file of ['matrix/changes/0.2.0.yaml', 'components/chart.yaml', 'matrix/mock-device.yaml'])
    expect(out).toContain(`${file}:`)
  const {diagnostics} = JSON.parse((await lockstep(root, 'matrix', 'lint', '-o', 'json')).out)
  expect(new Set(diagnostics.map((d: {place: {file: string}}) => d.place.file)).size).toBe(3)
})

test('a descriptor under a wrong name, and a lock that lacks a line, are refused', async () => {
  const text = readFileSync(join(root, 'components/chart.yaml'), 'utf8')
  writeFileSync(join(root, 'components/chart.yaml'), text.replace('id: chart', 'id: helm'))
  const lock = readFileSync(join(root, 'matrix/kernels.lock.yaml'), 'utf8')
  writeFileSync(join(root, 'matrix/kernels.lock.yaml'), lock.replace('debian-13-arm64:', 'debian-99:'))
  const {code, err} = await lockstep(root, 'release', 'plan')
  expect(code).toBe(1)
  expect(err).toContain('chart.yaml describes helm')
  expect(err).toContain('debian-13-arm64 is not in')
  expect(err).toContain('debian-99')
})

test('the plan is the same from any folder, and follows what is edited', async () => {
  const plan = async (cwd: string, ...more: string[]) =>
    JSON.parse((await lockstep(cwd, 'release', 'plan', '-o', 'json', ...more)).out)
  const first = await plan(root)
  expect(await plan(join(root, 'docs'))).toEqual(first)
  expect(await plan('/', '--root', root)).toEqual(first)
  appendFileSync(join(root, 'README.md'), '\nMore.\n')
  const second = await plan(root)
  const digests = (p: {artifacts: {id: string; digest: string}[]}) =>
    new Map(p.artifacts.map(a => [a.id, a.digest]))
  const changed = [...digests(second)].filter(([id, d]) => digests(first).get(id) !== d).map(([id]) => id)
  expect(changed).toEqual(['source:source', 'sbom', 'checksums', 'release'])
})

test('the epoch comes from the environment only when it is a number', async () => {
  const run = async (value: string) => {
    const {cli} = await import('./cli.ts')
    const {commands} = await import('./table.ts')
    const {testWorld} = await import('./testing.ts')
    const {world, written} = testWorld(['release', 'plan', '-o', 'json'], {
      cwd: root,
      env: {SOURCE_DATE_EPOCH: value},
    })
    return {code: await cli(world, commands), ...written}
  }
  expect(JSON.parse((await run('86400')).out).epoch).toBe(86400)
  expect(await run('yesterday')).toMatchObject({code: 2, out: ''})
})

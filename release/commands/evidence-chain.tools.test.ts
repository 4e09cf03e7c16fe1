/** From a test that says what it has shown to the words of the release notes, with nothing in between made by hand. */
import {execFile} from 'node:child_process'
import {appendFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {testSigner} from '../trust/testing.ts'
import {git} from './test-checkout.ts'
import {copyOfCheckout, lockstep} from './testing.ts'

const line = 'debian-13-amd64'
const kernel = '6.12.117+deb13-amd64'
const dir = mkdtempSync(join(tmpdir(), 'chain-'))
const at = (name: string) => join(dir, name)
let root: string
let remove: () => void

/** A checkout with two tests in all: one shows something, the other shows nothing. */
beforeAll(async () => {
  const copy = await copyOfCheckout()
  root = copy.root
  remove = copy.remove
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'))
  git(root, 'init', '--quiet', '--initial-branch=main')
  // `node_modules/` of the list is a folder, here it is a link.
  appendFileSync(join(root, '.git/info/exclude'), 'node_modules\n')
  git(root, 'add', '--all')
  git(root, 'rm', '--quiet', '--force', '--', '*.test.ts')
  writeFileSync(
    join(root, 'lib/tiny.test.ts'),
    `import {expect, test} from 'vitest'
import {shows} from '#testbed/evidence.ts'

test('boots', context => {
  expect(1 + 1).toBe(2)
  shows(context, ['${line}', 'kmm-for-kernel-module'], {linux: '${kernel}', kmm: '2.6.0'}, {'kernelModule.enabled': 'true'})
})
test('shows nothing', () => {})
`,
  )
  git(root, 'add', '--all')
  expect(await lockstep(root, 'generate')).toMatchObject({code: 0})
  git(root, 'commit', '--quiet', '--all', '--message', 'Start')
  const {privateKey, publicKey} = testSigner()
  writeFileSync(at('release.key'), privateKey)
  writeFileSync(at('release.pub'), publicKey.export({type: 'spki', format: 'pem'}))
}, 120_000)
afterAll(() => {
  remove?.()
  rmSync(dir, {recursive: true, force: true})
})

test('a run of the tests, its record, a signature, the matrix, the notes', async () => {
  const runner = [join(root, 'testbed/tiers/run.ts'), '--record', at('records'), 'unit']
  const {stdout} = await promisify(execFile)(process.execPath, runner, {cwd: root})
  expect(stdout).toMatch(/2 passed, 0 failed, 0 skipped\n$/)
  expect(JSON.parse(readFileSync(at('records/unit.json'), 'utf8'))).toMatchObject({
    commit: git(root, 'rev-parse', 'HEAD').trim(),
    changed: false,
    passed: 2,
    records: [{test: 'lib/tiny.test.ts: boots', values: {'kernelModule.enabled': 'true'}}],
  })
  const bundle = at('evidence.json')
  const sign = ['--out', bundle, '--sign-key', at('release.key')]
  const written = await lockstep(root, 'evidence', 'write', at('records'), ...sign)
  expect(written).toMatchObject({code: 0, err: ''})

  const applied = await lockstep(root, 'evidence', 'apply', bundle, '--key', at('release.pub'), '-o', 'json')
  expect({code: applied.code, err: applied.err}).toEqual({code: 0, err: ''})
  expect(JSON.parse(applied.out).outcomes).toMatchObject([
    {id: line, result: 'raised'},
    {id: 'kmm-for-kernel-module'},
  ])
  const matrix = readFileSync(join(root, 'matrix/mock-device.yaml'), 'utf8')
  expect(matrix).toMatch(new RegExp(`id: ${line}\n(?: +.*\n)*? +level: tested\n`))
  expect(await lockstep(root, 'check')).toMatchObject({code: 0})
  const notes = readFileSync(join(root, 'docs/release-notes/v0.2.0.md'), 'utf8')
  const validated = /### Validated configurations\n(?:(?!\n##).*\n)*/.exec(notes)?.[0]
  expect(validated).toContain(kernel)
  expect(validated).toContain('`lib/tiny.test.ts: boots` | ✅ tested')

  // Without the record the same words are refused.
  const forged = matrix.replace(/^evidence:\n(?:[ -].*\n|\n)*/m, '')
  writeFileSync(join(root, 'matrix/mock-device.yaml'), forged)
  expect(forged).not.toBe(matrix)
  const {code, out, err} = await lockstep(root, 'matrix', 'lint')
  expect({code, said: out + err}).toEqual({code: 1, said: expect.stringContaining('M145')})
}, 180_000)

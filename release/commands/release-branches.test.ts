import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {startGitHub} from '#testbed/github/server.ts'
import {loadMatrix} from '../matrix/load.ts'
import {cli} from './cli.ts'
import {commands} from './table.ts'
import {copyOfCheckout, testWorld} from './testing.ts'

const token = 'planted-github-token-4711'
const dir = mkdtempSync(join(tmpdir(), 'branches-'))
let copy: Awaited<ReturnType<typeof copyOfCheckout>>
let github: Awaited<ReturnType<typeof startGitHub>>
const git = (...args: string[]) =>
  execFileSync('git', args, {cwd: copy.root, stdio: 'pipe'}).toString().trim()
const at = (path: string) => join(copy.root, path)
const file = 'matrix/mock-device.yaml'
const text = (path: string) => readFileSync(at(path), 'utf8')
const matrixNow = () => loadMatrix(text(file), file).value
const versionsNow = () => matrixNow()?.components['mock-device']?.versions.map(v => v.version)

async function lockstep(...argv: string[]) {
  const env = {GITHUB_TOKEN: token, GITHUB_API_URL: github.api, GITHUB_REPOSITORY: 'acme/mock-device'}
  const {world, written} = testWorld([...argv, '--quiet'], {cwd: copy.root, env})
  return {code: await cli(world, commands), ...written}
}
const prepare = (...more: string[]) => lockstep('release', 'prepare', ...more)
const pulls = () => github.standIn.pulls.map(p => [p.head, p.base])
/** What a person does with a draft. */
const edit = (version: string) => {
  const path = at(`matrix/changes/${version}.yaml`)
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^# DRAFT.*\n/m, ''))
}
/** As if the pull request was merged, and the version cut there. */
const merge = (from: string, to: string, tag: string) => {
  git('switch', '-q', to)
  git('merge', '-q', '--ff-only', from)
  git('tag', tag)
  git('push', '-q', 'origin', to, tag)
}
const fix = (name: string) => {
  writeFileSync(at(name), 'x')
  git('add', '-A')
  git('commit', '-q', '-m', `Add ${name}`)
}

beforeAll(async () => {
  github = await startGitHub(token)
  copy = await copyOfCheckout()
  const branches =
    "  branches:\n    - {name: main, versions: '>=0.3.0', state: active}\n    - {name: release-0.2, versions: '>=0.2.0 <0.3.0', state: fixes}\n  apis:"
  writeFileSync(at(file), text(file).replace(/^ {2}branches:\n(?: {4}.*\n)+ {2}apis:/m, branches))
  execFileSync('git', ['init', '-q', '--bare', join(dir, 'remote.git')])
  git('init', '-q', '-b', 'main')
  for (const [key, value] of Object.entries({name: 'T', email: 't@example.com'}))
    git('config', `user.${key}`, value)
  git('remote', 'add', 'origin', join(dir, 'remote.git'))
  expect(await lockstep('generate')).toMatchObject({code: 0, err: ''})
  git('add', '-A')
  git('commit', '-q', '-m', 'Start')
  git('tag', 'v0.2.0')
  git('push', '-q', 'origin', 'main', 'v0.2.0')
  git('branch', 'release-0.2')
  fix('first')
}, 120_000)
afterAll(async () => {
  await github?.close()
  copy?.remove()
  rmSync(dir, {recursive: true, force: true})
})

test('a candidate, then the next, then the version: each is prepared with all that is generated', async () => {
  expect(await prepare('minor', '--channel', 'rc', '--date', '2026-12-01')).toMatchObject({code: 0, err: ''})
  expect(matrixNow()?.release).toMatchObject({version: '0.3.0-rc.1', channel: 'rc'})
  expect((await lockstep('check')).code).toBe(0)
  edit('0.3.0-rc.1')
  expect(await prepare('0.3.0-rc.1', '--date', '2026-12-01', '--yes')).toMatchObject({code: 0, err: ''})
  merge('prepare-v0.3.0-rc.1', 'main', 'v0.3.0-rc.1')
  fix('second')
  const next = JSON.parse(
    (await prepare('minor', '--channel', 'rc', '-o', 'json', '--date', '2026-12-02')).out,
  )
  expect(next.version).toBe('0.3.0-rc.2')
  git('restore', '.')
  git('clean', '-qfd')

  expect(await prepare('minor', '--date', '2026-12-03')).toMatchObject({code: 0, err: ''})
  expect(matrixNow()?.release).toMatchObject({version: '0.3.0', channel: 'stable'})
  edit('0.3.0')
  expect(await prepare('0.3.0', '--date', '2026-12-03', '--yes')).toMatchObject({code: 0, err: ''})
  merge('prepare-v0.3.0', 'main', 'v0.3.0')
  expect(pulls()).toEqual([
    ['prepare-v0.3.0-rc.1', 'main'],
    ['prepare-v0.3.0', 'main'],
  ])
}, 120_000)

test('a nightly needs no edit and asks nobody; the versions after it do not count it', async () => {
  expect(await prepare('minor', '--channel', 'nightly', '--date', '2026-12-04', '--yes')).toMatchObject({
    code: 0,
    err: '',
  })
  const version = '0.4.0-nightly.20261204'
  expect(git('log', '-1', '--format=%s', `origin/prepare-v${version}`)).toBe(`Release ${version}`)
  expect(text(`matrix/changes/${version}.yaml`)).not.toContain('DRAFT')
  expect(pulls()).toHaveLength(2)
  git('tag', `v${version}`)
  fix('third')
  const patch = await prepare('patch', '-o', 'json', '--date', '2026-12-05')
  git('restore', '.')
  git('clean', '-qfd')
  // Not from this branch, but this is the version that comes next.
  expect(patch.err).toContain('0.3.1')
  git('switch', '-q', 'main')
}, 120_000)

test('a maintained branch gets patches, while the policy lasts; each version has its own branch', async () => {
  expect((await prepare('0.2.7')).err).toMatch(/L007.*main releases >=0\.3\.0/)
  git('switch', '-q', 'release-0.2')
  fix('feature')
  expect((await prepare('minor')).err).toContain('L007')
  expect((await prepare('--date', '2027-07-01')).err).toMatch(/L033.*support of 0\.2 ended on 2027-06-03/)
  expect(git('status', '--porcelain')).toBe('')
  const told = await prepare('--date', '2026-12-20')
  expect(told).toMatchObject({code: 0, err: ''})
  expect(told.out).toContain('main learns of it: `./lockstep release learn 0.2.1`')
  edit('0.2.1')
  expect(await prepare('0.2.1', '--date', '2026-12-20', '--yes')).toMatchObject({code: 0, err: ''})
  expect(pulls().at(-1)).toEqual(['prepare-v0.2.1', 'release-0.2'])
  merge('prepare-v0.2.1', 'release-0.2', 'v0.2.1')
}, 120_000)

test('main learns of what was released there, once; its own release stays', async () => {
  git('switch', '-q', 'main')
  expect((await lockstep('release', 'learn', '0.2.9')).err).toContain('L034')
  expect((await lockstep('release', 'learn', '0.2.1', '--from', 'v0.2.0')).err).toContain('L034')
  expect(await lockstep('release', 'learn', 'v0.2.1', '--yes')).toMatchObject({code: 0, err: ''})
  expect(versionsNow()).toEqual(['0.1.0', '0.2.0', '0.2.1', '0.3.0-rc.1', '0.3.0'])
  expect(matrixNow()?.release?.version).toBe('0.3.0')
  expect(text('CHANGELOG.md')).toContain('0.2.1')
  expect((await lockstep('check')).code).toBe(0)
  expect(pulls().at(-1)).toEqual(['learn-v0.2.1', 'main'])
  expect((await lockstep('release', 'learn', '0.2.1')).out).toContain('0 files changed')
}, 120_000)

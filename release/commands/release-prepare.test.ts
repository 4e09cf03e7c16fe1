import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {startGitHub} from '#testbed/github/server.ts'
import {cli} from './cli.ts'
import {commands} from './table.ts'
import {copyOfCheckout, testWorld} from './testing.ts'

const token = 'planted-github-token-4711'
const dir = mkdtempSync(join(tmpdir(), 'prepare-'))
const remote = join(dir, 'remote.git')
let copy: Awaited<ReturnType<typeof copyOfCheckout>>
let github: Awaited<ReturnType<typeof startGitHub>>
const git = (...args: string[]) =>
  execFileSync('git', args, {cwd: copy.root, stdio: 'pipe'}).toString().trim()
const at = (path: string) => join(copy.root, path)

async function lockstep(...argv: string[]) {
  const env = {GITHUB_TOKEN: token, GITHUB_API_URL: github.api, GITHUB_REPOSITORY: 'acme/mock-device'}
  const {world, written} = testWorld([...argv, '--quiet'], {cwd: copy.root, env})
  const code = await cli(world, commands)
  expect(written.out + written.err).not.toContain(token)
  return {code, ...written}
}

beforeAll(async () => {
  github = await startGitHub(token)
  copy = await copyOfCheckout()
  execFileSync('git', ['init', '-q', '--bare', remote])
  git('init', '-q', '-b', 'main')
  for (const [key, value] of Object.entries({name: 'T', email: 't@example.com'}))
    git('config', `user.${key}`, value)
  git('remote', 'add', 'origin', remote)
  expect(await lockstep('generate')).toMatchObject({code: 0})
  git('add', '-A')
  git('commit', '-q', '-m', 'Start')
  git('tag', 'v0.2.0')
  writeFileSync(at('LICENSE.more'), 'x')
  git('add', '-A')
  git('commit', '-q', '-m', 'Add more licences')
}, 120_000)
afterAll(async () => {
  await github?.close()
  copy?.remove()
  rmSync(dir, {recursive: true, force: true})
})

test('the next version follows from the commits; a second run keeps what people have edited', async () => {
  const first = await lockstep('release', 'prepare', '--date', '2026-12-24')
  expect(first).toMatchObject({code: 0, err: ''})
  expect(first.out).toContain('+  version: 0.3.0')
  expect(first.out).toContain('+    - text: Add more licences')
  expect(first.out).toContain('+++ b/charts/mock-device/Chart.yaml')
  expect(git('branch', '--show-current')).toBe('main')
  expect((await lockstep('check')).code).toBe(0)

  const file = at('matrix/changes/0.3.0.yaml')
  writeFileSync(
    file,
    readFileSync(file, 'utf8')
      .replace('Add more licences', 'More licences')
      .replace(/^# DRAFT.*\n/m, ''),
  )
  const second = await lockstep('release', 'prepare', 'minor', '--date', '2026-12-24')
  expect(second).toMatchObject({code: 0, err: ''})
  expect(readFileSync(file, 'utf8')).toContain('More licences')
  expect(readFileSync(at('CHANGELOG.md'), 'utf8')).toContain('More licences')
}, 120_000)

test('other changes are refused; with --yes one branch, one commit and one pull request come of it', async () => {
  writeFileSync(at('stray.txt'), 'x')
  const refused = await lockstep('release', 'prepare', '0.3.0', '--date', '2026-12-24', '--yes')
  expect(refused).toMatchObject({code: 1, err: expect.stringMatching(/L031.*stray\.txt/)})
  rmSync(at('stray.txt'))
  for (let i = 0; i < 2; i++)
    expect(await lockstep('release', 'prepare', '0.3.0', '--date', '2026-12-24', '--yes')).toMatchObject({
      code: 0,
      err: '',
    })
  expect(git('log', '--format=%s', 'origin/prepare-v0.3.0', '-2').split('\n')).toEqual([
    'Release 0.3.0',
    'Add more licences',
  ])
  expect(git('status', '--porcelain')).toBe('')
  expect(github.standIn.pulls).toMatchObject([{head: 'prepare-v0.3.0', base: 'main', title: 'Release 0.3.0'}])
}, 120_000)

test('a version that has a tag is not prepared again', async () => {
  expect((await lockstep('release', 'prepare', '0.2.0')).err).toContain('L030')
}, 60_000)

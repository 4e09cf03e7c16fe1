import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {realExec} from './exec.ts'
import {gitOf} from './git.ts'

let dir: string
let remote: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'git-'))
  remote = join(dir, 'remote.git')
  git(dir, 'init', '-q', '--bare', '-b', 'main', remote)
  clone('ann')
  commit('ann', 'a.txt', 'Add a')
  git(join(dir, 'ann'), 'push', '-q', 'origin', 'main')
})
afterEach(() => rmSync(dir, {recursive: true, force: true}))

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', args, {cwd, stdio: 'pipe'}).toString().trim()
function clone(who: string) {
  git(dir, 'clone', '-q', remote, who)
  for (const [key, value] of [
    ['user.name', who],
    ['user.email', `${who}@example.com`],
    ['commit.gpgsign', 'false'],
  ])
    git(join(dir, who), 'config', `${key}`, `${value}`)
  return gitOf(join(dir, who), 'origin', realExec)
}
function commit(who: string, file: string, subject: string) {
  const cwd = join(dir, who)
  writeFileSync(join(cwd, file), subject)
  git(cwd, 'add', file)
  git(cwd, 'commit', '-q', '-m', subject)
}
const open = (who: string) => gitOf(join(dir, who), 'origin', realExec)

test('a tag is pushed once; of two releasers one is told that the other was faster', async () => {
  const [ann, bob] = [open('ann'), clone('bob')]
  const head = await ann.head()
  expect([await ann.tagHere('v1.0.0'), await ann.tagThere('v1.0.0')]).toEqual([undefined, undefined])
  await ann.tag('v1.0.0', 'one')
  await bob.tag('v1.0.0', 'one')
  expect(await ann.pushTag('v1.0.0')).toBe('pushed')
  expect(await bob.pushTag('v1.0.0')).toBe('taken')
  expect(await ann.pushTag('v1.0.0')).toBe('pushed')
  expect([await bob.tagHere('v1.0.0'), await bob.tagThere('v1.0.0')]).toEqual([head, head])
})

test('a tag of another commit is never moved', async () => {
  const [ann, bob] = [open('ann'), clone('bob')]
  await ann.tag('v1.0.0', 'one')
  await ann.pushTag('v1.0.0')
  commit('bob', 'b.txt', 'Add b')
  await bob.tag('v1.0.0', 'one')
  expect(await bob.pushTag('v1.0.0')).toBe('taken')
  expect(await bob.tagThere('v1.0.0')).toBe(await ann.head())
  await bob.untag('v1.0.0')
  expect([await bob.tagHere('v1.0.0'), await bob.tagThere('v1.0.0')]).toEqual([undefined, await ann.head()])
})

test('changes, branches, commits and what the commit holds', async () => {
  const ann = open('ann')
  expect(await ann.branch()).toBe('main')
  await ann.tag('v1.0.0', 'one')
  expect(await ann.tagsBelow()).toEqual(['v1.0.0'])
  commit('ann', 'b.txt', 'Add b')
  expect(await ann.commitsSince('v1.0.0')).toEqual([{subject: 'Add b', paths: ['b.txt']}])
  expect((await ann.commitsSince(undefined)).map(c => c.subject)).toEqual(['Add b', 'Add a'])
  expect(await ann.changes()).toEqual([])
  writeFileSync(join(dir, 'ann/ü ö.txt'), 'x')
  git(join(dir, 'ann'), 'mv', 'a.txt', 'c.txt')
  expect((await ann.changes()).sort()).toEqual(['a.txt', 'c.txt', 'ü ö.txt'])
  expect((await ann.committed('a.txt'))?.toString()).toBe('Add a')
  expect(await ann.committed('nothing')).toBeUndefined()
  mkdirSync(join(dir, 'ann/part'))
  commit('ann', 'part/d.txt', 'Add d')
  const part = gitOf(join(dir, 'ann/part'), 'origin', realExec)
  expect((await part.committed('d.txt'))?.toString()).toBe('Add d')
  git(join(dir, 'ann'), 'switch', '-q', '--detach')
  expect(await ann.branch()).toBeUndefined()
})

test('a folder of a larger repository knows of itself alone', async () => {
  const root = join(dir, 'ann')
  mkdirSync(join(root, 'part/matrix'), {recursive: true})
  const part = gitOf(join(root, 'part'), 'origin', realExec)
  commit('ann', 'part/d.txt', 'Add d')
  commit('ann', 'b.txt', 'Add b')
  expect(await part.commitsSince(undefined)).toEqual([{subject: 'Add d', paths: ['d.txt']}])
  for (const path of ['a.txt', 'part/d.txt', 'part/matrix/m.yaml']) writeFileSync(join(root, path), 'changed')
  expect((await part.changes()).sort()).toEqual(['d.txt', 'matrix/m.yaml'])
  // What somebody has staged elsewhere stays staged, and out of the commit.
  git(root, 'add', 'a.txt')
  for (let i = 0; i < 2; i++) await part.commitOn('prepare', ['d.txt', 'matrix/m.yaml'], 'Prepare')
  expect(git(root, 'show', '--name-only', '--format=%s').split('\n')).toEqual([
    'Prepare',
    '',
    'part/d.txt',
    'part/matrix/m.yaml',
  ])
  expect(git(root, 'status', '--porcelain')).toBe('M  a.txt')
  expect(await part.changes()).toEqual([])
})

test('a branch gets one commit of the given paths, and another run adds nothing', async () => {
  const ann = open('ann')
  writeFileSync(join(dir, 'ann/a.txt'), 'changed')
  for (let i = 0; i < 2; i++) {
    await ann.commitOn('release-1.0.0', ['a.txt'], 'Prepare 1.0.0')
    await ann.pushBranch('release-1.0.0')
  }
  expect(git(remote, 'log', '--format=%s', 'release-1.0.0').split('\n')).toEqual(['Prepare 1.0.0', 'Add a'])
  expect(await ann.changes()).toEqual([])
})

test('a refusal is told without passwords', async () => {
  git(join(dir, 'ann'), 'remote', 'set-url', 'origin', 'https://ann:planted@127.0.0.1:1/x.git')
  const ann = open('ann')
  const error = await ann.tagThere('v1.0.0').catch((e: unknown) => e)
  expect(String(error)).toContain('E040')
  expect(String(error)).not.toContain('planted')
})

test('a password in the remote’s URL is for Git alone', async () => {
  const git = gitOf(join(dir, 'ann'), 'http://ann:planted@127.0.0.1:1/x.git', realExec)
  expect(git.remote).toBe('http://127.0.0.1:1/x.git')
  const error = await git.tagThere('v1.0.0').catch((e: unknown) => e)
  expect(error).toMatchObject({message: expect.stringContaining('E040')})
  expect(String(error)).not.toContain('planted')
})

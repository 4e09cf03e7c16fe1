import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {realExec} from './exec.ts'
import {gitBranches} from './git-branches.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'branches-'))
})
afterEach(() => rmSync(dir, {recursive: true}))

/** As somebody at that second. */
function git(second: number, ...args: string[]): void {
  const date = `${second} +0000`
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {
    cwd: dir,
    stdio: 'pipe',
    env: {...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date},
  })
}

test('a change counts from when it was merged, not from when its commit was made', async () => {
  const write = (text: string) => writeFileSync(join(dir, 'app.yaml'), text)
  git(1_100_000_000, 'init', '-q', '-b', 'main')
  write('version: 1.0.0\n')
  git(1_100_000_000, 'add', '.')
  git(1_100_000_000, 'commit', '-qm', 'site')
  git(1_100_000_000, 'switch', '-qc', 'upgrade')
  write('version: 1.1.0\n')
  git(1_200_000_000, 'commit', '-qam', 'Upgrade')
  git(1_100_000_000, 'switch', '-q', 'main')
  git(1_300_000_000, 'merge', '-q', '--no-ff', '-m', 'Merge', 'upgrade')
  git(1_400_000_000, 'commit', '-q', '--allow-empty', '-m', 'Something else')
  const branches = gitBranches(dir, 'origin', realExec)
  expect(await branches.changedAt('main', ['app.yaml'])).toBe(1_300_000_000_000)
  expect(await branches.changedAt('main', ['other.yaml'])).toBeUndefined()
})

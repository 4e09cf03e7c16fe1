import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {cli} from './cli.ts'
import {commands} from './table.ts'
import {lockstep, testWorld} from './testing.ts'

const matrix = resolve('matrix/kubevirt.yaml')
let dir: string
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {
    cwd: dir,
    stdio: 'pipe',
  })

function commit(kubevirt: string, kubernetes: string): void {
  writeFileSync(join(dir, 'site/kubevirt.yaml'), `# ours\nspec:\n  imageTag: v${kubevirt}\n`)
  writeFileSync(join(dir, 'site/cluster.tfvars'), `cluster_version = "${kubernetes}"\n`)
  git('add', '.')
  git('commit', '-qm', `kubevirt ${kubevirt}, kubernetes ${kubernetes}`)
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'site-'))
  mkdirSync(join(dir, 'site'))
  writeFileSync(
    join(dir, 'site/bindings.yaml'),
    `apiVersion: lockstep/v1
kind: Bindings
uses: [{matrix: ${matrix}}]
bindings:
  - {component: kubevirt, owner: argocd, at: {file: kubevirt.yaml, path: spec.imageTag}}
  - {component: kubernetes, owner: terraform, at: {file: cluster.tfvars, path: cluster_version}}
`,
  )
  git('init', '-q')
  commit('1.7.4', '1.34')
})
afterAll(() => rmSync(dir, {recursive: true}))

const options = ['--bindings', 'site/bindings.yaml', '--now', '2026-11-21']

test('status: what the files ask for', async () => {
  const {code, out} = await lockstep(dir, 'status', '--bindings', 'site/bindings.yaml', '-o', 'json')
  expect(code).toBe(0)
  expect(JSON.parse(out).components).toMatchObject([
    {name: 'kubevirt', version: '1.7.4', owner: 'argocd'},
    {name: 'kubernetes', version: '1.34', owner: 'terraform'},
  ])
})

test('a sound step passes, a broken rule fails at its line, and on GitHub Actions it is an annotation', async () => {
  commit('1.8.4', '1.34')
  const sound = await lockstep(dir, 'check-pr', 'HEAD~1..HEAD', ...options)
  expect([sound.code, sound.out]).toEqual([0, 'kubevirt 1.7.4 → 1.8.4\n'])
  commit('1.8.4', '1.36')
  const {world, written} = testWorld(['check-pr', 'HEAD~1..HEAD', ...options], {
    cwd: dir,
    env: {GITHUB_ACTIONS: 'true'},
  })
  expect(await cli(world, commands)).toBe(1)
  expect(written.out).toContain('site/cluster.tfvars:1:20: error[J030]')
  expect(written.out).toContain('hint: go by kubernetes 1.34 → 1.35')
  expect(written.err).toContain('::error file=site/cluster.tfvars,line=1,col=20,title=J030::')
})

test('no bindings, no such commit, no range: each is said plainly', async () => {
  for (const [argv, code] of [
    [['check-pr', 'HEAD~1..HEAD'], 'C080'],
    [['check-pr', 'nowhere..HEAD', ...options], 'C081'],
    [['check-pr', 'HEAD', ...options], 'C082'],
  ] as const) {
    const {code: exit, err} = await lockstep(dir, ...argv)
    expect(exit).toBe(2)
    expect(err).toContain(code)
  }
})

import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {startGitHub} from '#testbed/github/server.ts'
import {cli} from './cli.ts'
import {commands} from './table.ts'
import {lockstep, testWorld} from './testing.ts'

const matrix = resolve('matrix/mlops-platform.yaml')
const moves = ['eks=1.34..1.35', 'karpenter=1.6.0', 'karpenter-crd=1.6.0', 'mlflow=2.9.2..3.17.2']
let dir: string
let site: string

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {
    cwd: site,
    stdio: 'pipe',
  })
    .toString()
    .trim()

const tfvars = '# prod\nregion          = "eu-central-1"\ncluster_version = "1.34" # EKS\n'
const crd = '# CRDs\nspec:\n  source: {chart: karpenter-crd, targetRevision: 1.6.0}   # ours\n'
const controller = 'spec:\n    sources:\n    - targetRevision:   "1.6.0"\n      chart: karpenter\n'
const mlflow = 'images:\n- name: ghcr.io/mlflow/mlflow\n  newTag: v2.9.2\n'

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'emit-'))
  site = join(dir, 'repository/site')
  mkdirSync(site, {recursive: true})
  writeFileSync(
    join(site, 'bindings.yaml'),
    `apiVersion: lockstep/v1
kind: Bindings
uses: [{matrix: ${matrix}}]
bindings:
  - {component: eks, owner: terraform, at: {file: terraform.tfvars, path: cluster_version}}
  - {component: karpenter, owner: argocd, at: {file: karpenter.yaml, path: 'spec.sources[0].targetRevision'}}
  - {component: karpenter-crd, owner: argocd, at: {file: crd.yaml, path: spec.source.targetRevision}}
  - {component: mlflow, owner: flux, at: {file: kustomization.yaml, path: 'images[name=ghcr.io/mlflow/mlflow].newTag'}}
`,
  )
  for (const [name, text] of Object.entries({
    'terraform.tfvars': tfvars,
    'crd.yaml': crd,
    'karpenter.yaml': controller,
    'kustomization.yaml': mlflow,
  }))
    writeFileSync(join(site, name), text)
  git('init', '-q', '-b', 'main', '..')
  // The command commits as the user of the repository.
  git('config', 'user.name', 'T')
  git('config', 'user.email', 't@example.com')
  git('add', '.')
  git('commit', '-qm', 'site')
  const planned = await lockstep(
    dir,
    'upgrade',
    'plan',
    '--matrix',
    matrix,
    ...moves,
    '-o',
    'json',
    '--now',
    '2026-11-21',
  )
  writeFileSync(join(dir, 'plan.json'), planned.out)
})
afterAll(() => rmSync(dir, {recursive: true}))

const emit = (...more: string[]) =>
  lockstep(site, 'upgrade', 'emit', '../../plan.json', '--to', 'git', '--bindings', 'bindings.yaml', ...more)
/** As whoever merges it; the commit counts as that old. */
const merge = (branch: string, daysAgo = 2) => {
  git('merge', '-q', '--ff-only', branch)
  const day = `${Math.floor(Date.now() / 1000) - daysAgo * 86_400} +0000`
  execFileSync('git', ['commit', '-q', '--amend', '--no-edit'], {
    cwd: site,
    env: {...process.env, GIT_COMMITTER_DATE: day},
  })
}
const changed = (branch: string) => git('diff', '--name-only', `main..${branch}`)

describe('hop by hop', () => {
  test('a dry run shows the commit and makes nothing', async () => {
    const {code, out} = await emit()
    expect(code).toBe(0)
    expect(out).toContain('Hop 1 of 3: upgrade/mlops-platform-01-karpenter-crd-1.14.1')
    expect(out).toContain('-  source: {chart: karpenter-crd, targetRevision: 1.6.0}   # ours')
    expect(out).toContain('+  source: {chart: karpenter-crd, targetRevision: 1.14.1}   # ours')
    expect(git('branch', '--list', 'upgrade/*')).toBe('')
  })

  test('CRDs and controller are one hop and two commits, in their order; nothing else changes by a byte', async () => {
    expect((await emit('--yes')).code).toBe(0)
    expect(git('status', '--porcelain')).toBe('')
    expect(git('branch', '--show-current')).toBe('main')
    const first = 'upgrade/mlops-platform-01-karpenter-crd-1.14.1'
    expect(changed(first)).toBe('site/crd.yaml')
    expect(git('log', '-1', '--format=%B', first)).toContain('Hop 1 of 3, part 1 of 2.')
    // The same again changes nothing; what somebody has edited is not overwritten.
    const before = git('rev-parse', first)
    expect((await emit('--yes')).code).toBe(0)
    expect(git('rev-parse', first)).toBe(before)
    merge(first)
    expect(readFileSync(join(site, 'crd.yaml'), 'utf8')).toBe(crd.replace('1.6.0', '1.14.1'))

    expect((await emit('--yes')).out).toContain('part 2 of 2')
    const second = 'upgrade/mlops-platform-01-karpenter-1.14.1'
    merge(second)
    expect(readFileSync(join(site, 'karpenter.yaml'), 'utf8')).toBe(controller.replace('1.6.0', '1.14.1'))
  })

  test('the gate holds the next hop back, and a branch with something else is refused', async () => {
    const red = await emit('--gate', 'echo not yet >&2; false')
    expect([red.code, red.err]).toEqual([1, expect.stringContaining('J107')])
    expect(red.err).toContain('not yet')
    git('branch', 'upgrade/mlops-platform-02-eks-1.35', 'main')
    expect((await emit('--yes')).err).toContain('J108')
    git('branch', '-D', 'upgrade/mlops-platform-02-eks-1.35')
    expect((await emit('--yes', '--gate', 'true')).code).toBe(0)
  })

  test('a hop that has to stand for a day holds back what comes after', async () => {
    merge('upgrade/mlops-platform-02-eks-1.35', 0)
    expect(readFileSync(join(site, 'terraform.tfvars'), 'utf8')).toBe(tfvars.replace('1.34', '1.35'))
    const {code, err} = await emit()
    expect([code, err]).toEqual([1, expect.stringContaining('J105')])
    merge('HEAD', 2)
    expect((await emit('--yes')).code).toBe(0)
    merge('upgrade/mlops-platform-03-mlflow-3.17.2')
    expect((await emit()).out).toBe('All 3 hops are done.\n')
  })

  test('a site in no state of the plan gets nothing', async () => {
    writeFileSync(join(site, 'kustomization.yaml'), mlflow.replace('2.9.2', '3.0.0'))
    git('commit', '-qam', 'something else')
    const {code, err} = await emit('--yes')
    expect([code, err]).toEqual([1, expect.stringContaining('J100')])
    expect(err).toContain('mlflow 3.0.0 (kustomization.yaml images[name=ghcr.io/mlflow/mlflow].newTag)')
    git('reset', '-q', '--hard', 'HEAD~1')
  })
})

test('a pull request for each hop, opened once', async () => {
  const start = git('rev-list', '--max-parents=0', 'HEAD')
  for (const branch of git('branch', '--list', 'upgrade/*', '--format=%(refname:short)').split('\n'))
    git('branch', '-D', branch)
  execFileSync('git', ['init', '-q', '--bare', join(dir, 'remote.git')])
  git('remote', 'add', 'origin', join(dir, 'remote.git'))
  const github = await startGitHub('secret')
  try {
    const argv = [
      'upgrade',
      'emit',
      '../../plan.json',
      '--to',
      'pr',
      '--bindings',
      'bindings.yaml',
      '--base',
      start,
    ]
    const env = {GITHUB_API_URL: github.api, GITHUB_REPOSITORY: 'acme/mock-device', GH_TOKEN: 'secret'}
    const first = 'upgrade/mlops-platform-01-karpenter-crd-1.14.1'
    for (let time = 0; time < 3; time++) {
      const {world, written} = testWorld([...argv, '--yes', '--quiet'], {cwd: site, env})
      expect([await cli(world, commands), written.err]).toEqual([0, ''])
      expect(written.out).toContain('/pull/1')
      if (time === 0) continue
      // As for a fresh clone an hour later: the branch is not here, and the commit that is there is another.
      const tree = `${first}^{tree}`
      const other = git('commit-tree', tree, '-p', start, '-m', 'The same, made earlier')
      git('push', '-qf', 'origin', `${other}:refs/heads/${first}`)
      git('branch', '-qD', first)
    }
    expect(github.standIn.pulls).toMatchObject([
      {
        head: 'upgrade/mlops-platform-01-karpenter-crd-1.14.1',
        base: 'main',
        title: 'Upgrade karpenter-crd 1.6.0 → 1.14.1',
      },
    ])
    expect(github.standIn.pulls[0]?.body).toContain('- [ ] **1.2** (change) The CRDs first.')
    const {world, written} = testWorld([...argv, '--yes'], {cwd: site, env: {...env, GH_TOKEN: ''}})
    expect([await cli(world, commands), written.err]).toEqual([2, expect.stringContaining('E051')])
  } finally {
    await github.close()
  }
})

test('a plan of another product, and bindings that nobody gave, are refused', async () => {
  const other = await lockstep(
    dir,
    'upgrade',
    'emit',
    'plan.json',
    '--matrix',
    resolve('matrix/kubevirt.yaml'),
  )
  expect([other.code, other.err]).toEqual([2, expect.stringContaining('J109')])
  const none = await lockstep(dir, 'upgrade', 'emit', 'plan.json', '--to', 'git', '--matrix', matrix)
  expect([none.code, none.err]).toEqual([2, expect.stringContaining('J106')])
})

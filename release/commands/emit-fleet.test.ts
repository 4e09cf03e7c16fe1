import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {filesIn, lockstep} from './testing.ts'

const matrix = resolve('matrix/kubevirt.yaml')
let dir: string
const git = (...args: string[]) => execFileSync('git', args, {cwd: dir, stdio: 'pipe'}).toString().trim()
const clusters = ['east', 'west', 'north']

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fleet-'))
  for (const name of clusters) {
    mkdirSync(join(dir, name))
    writeFileSync(
      join(dir, name, 'bindings.yaml'),
      `apiVersion: lockstep/v1\nkind: Bindings\nuses: [{matrix: ${matrix}}]\nparameters: {namespace: kubevirt}\nbindings:\n  - {component: kubevirt, owner: flux, at: {file: kubevirt.yaml, path: spec.imageTag}}\n`,
    )
    writeFileSync(join(dir, name, 'kubevirt.yaml'), `# ${name}\nspec:\n  imageTag: v1.8.3\n`)
  }
  writeFileSync(
    join(dir, 'fleet.yaml'),
    `apiVersion: lockstep/v1
kind: Fleet
waves:
  - {name: canary, soak: 1d, clusters: [{name: east, bindings: east/bindings.yaml}]}
  - name: rest
    clusters:
      - {name: west, bindings: west/bindings.yaml}
      - {name: north, bindings: north/bindings.yaml}
`,
  )
  git('init', '-q', '-b', 'main')
  git('config', 'user.name', 'T')
  git('config', 'user.email', 't@example.com')
  git('add', '.')
  git('commit', '-qm', 'fleet')
  const {out} = await lockstep(
    dir,
    'upgrade',
    'plan',
    '--matrix',
    matrix,
    'kubevirt=1.8.3..1.8.4',
    'kubernetes=1.35',
    '-o',
    'json',
  )
  writeFileSync(join(dir, 'plan.json'), out)
})
afterAll(() => rmSync(dir, {recursive: true}))

const emit = (...more: string[]) =>
  lockstep(dir, 'upgrade', 'emit', 'plan.json', '--matrix', matrix, '--fleet', 'fleet.yaml', ...more)
const branches = () => git('branch', '--list', 'upgrade/*', '--format=%(refname:short)').split('\n')
const merge = (branch: string, daysAgo: number) => {
  git('merge', '-q', '--no-edit', branch)
  const day = `${Math.floor(Date.now() / 1000) - daysAgo * 86_400} +0000`
  execFileSync('git', ['commit', '-q', '--amend', '--no-edit'], {
    cwd: dir,
    env: {...process.env, GIT_COMMITTER_DATE: day},
  })
}

test('the canary first; the rest when it has stood; each cluster on a branch of its own', async () => {
  const first = await emit('--to', 'git', '--yes')
  expect([first.code, first.err]).toEqual([0, ''])
  expect(branches()).toEqual(['upgrade/east/kubevirt-01-kubevirt-1.8.4'])
  merge('upgrade/east/kubevirt-01-kubevirt-1.8.4', 0)
  expect(readFileSync(join(dir, 'east/kubevirt.yaml'), 'utf8')).toBe('# east\nspec:\n  imageTag: v1.8.4\n')

  const early = await emit('--to', 'git', '--yes')
  expect([early.code, early.err]).toEqual([1, expect.stringContaining('J131')])
  expect(early.err).toContain('wave canary has to stand for 1 day')

  merge('upgrade/east/kubevirt-01-kubevirt-1.8.4', 2)
  // One that is held back holds back nobody else, and what was made for the others is told.
  const some = await emit('--to', 'git', '--yes', '--gate', 'test "$LOCKSTEP_CLUSTER" != west')
  expect([some.code, some.err]).toEqual([1, expect.stringContaining('west: the gate')])
  expect(some.out).toContain('the branch upgrade/north/kubevirt-01-kubevirt-1.8.4 has it')
  expect(branches()).toHaveLength(2)
  const rest = await emit('--to', 'git', '--yes')
  expect([rest.code, rest.err]).toEqual([0, ''])
  expect(branches()).toHaveLength(3)
  merge('upgrade/west/kubevirt-01-kubevirt-1.8.4', 0)
  merge('upgrade/north/kubevirt-01-kubevirt-1.8.4', 0)
  expect((await emit('--to', 'git')).out).not.toContain('upgrade/')
})

test('documents and manifests for every cluster, and a page that leads through the waves', async () => {
  expect((await emit()).err).toContain('J133')
  const {code, err} = await emit('--out', 'emitted')
  expect([code, err]).toEqual([0, ''])
  expect(filesIn(join(dir, 'emitted')).map(([path]) => path)).toEqual([
    '1-canary/east/runbook.md',
    '2-rest/north/runbook.md',
    '2-rest/west/runbook.md',
    'README.md',
  ])
  expect(readFileSync(join(dir, 'emitted/README.md'), 'utf8')).toContain(
    '- [ ] Wave 1, canary, is over, and has stood for 1 day',
  )
  expect(readFileSync(join(dir, 'emitted/2-rest/west/runbook.md'), 'utf8')).toContain('kubectl -n kubevirt ')
})

describe('hops that no file tells of', () => {
  test('are said to be done, cluster by cluster', async () => {
    // Of Kubernetes no file of this site tells anything.
    const plan = [
      'upgrade',
      'plan',
      '--matrix',
      matrix,
      'kubevirt=1.8.4',
      'kubernetes=1.34..1.35',
      '-o',
      'json',
    ]
    writeFileSync(join(dir, 'open.json'), (await lockstep(dir, ...plan)).out)
    for (const name of clusters)
      writeFileSync(join(dir, name, 'kubevirt.yaml'), 'spec:\n  imageTag: v1.8.4\n')
    git('commit', '-qam', 'all')
    const open = (...more: string[]) =>
      lockstep(dir, ...['upgrade', 'emit', 'open.json', '--matrix', matrix, '--fleet', 'fleet.yaml'], ...more)
    const asked = await open('--to', 'git')
    expect(asked).toMatchObject({code: 1, err: expect.stringContaining('--done east=1 when')})
    expect(asked.err).toContain('north: no file tells whether hop 1')
    const done = clusters.flatMap(name => ['--done', `${name}=1`])
    expect(await open('--to', 'git', ...done)).toMatchObject({code: 0, err: ''})
    const some = await open('--to', 'git', '--done', 'east=1', '--done', 'west=0', '--done', 'north=0')
    expect(some.err).not.toContain('J101')
    expect(await open('--to', 'git', '--done', '1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('J114'),
    })
    expect(await open('--to', 'git', '--done', 'est=1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no cluster est'),
    })
  })
})

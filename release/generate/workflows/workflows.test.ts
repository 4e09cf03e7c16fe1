import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {parse} from 'yaml'
import {commands} from '#release/commands/table.ts'
import {loadMatrix} from '#release/matrix/load.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'
import {actions} from './actions.ts'
import {workflowFiles} from './index.ts'
import type {Workflow} from './steps.ts'

const file = 'matrix/mock-device.yaml'
const matrix = loadMatrix(readFileSync(join(import.meta.dirname, '../../..', file)), file).value as Matrix
const files = workflowFiles(matrix)
const workflows = files.map(({path, text}) => ({
  path,
  text,
  ...(parse(text) as Workflow & {permissions: unknown}),
}))
const jobs = workflows.flatMap(({path, jobs}) =>
  Object.entries(jobs).map(([id, job]) => ({where: `${path} ${id}`, ...job})),
)

test('every action is one of the table, pinned by its commit, with the version behind it', () => {
  const uses = files.flatMap(f => [...f.text.matchAll(/uses: (.+)/g)].map(m => m[1] ?? ''))
  expect(uses.length).toBeGreaterThan(10)
  for (const one of uses.filter(u => u !== './')) {
    const [, name = '', version] = /^([\w-]+\/[\w-]+)@[0-9a-f]{40} # (v\d+\.\d+\.\d+)$/.exec(one) ?? []
    expect(version, one).toBe((actions as Record<string, {version: string}>)[name]?.version)
  }
})

test('Renovate finds each line of the table', () => {
  const root = join(import.meta.dirname, '../../..')
  const {customManagers} = parse(readFileSync(join(root, 'renovate.json5'), 'utf8').replace(/^\/\/.*/, ''))
  const manager = customManagers.find((m: {datasourceTemplate?: string}) => m.datasourceTemplate)
  const table = readFileSync(join(import.meta.dirname, 'actions.ts'), 'utf8')
  const found = [...table.matchAll(new RegExp(manager.matchStrings[0], 'g'))].map(m => m.groups)
  expect(found).toEqual(
    Object.entries(actions).map(([depName, {version, commit}]) => ({
      depName,
      currentValue: version,
      currentDigest: commit,
    })),
  )
})

test('only what publishes may write, behind an environment; the checkout keeps no token', () => {
  expect(workflows.map(w => w.permissions)).toEqual(workflows.map(() => ({})))
  const writing = jobs.filter(j => Object.values(j.permissions ?? {}).some(p => p.startsWith('write')))
  expect(writing.map(j => j.where)).toEqual([
    '.github/workflows/ci.yml evidence',
    '.github/workflows/release.yml publish',
    '.github/workflows/nightly-kernels.yml update',
    '.github/workflows/nightly-kernels.yml release',
    '.github/workflows/matrix.yml publish',
  ])
  const publishing = writing.filter(j => j.permissions?.packages)
  expect(publishing.map(j => j.environment)).toEqual(['release', 'release', 'release'])
  // Evidence is signed by the identity of ci on a branch of ours; what was tested never has that identity.
  expect(jobs.find(j => j.where.endsWith('ci.yml evidence'))).toMatchObject({
    if: "github.event_name != 'pull_request'",
    permissions: {contents: 'read', 'id-token': 'write'},
  })
  const testing = jobs.filter(j => j.steps.some(s => s.run?.startsWith('npm test')))
  expect(testing.map(j => j.permissions)).toEqual([{contents: 'read'}])
  for (const step of jobs.flatMap(j => j.steps).filter(s => s.uses?.startsWith('actions/checkout@')))
    expect(step.with?.['persist-credentials']).toBe(false)
})

test('no script holds an expression: what others name can only come in by the environment', () => {
  const scripts = jobs.flatMap(j => j.steps).flatMap(s => s.run ?? [])
  expect(scripts.filter(run => run.includes('${{'))).toEqual([])
})

test('each permission but to read the sources says what it is for', () => {
  const lines = files.flatMap(f => f.text.match(/^ {6}[a-z-]+: (?:read|write).*$/gm) ?? [])
  const silent = lines.filter(line => !/ # \S/.test(line))
  expect([...new Set(silent)]).toEqual(['      contents: read'])
  expect(lines.length - silent.length).toBe(
    jobs.flatMap(j => Object.keys(j.permissions ?? {})).length - silent.length,
  )
})

test('what publishes trusts no cache that other workflows can write', () => {
  const publishing = workflows.filter(w => /(?:release|kernels|matrix)\.yml$/.test(w.path))
  expect(publishing).toHaveLength(3)
  for (const {text} of publishing) expect(text).not.toContain('actions/cache')
})

test('scripts only use commands and options that exist', () => {
  const calls = jobs
    .flatMap(j => j.steps)
    .flatMap(s => [...(s.run ?? '').matchAll(/\.\/lockstep ((?!--)[^|;)\n]+)/g)].map(m => m[1] ?? ''))
  expect(calls.length).toBeGreaterThan(6)
  for (const call of calls) {
    const words = call.trim().split(' ')
    const command = commands.find(c => c.path.every((word, i) => words[i] === word))
    expect(command, call).toBeDefined()
    for (const option of words.filter(w => w.startsWith('--')))
      expect(Object.keys(command?.options ?? {}), call).toContain(option.slice(2))
  }
})

test('a release has no more jobs of one matrix than GitHub makes, and each goes to its end', () => {
  const {plan, modules} = workflows.find(w => w.path.endsWith('/release.yml'))?.jobs ?? {}
  const shards = plan?.steps.flatMap(s => s.run?.match(/--shards (\d+)/)?.[1] ?? []).map(Number)
  expect(shards).toEqual([256])
  expect(modules?.strategy).toEqual({
    'fail-fast': false,
    matrix: {include: '${{ fromJSON(needs.plan.outputs.shards) }}'},
  })
  expect(plan?.outputs).toEqual({shards: '${{ steps.plan.outputs.shards }}'})
})

test('kernels are looked for on every branch that is kept up', () => {
  const release = {
    ...matrix.release,
    branches: [
      {name: 'main', versions: '>=2.0.0', state: 'active'},
      {name: 'release-1', versions: '>=1.0.0 <2.0.0', state: 'ended'},
    ],
  } as Matrix['release']
  const text = workflowFiles({...matrix, release}).find(f => f.path.endsWith('kernels.yml'))?.text
  expect((parse(text ?? '') as Workflow).jobs.update?.strategy?.matrix).toEqual({branch: ['main']})
})

test('a product that lives elsewhere gets no workflows', () => {
  const product = {...matrix.product, repository: 'https://git.example.com/acme/thing'}
  expect(workflowFiles({...matrix, product})).toEqual([])
})

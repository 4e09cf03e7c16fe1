import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {codes} from '../codes.ts'
import {openApi, openPodApi} from './api.ts'
import {exitCode, main} from './main.ts'
import {readOptions} from './options.ts'
import {humanLine, jsonReport, junitReport, listText} from './report.ts'
import type {Result, Status} from './run.ts'
import {scenarios} from './scenarios/index.ts'
import {startPlugin} from './testing/plugin.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sanity-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(root, {recursive: true, force: true})
})

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics[0]?.code
    throw error
  }
  return undefined
}

const base = ['--registry-dir', '/reg/', '--driver', 'x.com']

test('options are read, or refused with a code that is explained', () => {
  const asked = readOptions(
    [...base, '--scenario', 'register,prepare-v1', '--appear-timeout', '2.5'],
    scenarios,
  )
  expect(asked).toMatchObject({kind: 'run', options: {registryDir: '/reg', report: 'human', appear: 2500}})
  expect(asked.kind === 'run' && asked.options.scenarios.map(one => one.name)).toEqual([
    'register',
    'prepare-v1',
  ])
  expect(readOptions(['--list'], scenarios)).toEqual({kind: 'list'})
  expect(readOptions(['--version'], scenarios)).toEqual({kind: 'version'})
  const refused = (...args: string[]) => codeOf(() => readOptions(args, scenarios))
  expect(refused('--driver', 'x')).toBe('F001')
  expect(refused(...base, '--report', 'xml')).toBe('F001')
  expect(refused(...base, '--kubeconfig', 'file', '--in-cluster')).toBe('F001')
  expect(refused(...base, '--nonsense')).toBe('F001')
  expect(refused(...base, '--appear-timeout', 'soon')).toBe('F001')
  expect(refused(...base, '--command', 'a', '--restart-command', 'b')).toBe('F001')
  expect(refused(...base, '--scenario', 'prepare')).toBe('F002')
  expect(refused('--explain', 'F999')).toBe('F001')
  expect(readOptions(['--explain', 'F012'], scenarios)).toEqual({kind: 'explain', code: 'F012'})
  expect(Object.keys(codes)).toEqual(expect.arrayContaining(['F001', 'F002', 'F010', 'F011', 'F012', 'F020']))
})

test.each([
  ['missing', undefined],
  ['no YAML', '{'],
  ['empty', ''],
  ['without a context', '{clusters: []}'],
  [
    'without a way of signing in',
    '{current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}], clusters: [{name: a, cluster: {server: "https://x"}}], users: [{name: a, user: {exec: {command: x}}}]}',
  ],
])('a kubeconfig that is %s is refused', async (_, text) => {
  const path = join(root, 'kubeconfig')
  if (text !== undefined) await writeFile(path, text)
  await expect(openApi(path)).rejects.toMatchObject({exit: 2, diagnostics: [{code: 'F011'}]})
})

test('out of a pod there is no account of its own', async () => {
  const env = {KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443'}
  for (const found of [{}, env])
    await expect(openPodApi(found, root)).rejects.toMatchObject({exit: 2, diagnostics: [{code: 'F013'}]})
})

const result = (status: Status, over: Partial<Result> = {}): Result => ({
  scenario: `s-${status}`,
  title: 'kubelet does <something>',
  status,
  ms: 1234,
  findings: [],
  notes: [],
  ...over,
})

test('a skip is no pass, unless it was allowed', () => {
  expect(exitCode([result('pass'), result('advice')], [])).toBe(0)
  expect(exitCode([result('pass'), result('skip')], [])).toBe(1)
  expect(exitCode([result('pass'), result('skip')], ['s-skip'])).toBe(0)
  expect(exitCode([result('fail')], ['s-fail'])).toBe(1)
  expect(exitCode([result('fail'), result('error')], [])).toBe(3)
})

test('reports carry what was found, with its source, and stay well-formed', () => {
  const finding = {
    clause: 'info.name',
    level: 'must',
    says: 'says & "so"',
    source: 'https://x/?a&b',
    message: 'a < b\u0007',
  } as const
  const results = [
    result('pass'),
    result('fail', {findings: [finding], notes: ['n']}),
    result('skip', {reason: 'needs <x>'}),
    result('error', {reason: 'F010: no'}),
  ]
  const junit = junitReport(results, {driver: 'x.com'})
  expect(junit).toContain('<testsuites tests="4" failures="1" errors="1" skipped="1" time="4.936">')
  expect(junit).toContain('<failure message="a &lt; b\ufffd">must: says &amp; &quot;so&quot;')
  expect(junit).toContain('<skipped message="needs &lt;x&gt;"/>')
  expect(junit).not.toContain('\u0007')
  expect(JSON.parse(jsonReport(results, {driver: 'x.com'}))).toMatchObject({
    version: 1,
    counts: {pass: 1, fail: 1, advice: 0, skip: 1, error: 1},
  })
  expect(humanLine(results[1] ?? result('pass'), false)).toContain('see: https://x/?a&b')
  for (const {name} of scenarios) expect(listText(scenarios)).toContain(`${name}: `)
})

test('the command writes a report and ends with what it means', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const plugin = await startPlugin({root, driver: 'x.com', devices: 2})
  const output = join(root, 'report.json')
  const args = [
    '--registry-dir',
    join(root, 'plugins_registry'),
    '--driver',
    'x.com',
    '--report',
    'json',
    '--output',
    output,
  ]
  expect(await main([...args, '--scenario', 'register,unprepare-unknown'])).toBe(0)
  expect(await main([...args, '--scenario', 'register,prepare-v1'])).toBe(1)
  expect(await main([...args, '--scenario', 'register,prepare-v1', '--allow-skip', 'prepare-v1'])).toBe(0)
  const report = JSON.parse(await readFile(output, 'utf8'))
  expect(report.results.map((one: Result) => [one.scenario, one.status, one.reason])).toEqual([
    ['register', 'pass', undefined],
    ['prepare-v1', 'skip', 'needs --kubeconfig'],
  ])
  await plugin.stop()
})

test('hooks are shell commands that hear what they are to do', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const plugin = await startPlugin({root, driver: 'x.com', devices: 2})
  const said = join(root, 'said')
  const args = [
    '--registry-dir',
    join(root, 'plugins_registry'),
    '--driver',
    'x.com',
    '--report',
    'json',
    '--output',
    join(root, 'r'),
  ]
  const hook = `echo "$HEALTH $POOL $DEVICE" >> ${said}; [ $HEALTH = healthy ] && rm -f ${root}/ill-$DEVICE || touch ${root}/ill-$DEVICE`
  expect(await main([...args, '--scenario', 'health-fault', '--fault-command', hook])).toBe(0)
  expect((await readFile(said, 'utf8')).split('\n').slice(0, 2)).toEqual([
    'unhealthy node/numa0 mock0',
    'healthy node/numa0 mock0',
  ])
  expect(await main([...args, '--scenario', 'health-fault', '--fault-command', 'echo no >&2; exit 4'])).toBe(
    3,
  )
  expect(JSON.parse(await readFile(join(root, 'r'), 'utf8')).results[0].reason).toMatch(
    /^F020: .*ended with 4: no$/,
  )
  await plugin.stop()
})

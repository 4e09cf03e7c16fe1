/** Linters of the field over every script in the tree and every workflow; actionlint stands beside, in scripts.tools.test.ts. */
import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {debianProgram} from '#testbed/tools/debian.ts'
import {hasPip} from '#testbed/tools/wheel.ts'
import {zizmor} from '#testbed/tools/zizmor.ts'
import type {Step, Workflow} from './steps.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const tracked = execFileSync('git', ['ls-files', '-z'], {cwd: root})
  .toString()
  .split('\0')
  .filter(path => path && existsSync(join(root, path)))
const dir = mkdtempSync(join(tmpdir(), 'lint-'))
afterAll(() => rmSync(dir, {recursive: true, force: true}))

/** What a linter in the toolbox says of files below a folder, which it sees read-only. */
async function lint(program: string, words: readonly string[], folder: string) {
  const toolbox = await openToolbox()
  const binds = [
    {from: folder, to: '/build/tree', readonly: true},
    {from: program, to: '/build/linter', readonly: true},
  ]
  const {code, stdout, stderr} = await toolbox.run(['/build/linter', ...words], {cwd: '/build/tree', binds})
  return {code, said: stdout.toString() + stderr.toString()}
}
const clean = {code: 0, said: ''}

describe('shellcheck', () => {
  let program = ''
  beforeAll(async () => {
    program = await debianProgram({name: 'shellcheck', suite: 'trixie'})
  }, 300_000)
  const check = (paths: readonly string[], shell: 'sh' | 'bash', folder = root) =>
    lint(program, ['--norc', '--format=gcc', `--shell=${shell}`, ...paths], folder)

  test('finds nothing in any step of a workflow or of the action', async () => {
    const yaml = tracked.filter(path => /^(?:\.github\/workflows\/.+|(?:.*\/)?action)\.ya?ml$/.test(path))
    const steps = yaml.flatMap(path => {
      const {jobs, runs} = parse(read(path)) as Partial<Workflow> & {runs?: {steps: Step[]}}
      return [...Object.values(jobs ?? {}), ...(runs ? [runs] : [])].flatMap(one =>
        one.steps.map(({name, run}) => ({name: `${path}/${name}`, run})),
      )
    })
    const scripts = steps.flatMap(({name, run}) => (run === undefined ? [] : [{name, run}]))
    expect(scripts.length).toBeGreaterThan(10)
    for (const {name, run} of scripts) {
      mkdirSync(dirname(join(dir, name)), {recursive: true})
      writeFileSync(join(dir, name), run)
    }
    expect(
      await check(
        scripts.map(s => s.name),
        'bash',
        dir,
      ),
    ).toEqual(clean)
  })

  test('finds nothing in any script of the tree', async () => {
    const isScript = (path: string) => path.endsWith('.sh') || /^#! ?\/bin\/(?:ba)?sh\b/.test(read(path))
    const scripts = tracked.filter(isScript)
    expect(scripts).toEqual(expect.arrayContaining(['lockstep', 'testbed/node/guest/boot.sh']))
    expect(await check(scripts, 'sh')).toEqual(clean)
  })

  test('would find something', async () => {
    writeFileSync(join(dir, 'bad'), 'rm $1\n')
    expect(await check(['bad'], 'sh', dir)).toMatchObject({code: 1, said: expect.stringContaining('SC2086')})
  })
})

describe.skipIf(!hasPip())('zizmor', () => {
  let program = ''
  beforeAll(async () => {
    program = await zizmor()
  }, 300_000)
  const words = [
    '--offline',
    '--no-progress',
    '--color=never',
    '--quiet',
    '--persona=pedantic',
    '--format=plain',
  ]

  test('finds nothing in workflows and action, pedantic', async () => {
    const {code, said} = await lint(program, [...words, '.github', 'action.yml'], root)
    expect({code, said}).toMatchObject({code: 0})
  })

  test('would find something', async () => {
    const bad =
      'on: pull_request_target\njobs:\n  a:\n    runs-on: x\n    steps: [{uses: actions/checkout@v4}]\n'
    mkdirSync(join(dir, '.github/workflows'), {recursive: true})
    writeFileSync(join(dir, '.github/workflows/bad.yml'), bad)
    const {code, said} = await lint(program, [...words, '.'], dir)
    expect(code).toBeGreaterThan(9)
    for (const audit of ['dangerous-triggers', 'unpinned-uses']) expect(said).toContain(audit)
  })
})

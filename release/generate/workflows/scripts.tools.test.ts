/** The workflows' scripts, one by one, with stand-ins for the programs that they call. */
import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeEach, expect, test} from 'vitest'
import {parse} from 'yaml'
import {tool} from '#testbed/tools/tool.ts'
import type {Step} from './steps.ts'
import {program, root, runStep as run, stepOf} from './testing.ts'

const base = mkdtempSync(join(tmpdir(), 'workflow-'))
afterAll(() => rmSync(base, {recursive: true, force: true}))

let count = 0
let dir = ''
beforeEach(() => {
  dir = join(base, String(count++))
  mkdirSync(join(dir, 'bin'), {recursive: true})
})

const runStep = (script: string, cwd: string, env: Record<string, string> = {}) =>
  run({dir, env}, script, cwd)

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {runs: {steps: Step[]}}
const actionScript = action.runs.steps[0]?.run ?? ''

test('actionlint finds nothing in any workflow', async () => {
  const program = await tool('actionlint')
  expect(execFileSync(program, ['-no-color'], {cwd: root}).toString()).toBe('')
})

test('actionlint would find something', async () => {
  const bad = join(dir, 'bad.yml')
  writeFileSync(
    bad,
    'on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{run: "echo ${{ nothing.here }}"}]\n',
  )
  const program = await tool('actionlint')
  expect(() => execFileSync(program, ['-no-color', bad], {stdio: 'pipe'})).toThrow()
})

test('the action runs the real command and shows its result', async () => {
  const env = {GITHUB_ACTION_PATH: root, COMMAND: 'plan', OPTIONS: '--shards\n2  -o json'}
  const {code, out, summary} = await runStep(actionScript, root, env)
  expect([code, JSON.parse(out).length]).toEqual([0, 2])
  expect(summary).toMatch(/^### lockstep release plan: passed\n````text\n\[/)
})

test('the action hands on failure, expands nothing, and refuses other commands', async () => {
  program(join(dir, 'lockstep'), 'for word; do echo "<$word>"; done; exit 1')
  const env = {GITHUB_ACTION_PATH: dir, COMMAND: 'check-pr', OPTIONS: 'a..b $(id) * "'}
  const failed = await runStep(actionScript, dir, env)
  expect(failed.code).toBe(1)
  expect(failed.out).toBe('<check-pr>\n<a..b>\n<$(id)>\n<*>\n<">\n')
  expect(failed.summary).toMatch(/^### lockstep check-pr: ended with 1\n/)
  const refused = await runStep(actionScript, dir, {...env, COMMAND: 'release cut'})
  expect([refused.code, refused.out]).toEqual([2, expect.stringMatching(/^::error title=lockstep::/)])
})

test('the plan of a release: a shard for each kernel; a tag of another version is refused', async () => {
  const script = stepOf('release', 'plan', 'Plan')
  program(
    join(dir, 'lockstep'),
    'case "$*" in --version) echo "lockstep 1.2.3";; *shards*) printf "[\\n]\\n";; *) echo "$*";; esac',
  )
  const good = await runStep(script, dir, {GITHUB_REF_NAME: 'v1.2.3'})
  expect([good.code, good.output]).toEqual([0, 'shards<<END\n[\n]\nEND\n'])
  expect(good.summary).toContain('release plan')
  const bad = await runStep(script, dir, {GITHUB_REF_NAME: 'v1.2.4'})
  expect([bad.code, bad.output]).toEqual([1, ''])
  expect(bad.out).toContain('::error file=matrix/mock-device.yaml')
})

/** A remote with `main`, a clone of it, and a `gh` that keeps what it was told. */
function repository(lockstep: string): {clone: string; git: (...args: string[]) => string} {
  const [remote, clone] = [join(dir, 'remote.git'), join(dir, 'clone')]
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote])
  execFileSync('git', ['clone', '--quiet', remote, clone], {stdio: 'pipe'})
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {
      cwd: clone,
      stdio: 'pipe',
    })
      .toString()
      .trim()
  git('switch', '--quiet', '--create', 'main')
  mkdirSync(join(clone, 'kernel-driver'))
  writeFileSync(join(clone, 'kernel-driver/a.c'), 'int a;\n')
  writeFileSync(join(clone, 'lock'), 'old\n')
  program(join(clone, 'lockstep'), lockstep)
  git('add', '.')
  git('commit', '--quiet', '--message', 'first')
  git('push', '--quiet', 'origin', 'main')
  program(
    join(dir, 'bin/gh'),
    `printf '%s\\n' "$*" >> "${dir}/gh"; [ "$1 $2" != "pr list" ] || cat "${dir}/open" 2> /dev/null || true`,
  )
  writeFileSync(join(dir, 'gh'), '')
  return {clone, git}
}
const told = () => readFileSync(join(dir, 'gh'), 'utf8')

test('new kernels come as one pull request, which the next night brings up to date', async () => {
  const script = stepOf('nightly-kernels', 'update', 'Update lock and generated files')
  const {clone, git} = repository('[ "$*" != "kernels update" ] || cat "$NEW" > lock')
  const night = (text: string, branch = 'main') => {
    writeFileSync(join(dir, 'new'), text)
    git('fetch', '--quiet')
    return runStep(script, clone, {BRANCH: branch, NEW: join(dir, 'new')})
  }
  const quiet = await night('old\n')
  expect([quiet.code, quiet.summary, told()]).toEqual([0, 'nothing has changed\n', ''])
  const first = await night('new\n')
  expect(first.code, first.out).toBe(0)
  expect(told()).toContain('pr create --base main --head kernels/main')
  expect(git('ls-remote', 'origin', 'refs/heads/kernels/main')).not.toBe('')
  writeFileSync(join(dir, 'open'), '7\n')
  writeFileSync(join(dir, 'gh'), '')
  expect((await night('newer\n')).code).toBe(0)
  expect(told()).not.toContain('pr create')
  git('fetch', '--quiet')
  expect(git('show', 'origin/kernels/main:lock')).toBe('newer')
  expect(git('show', 'origin/main:lock')).toBe('old')
  const other = await night('newer\n', 'release-0.1')
  expect([other.code, other.summary]).toEqual([0, expect.stringContaining('release-0.1 has no ./lockstep')])
})

test('images for new kernels: only for what is released, only from its sources', async () => {
  const script = stepOf('nightly-kernels', 'release', 'Build, publish and record')
  const {clone, git} = repository(
    'case "$*" in --version) echo "lockstep 1.2.3";; "kernels release"*) echo "$*"; echo {} > addendum;; esac',
  )
  const night = () => runStep(script, clone, {BRANCH: 'main'})
  expect(await night()).toMatchObject({
    code: 0,
    summary: expect.stringContaining('1.2.3 is not released yet'),
  })
  git('tag', 'v1.2.3')
  const made = await night()
  expect(made.summary, made.out).toContain('kernels release 1.2.3 --yes --keyless')
  expect(told()).toContain('pr create --base main --head addendum/main')
  git('switch', '--quiet', 'main')
  writeFileSync(join(clone, 'kernel-driver/a.c'), 'int b;\n')
  git('commit', '--quiet', '--all', '--message', 'change the module')
  const refused = await night()
  expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('::error title=kernels::')])
})

test('a release takes the evidence of the run that tested its commit, or says that there is none yet', async () => {
  const script = stepOf('release', 'publish', 'Attach what the tests have shown')
  program(join(dir, 'lockstep'), 'echo "$*"')
  const env = {GITHUB_SHA: 'c0ffee', GITHUB_REF_NAME: 'v1.2.3'}
  program(join(dir, 'bin/gh'), 'true')
  const none = await runStep(script, dir, env)
  expect([none.code, none.out]).toEqual([0, expect.stringMatching(/^::notice title=evidence::/)])
  program(join(dir, 'bin/gh'), 'case "$2" in list) echo 77;; esac; echo "$*" >&2')
  const some = await runStep(script, dir, env)
  expect(some.code, some.out).toBe(0)
  expect(some.out).toContain('run list --workflow ci.yml --commit c0ffee --status success')
  expect(some.out).toContain(`run download 77 --name evidence --dir ${dir}`)
  expect(some.summary).toBe(`evidence publish ${dir}/evidence.sigstore.json 1.2.3 --yes\n`)
})

test('the token of the registry reaches docker by its standard input alone', async () => {
  program(join(dir, 'bin/docker'), 'echo "$*"; cat')
  const env = {REGISTRY: 'registry.example.com', REGISTRY_USER: 'ann', REGISTRY_TOKEN: 'planted'}
  for (const [workflow, job] of [
    ['release', 'publish'],
    ['nightly-kernels', 'release'],
    ['matrix', 'publish'],
  ] as const) {
    const {out} = await runStep(stepOf(workflow, job, 'Log in to the registry'), dir, env)
    expect(out).toBe('login registry.example.com --username ann --password-stdin\nplanted\n')
  }
})

/**
 * The jobs of a release as GitHub runs them: each on a machine with a cache of its own and the tag checked out, with the
 * real command, a real registry, a Git remote and a stand-in for GitHub's API. A key stands for the runner's identity.
 */
import {generateKeyPairSync} from 'node:crypto'
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {git, smallCheckout} from '#release/commands/test-checkout.ts'
import {freshCache, lockstep} from '#release/commands/testing.ts'
import {recordFormat, type TestRecord} from '#release/evidence/record.ts'
import {startGitHub} from '#testbed/github/server.ts'
import {type DockerRegistry, startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {outputsOf, program, type Runner, root, runStep, startStep, stepOf} from './testing.ts'

const tag = 'v0.2.0'
const token = 'planted-github-token-4711'
const dir = mkdtempSync(join(tmpdir(), 'jobs-'))
const remote = join(dir, 'remote.git')
const cleanups: (() => void)[] = []
let registry: DockerRegistry
let github: Awaited<ReturnType<typeof startGitHub>>

beforeAll(async () => {
  const copy = await smallCheckout()
  cleanups.push(copy.remove)
  mkdirSync(join(dir, 'registry'))
  registry = await startDockerRegistry(join(dir, 'registry'))
  github = await startGitHub(token)
  const {privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'})
  writeFileSync(join(dir, 'release.key'), privateKey.export({format: 'pem', type: 'pkcs8'}))
  const matrix = join(copy.root, 'matrix/mock-device.yaml')
  const text = readFileSync(matrix, 'utf8')
  writeFileSync(matrix, text.replace(/^ {2}registry: .*$/m, `  registry: ${registry.host}/acme`))
  expect(await lockstep(copy.root, 'generate')).toMatchObject({code: 0})
  // The launcher would install packages first; the action beside it is as it was.
  program(
    join(copy.root, 'lockstep'),
    `case $1 in kernels) key=--release-key ;; *) key=--sign-key ;; esac
for word; do
  shift
  case $word in --keyless) set -- "$@" $key "${dir}/release.key" ;; *) set -- "$@" "$word" ;; esac
done
exec "${root}/lockstep" "$@" --root .`,
  )
  git(dir, 'init', '--quiet', '--bare', remote)
  git(copy.root, 'init', '--quiet', '--initial-branch=main')
  git(copy.root, 'add', '--all')
  git(copy.root, 'commit', '--quiet', '--message', 'Prepare a release')
  git(copy.root, 'tag', '--annotate', '--message', 'a release', tag)
  git(copy.root, 'push', '--quiet', remote, 'main', tag)
}, 300_000)
afterAll(async () => {
  await Promise.all([registry?.stop(), github?.close()])
  for (const cleanup of cleanups) cleanup()
  rmSync(dir, {recursive: true, force: true})
})

/** A machine that nothing has run on, with the tag as actions/checkout leaves it: no branch, one commit. */
function machine(name: string): Runner & {checkout: string; cache: string} {
  const own = join(dir, name)
  const checkout = join(own, 'checkout')
  mkdirSync(own)
  git(own, 'clone', '--quiet', '--depth=1', `--branch=${tag}`, `file://${remote}`, checkout)
  // It fetches the commit by the tag's name: an annotated tag is a plain one here.
  git(checkout, 'update-ref', `refs/tags/${tag}`, git(checkout, 'rev-parse', 'HEAD').trim())
  const {cache, remove} = freshCache()
  cleanups.push(remove)
  const env = {
    MOCK_DEVICE_CACHE: cache,
    GITHUB_REF_NAME: tag,
    GITHUB_REPOSITORY: 'acme/mock-device',
    GITHUB_API_URL: github.api,
    GH_TOKEN: token,
  }
  return {dir: own, checkout, cache, env}
}

test('plan, modules and publish; a publication that was cancelled is finished by the next run', async () => {
  const planner = machine('planner')
  const planned = await runStep(planner, stepOf('release', 'plan', 'Plan'), planner.checkout)
  expect(planned.code, planned.out).toBe(0)
  const shards: {shard: number; kernels: string}[] = JSON.parse(outputsOf(planned).shards ?? '')
  expect(shards).toHaveLength(1)

  // Handed over as the artifact actions do: the store, with nothing around it.
  const handed = join(dir, 'handed')
  for (const {shard, kernels} of shards) {
    const builder = machine(`builder-${shard}`)
    const env = {...builder.env, KERNELS: kernels}
    const built = await runStep({...builder, env}, stepOf('release', 'modules', 'Build'), builder.checkout)
    expect(built.code, built.out).toBe(0)
    expect(existsSync(join(builder.cache, 'headers'))).toBe(true)
    cpSync(join(builder.cache, 'store'), handed, {recursive: true})
  }
  const publisher = (name: string) => {
    const one = machine(name)
    cpSync(handed, join(one.cache, 'store'), {recursive: true})
    return {...one, start: () => startStep(one, stepOf('release', 'publish', 'Release'), one.checkout)}
  }

  const first = publisher('cancelled')
  const running = first.start()
  const {fetch} = github.standIn
  // In the middle of the last stage: the draft is there, and some of its files.
  github.standIn.fetch = async (input, init) => {
    const answer = await fetch(input, init)
    if ((github.standIn.releases[0]?.assets.length ?? 0) > 2) running.cancel()
    return answer
  }
  const cancelled = await running.ended
  github.standIn.fetch = fetch
  expect(cancelled.code, cancelled.out).toBeNull()
  expect(github.standIn.releases).toMatchObject([{draft: true, tag_name: tag}])

  const uploads = () => github.standIn.requests.filter(r => /^POST \/uploads/.test(r)).length
  const before = uploads()
  const second = publisher('again')
  const done = await second.start().ended
  expect(done.code, done.out).toBe(0)
  const [release] = github.standIn.releases
  expect(github.standIn.releases).toHaveLength(1)
  expect(release).toMatchObject({draft: false, id: github.standIn.latest})
  expect(release?.assets.map(a => a.state)).not.toContain('starter')
  // What the first run had sent was kept.
  expect(uploads() - before).toBeLessThanOrEqual((release?.assets.length ?? 0) - 2)
  // No module was compiled again: that would have needed the kernel's headers.
  expect(existsSync(join(second.cache, 'headers'))).toBe(false)
  expect(done.summary).toContain('the next run would find nothing to do')
  for (const text of [cancelled.out, done.out, done.summary]) expect(text).not.toContain(token)

  // What was fetched on the other machines is fetched here too, for the archive.
  const archiving = stepOf('release', 'publish', 'Archive what it was made from')
  const archived = await runStep(second, archiving, second.checkout)
  expect(archived.code, archived.out).toBe(0)
  expect(archived.summary).toMatch(/^\d+ Debian packages, .* archived as .*\/acme\/mock-device@sha256:/)
  const rest = await runStep(second, archiving, second.checkout)
  expect(rest.summary, rest.out).toMatch(/archived already: nothing to do/)

  const requests = github.standIn.requests.length
  const third = await publisher('idle').start().ended
  expect(third.code, third.out).toBe(0)
  expect(github.standIn.requests.slice(requests).filter(r => !r.startsWith('GET '))).toEqual([])
}, 600_000)

test('the same release gets its evidence, its matrix and its kernels from the other workflows', async () => {
  const one = machine('others')
  // As with fetch-depth 0.
  git(one.checkout, 'fetch', '--quiet', '--unshallow', '--tags', '--force')
  git(one.checkout, 'switch', '--quiet', '--create', 'main')
  const record: TestRecord = {
    apiVersion: recordFormat,
    name: 'guest',
    commit: git(one.checkout, 'rev-parse', 'HEAD').trim(),
    changed: false,
    finished: '2026-12-24T10:00:00.000Z',
    passed: 1,
    failed: 0,
    skipped: 0,
    records: [{proves: ['debian-13-amd64'], test: 'load', versions: {linux: '6.12.1'}}],
  }
  mkdirSync(join(one.dir, 'records'))
  writeFileSync(join(one.dir, 'records/guest.json'), JSON.stringify(record))
  const run = async (workflow: string, job: string, name: string, env: Record<string, string> = {}) => {
    const ended = await runStep(
      {...one, env: {...one.env, ...env}},
      stepOf(workflow, job, name),
      one.checkout,
    )
    expect(ended.code, ended.out).toBe(0)
    return ended.summary
  }
  expect(await run('ci', 'evidence', 'Sign')).toContain('what 1 test of guest have shown, signed by')
  program(join(one.dir, 'bin/gh'), 'case "$2" in list) echo 77;; esac')
  const attach = ['release', 'publish', 'Attach what the tests have shown'] as const
  expect(await run(...attach, {GITHUB_SHA: record.commit})).toContain('0.2.0 has this evidence now')
  expect(await run(...attach, {GITHUB_SHA: record.commit})).toContain('0.2.0 has this evidence already')
  expect(await run('matrix', 'publish', 'Publish')).toMatch(/calls? made/)
  expect(await run('nightly-kernels', 'release', 'Build, publish and record', {BRANCH: 'main'})).toContain(
    'nothing has changed',
  )
}, 300_000)

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
    `for word; do
  shift
  case $word in --keyless) set -- "$@" --sign-key "${dir}/release.key" ;; *) set -- "$@" "$word" ;; esac
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

  const requests = github.standIn.requests.length
  const third = await publisher('idle').start().ended
  expect(third.code, third.out).toBe(0)
  expect(github.standIn.requests.slice(requests).filter(r => !r.startsWith('GET '))).toEqual([])
}, 600_000)

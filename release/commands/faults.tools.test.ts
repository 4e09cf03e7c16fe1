import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {type DockerRegistry, startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {readLock, writeLock} from '../kernels/lock.ts'
import {copyOfCheckout, filesIn, freshCache} from './testing.ts'

/*
 * The whole process, `./lockstep`, ended by kill -9 while it builds and publishes, or left without room: the next run
 * gives what an undisturbed one gives.
 */

const lockstep = join(process.cwd(), 'lockstep')
const dying = pathToFileURL(join(import.meta.dirname, 'dying.ts')).href
let root: string
/** Beside the checkout: what lies in it would be a part of the source tarballs. */
let work: string
let calm: string
let registry: DockerRegistry
const cleanups: (() => void)[] = []

/** A checkout with one kernel and no programs, so that a build takes seconds. */
beforeAll(async () => {
  const copy = await copyOfCheckout()
  cleanups.push(copy.remove)
  root = copy.root
  const path = join(root, 'matrix/kernels.lock.yaml')
  const lock = readLock(readFileSync(path, 'utf8'), path).value
  const [first] = lock?.lines['debian-13-amd64'] ?? []
  if (!lock || !first) throw new Error('the lock has no kernel of debian-13-amd64')
  const lines = Object.fromEntries(
    Object.keys(lock.lines).map(id => [id, id === 'debian-13-amd64' ? [first] : []]),
  )
  writeFileSync(path, writeLock({...lock, lines}))
  const server = join(root, 'components/vfio-user-server.yaml')
  const withoutPrograms = readFileSync(server, 'utf8').replace(
    / {2}- kind: node-executable\n(?: {4}.*\n)+/,
    '',
  )
  expect(withoutPrograms).not.toContain('node-executable')
  writeFileSync(server, withoutPrograms)
  work = mkdtempSync(join(tmpdir(), 'faults-'))
  cleanups.push(() => rmSync(work, {recursive: true, force: true}))
  mkdirSync(join(work, 'registry'))
  registry = await startDockerRegistry(join(work, 'registry'))
  calm = join(work, 'calm')
}, 600_000)
afterAll(async () => {
  await registry?.stop()
  for (const cleanup of cleanups) cleanup()
})

/** Also removed when the test fails. */
function ownCache(): ReturnType<typeof freshCache> {
  const fresh = freshCache()
  cleanups.push(fresh.remove)
  return fresh
}

type Options = {cache: string; dieAt?: number; countTo?: string}
type Ended = {status: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string}

function run(args: string[], {cache, dieAt, countTo}: Options): Promise<Ended> {
  const env = {
    ...process.env,
    MOCK_DEVICE_CACHE: cache,
    ...(dieAt || countTo ? {NODE_OPTIONS: `--import=${dying}`} : {}),
    ...(dieAt ? {DIE_AT: String(dieAt)} : {}),
    ...(countTo ? {COUNT_TO: countTo} : {}),
  }
  return ended([lockstep, ...args, '--root', root, '--quiet'], env)
}

/** Not waiting in place: the registry's words are read by this process. */
async function ended([program = '', ...args]: string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn(program, args, {env, cwd: root, stdio: ['ignore', 'pipe', 'pipe']})
  const said = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', part => {
      said[name] += part
    })
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return {status, signal, ...said}
}

function done({status, stderr}: Ended, what: string): void {
  expect({what, status, stderr}).toEqual({what, status: 0, stderr: ''})
}

/** So many numbers from 1 to `most`, one in each of as many equal parts: spread, and the same for the same seed. */
function points(count: number, most: number, seed: number): number[] {
  let state = seed
  return Array.from({length: count}, (_, i) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return 1 + Math.floor(((i + state / 2 ** 32) * most) / count)
  })
}

const temporaries = (dir: string) =>
  existsSync(dir) ? readdirSync(dir, {recursive: true, encoding: 'utf8'}).filter(p => /\.tmp-/.test(p)) : []

test('a build that was killed at any of 20 points is finished by the next one', {
  timeout: 1_800_000,
}, async () => {
  const steps = join(work, 'steps')
  const first = ownCache()
  done(await run(['release', 'build', '--out', calm], {cache: first.cache, countTo: steps}), 'calm')
  first.remove()
  const total = Number(readFileSync(steps, 'utf8'))
  expect(total).toBeGreaterThan(100)
  const expected = filesIn(calm)
  let leftovers = 0
  for (const dieAt of points(20, total, 1)) {
    const {cache, remove} = ownCache()
    const out = join(work, 'out')
    const killed = await run(['release', 'build', '--out', out], {cache, dieAt})
    // Which of two cores is first moves the steps a little: the last one may not come.
    if (killed.status !== 0) expect({dieAt, signal: killed.signal}).toEqual({dieAt, signal: 'SIGKILL'})
    leftovers += temporaries(out).length + temporaries(join(cache, 'store')).length
    if (killed.status !== 0 && existsSync(join(out, 'plan.json'))) expect(filesIn(out)).toEqual(expected)
    done(await run(['release', 'build', '--out', out], {cache}), `after kill -9 at step ${dieAt} of ${total}`)
    expect(filesIn(out), `after kill -9 at step ${dieAt} of ${total}`).toEqual(expected)
    for (const below of ['store', 'headers']) expect(temporaries(join(cache, below)), `${dieAt}`).toEqual([])
    rmSync(out, {recursive: true})
    remove()
  }
  // Otherwise no point lay within a write, and this would prove little.
  expect(leftovers).toBeGreaterThan(0)
})

test('a publication that was killed at any of 20 points is finished by the next one', {
  timeout: 900_000,
}, async () => {
  const {cache, remove} = ownCache()
  const steps = join(work, 'steps')
  const publish = (prefix: string, options: Omit<Options, 'cache'> = {}) =>
    run(['release', 'publish', '--from', calm, '--to', `${registry.host}/${prefix}`, '--yes'], {
      cache,
      ...options,
    })
  const tags = async (prefix: string) => {
    const {stdout} = await run(
      ['release', 'status', '--from', calm, '--to', `${registry.host}/${prefix}`, '-o', 'json'],
      {cache},
    )
    return JSON.parse(stdout.replaceAll(`/${prefix}/`, '/'))
  }
  done(await publish('calm', {countTo: steps}), 'calm')
  const expected = await tags('calm')
  expect(expected.whole).toBe(true)
  const total = Number(readFileSync(steps, 'utf8'))
  for (const dieAt of points(20, total, 2)) {
    const prefix = `killed-${dieAt}`
    expect((await publish(prefix, {dieAt})).signal).toBe('SIGKILL')
    done(await publish(prefix), `after kill -9 at step ${dieAt} of ${total}`)
    expect((await tags(prefix)).tags.map(withoutPlace)).toEqual(expected.tags.map(withoutPlace))
    done(await run(['release', 'verify', `${registry.host}/${prefix}`], {cache}), `verify after ${dieAt}`)
  }
  remove()
})

const withoutPlace = ({repository, ...rest}: {repository: string}) => ({
  ...rest,
  repository: repository.split('/').at(-1),
})

/** Shell commands in a mount namespace of their own; `$1` is a folder for a file system that they mount. */
function inNamespace(script: string, cache: string): Promise<Ended> {
  const place = join(work, 'mounted')
  mkdirSync(place, {recursive: true})
  const env = {...process.env, MOCK_DEVICE_CACHE: cache}
  const build = `"${lockstep}" release build --root "${root}" --quiet --out`
  const prelude = `build() { code=0; ${build} "$1" > /dev/null || code=$?; echo "ended with $code"; }\n`
  return ended(['unshare', '-rm', 'sh', '-ec', prelude + script, 'sh', place], env)
}

test('where the output does not fit, the next run with room finishes it', {timeout: 600_000}, async () => {
  const {cache, remove} = ownCache()
  const copy = join(work, 'copied')
  const {stdout, stderr} = await inNamespace(
    `mount -t tmpfs -o size=600k tmpfs "$1"; build "$1/dist"; find "$1" -name '.tmp-*'
     mount -o remount,size=64m "$1"; build "$1/dist"; cp -r "$1/dist" "${copy}"`,
    cache,
  )
  expect(stdout).toBe('ended with 3\nended with 0\n')
  expect(stderr).toContain('E001')
  expect(filesIn(copy)).toEqual(filesIn(calm))
  remove()
})

test('where the cache does not fit, the next run with room finishes it', {timeout: 600_000}, async () => {
  const {cache, remove} = ownCache()
  const out = join(work, 'out')
  const {stdout, stderr} = await inNamespace(
    `mount -t tmpfs -o size=2m tmpfs "$1"; cp -a "$MOCK_DEVICE_CACHE/." "$1"; export MOCK_DEVICE_CACHE="$1"
     build "${out}"; mount -o remount,size=1g "$1"; build "${out}"`,
    cache,
  )
  expect(stdout).toBe('ended with 3\nended with 0\n')
  expect(stderr).toMatch(/E001|B030/)
  expect(filesIn(out)).toEqual(filesIn(calm))
  rmSync(out, {recursive: true})
  remove()
})

test('a read-only checkout is built into another folder', {timeout: 600_000}, async () => {
  const {cache, remove} = ownCache()
  const out = join(cache, 'out')
  const {stdout, stderr} = await inNamespace(
    `mount --bind "${root}" "${root}"; mount -o remount,bind,ro "${root}"; build "${root}/dist"; build "${out}"`,
    cache,
  )
  expect(stdout).toBe('ended with 3\nended with 0\n')
  expect(stderr).toContain('E002')
  expect(filesIn(out)).toEqual(filesIn(calm))
  remove()
})

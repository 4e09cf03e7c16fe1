import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {type DockerRegistry, startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {forEachLimited} from '../lib/limit.ts'
import {smallCheckout} from './test-checkout.ts'
import {
  done,
  type Ended,
  ended,
  lockstep,
  run as lockstepIn,
  stepsOf as namesOf,
  points,
} from './test-process.ts'
import {filesIn, freshCache, lockstep as here} from './testing.ts'

/*
 * The whole process, `./lockstep`, ended by kill -9 while it builds and publishes, or left without room: the next run
 * gives what an undisturbed one gives. What only looks (status, verify) runs in this process.
 */

let root: string
/** Beside the checkout: what lies in it would be a part of the source tarballs. */
let work: string
let calm: string
let registry: DockerRegistry
const cleanups: (() => void)[] = []

beforeAll(async () => {
  const copy = await smallCheckout()
  cleanups.push(copy.remove)
  root = copy.root
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

type Options = {cache: string; dieAt?: number}

function run(args: string[], {cache, ...more}: Options): Promise<Ended> {
  return lockstepIn([...args, '--quiet'], {root, env: {MOCK_DEVICE_CACHE: cache}, ...more})
}

const temporaries = (dir: string) =>
  existsSync(dir) ? readdirSync(dir, {recursive: true, encoding: 'utf8'}).filter(p => /\.tmp-/.test(p)) : []

/** A cache with the headers of a build that is done, so that a step is one of compiling, packing or writing. */
function withHeaders({cache}: ReturnType<typeof freshCache>): ReturnType<typeof freshCache> {
  const fresh = ownCache()
  symlinkSync(join(cache, 'headers'), join(fresh.cache, 'headers'))
  return fresh
}

async function stepsOf(args: string[], cache: string): Promise<number> {
  return (await namesOf([...args, '--quiet'], {root, env: {MOCK_DEVICE_CACHE: cache}}, work)).length
}

test('a build that was killed at any of 24 points is finished by the next one', {
  timeout: 900_000,
}, async () => {
  const first = ownCache()
  const all = await stepsOf(['release', 'build', '--out', calm], first.cache)
  const expected = filesIn(calm)
  const warm = withHeaders(first)
  const fewer = await stepsOf(['release', 'build', '--out', join(work, 'warm')], warm.cache)
  expect(filesIn(join(work, 'warm'))).toEqual(expected)
  expect(all).toBeGreaterThan(fewer)
  expect(fewer).toBeGreaterThan(100)
  // Headers take longest to unpack and few steps: some points with them, most without.
  const kills = [
    ...points(6, all, 1).map(dieAt => ({dieAt, of: all, fresh: ownCache})),
    ...points(18, fewer, 2).map(dieAt => ({dieAt, of: fewer, fresh: () => withHeaders(first)})),
  ]
  let leftovers = 0
  await forEachLimited(kills, 2, async ({dieAt, of, fresh}) => {
    const {cache, remove} = fresh()
    const out = mkdtempSync(join(work, 'out-'))
    const build = ['release', 'build', '--out', out]
    const what = `after kill -9 at step ${dieAt} of ${of}`
    const killed = await run(build, {cache, dieAt})
    // Which of two cores is first moves the steps a little: the last one may not come.
    if (killed.status !== 0) expect({what, ...killed}).toMatchObject({what, signal: 'SIGKILL'})
    leftovers += temporaries(out).length + temporaries(join(cache, 'store')).length
    if (killed.status !== 0 && existsSync(join(out, 'plan.json'))) expect(filesIn(out)).toEqual(expected)
    done(await run(build, {cache}), what)
    expect(filesIn(out), what).toEqual(expected)
    for (const below of ['store', 'headers']) expect(temporaries(join(cache, below)), what).toEqual([])
    rmSync(out, {recursive: true})
    remove()
  })
  // Otherwise no point lay within a write, and this would prove little.
  expect(leftovers).toBeGreaterThan(0)
  first.remove()
})

test('a publication that was killed at any of 20 points is finished by the next one', {
  timeout: 600_000,
}, async () => {
  const {cache, remove} = ownCache()
  const to = (prefix: string) => ['--to', `${registry.host}/${prefix}`]
  const publish = (prefix: string) => ['release', 'publish', '--from', calm, ...to(prefix), '--yes']
  const tags = async (prefix: string) => {
    const {code, out} = await here(root, 'release', 'status', '--from', calm, ...to(prefix), '-o', 'json')
    return {code, ...JSON.parse(out.replaceAll(`/${prefix}/`, '/'))}
  }
  const total = await stepsOf(publish('calm'), cache)
  const expected = await tags('calm')
  expect(expected).toMatchObject({code: 0, whole: true})
  await forEachLimited(points(20, total, 3), 2, async dieAt => {
    const prefix = `killed-${dieAt}`
    const what = `after kill -9 at step ${dieAt} of ${total}`
    expect({what, ...(await run(publish(prefix), {cache, dieAt}))}).toMatchObject({what, signal: 'SIGKILL'})
    done(await run(publish(prefix), {cache}), what)
    expect(await tags(prefix), what).toMatchObject({
      code: 0,
      whole: true,
      tags: expected.tags,
    })
    const verified = await here(root, 'release', 'verify', `${registry.host}/${prefix}`)
    expect({what, ...verified}).toMatchObject({what, code: 0, err: ''})
  })
  remove()
})

/** Shell commands in a mount namespace of their own; `$1` is a folder for a file system that they mount. */
function inNamespace(script: string, cache: string): Promise<Ended> {
  const place = join(work, 'mounted')
  mkdirSync(place, {recursive: true})
  const env = {...process.env, MOCK_DEVICE_CACHE: cache}
  const build = `"${lockstep}" release build --root "${root}" --quiet --out`
  const prelude = `build() { code=0; ${build} "$1" > /dev/null || code=$?; echo "ended with $code"; }\n`
  return ended(['unshare', '-rm', 'sh', '-ec', prelude + script, 'sh', place], root, env)
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

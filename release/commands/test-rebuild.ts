import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'vitest'
import {cacheDir} from '#lib/cache-dir.ts'
import {testSigner} from '../trust/testing.ts'
import {git} from './test-checkout.ts'

const version = '0.2.0'

type Ended = {code: number | null; stdout: string; stderr: string}
/** A signed release with its inputs archived, and a clone of its commit in another folder. */
export type Released = {
  clone: string
  /** A cache that shares these folders with the real one. */
  cacheWith(...shared: string[]): string
  /** `release verify --rebuild` in the clone, with no mirror to ask: not for Debian's packages, not for npm's. */
  rebuild(cache: string, env?: NodeJS.ProcessEnv): Promise<Ended>
  remove(): void
}

/**
 * Builds, publishes into a folder, and archives inputs there, by the whole process.
 * @param root a checkout without Git, whose one commit this makes
 * @param shared folders of the real cache that the first build may use; undefined for the cache itself
 */
export async function releaseWithInputs(root: string, shared?: readonly string[]): Promise<Released> {
  const work = mkdtempSync(join(tmpdir(), 'rebuild-'))
  const {publicKey, privateKey} = testSigner()
  writeFileSync(join(work, 'release.key'), privateKey)
  writeFileSync(join(work, 'release.pub'), publicKey.export({format: 'pem', type: 'spki'}))
  const cacheWith = (...names: string[]) => {
    const cache = mkdtempSync(join(work, 'cache-'))
    for (const name of names) {
      mkdirSync(join(cacheDir(), name), {recursive: true})
      symlinkSync(join(cacheDir(), name), join(cache, name))
    }
    return cache
  }
  const [dist, published] = [join(work, 'dist'), `oci:${join(work, 'published')}`]
  const cache = shared ? cacheWith(...shared) : cacheDir()
  const make = async (...args: string[]) => {
    const {code, stdout, stderr} = await run(root, cache, args)
    expect({args, code, stderr}).toEqual({args, code: 0, stderr: ''})
    return JSON.parse(stdout)
  }
  await make('generate')
  git(root, 'init', '--quiet')
  git(root, 'add', '--all')
  git(root, 'commit', '--quiet', '--message', 'All')
  await make('release', 'build', '--out', dist)
  const to = ['--from', dist, '--to', published]
  await make('release', 'publish', ...to, '--sign-key', join(work, 'release.key'))
  expect(await make('release', 'inputs', ...to)).toMatchObject({dryRun: false})
  expect(await make('release', 'inputs', ...to)).toMatchObject({missing: 0})
  const clone = join(work, 'clone')
  git(work, 'clone', '--quiet', root, clone)
  const verify = ['release', 'verify', published, '--release', version, '--key', join(work, 'release.pub')]
  return {
    clone,
    cacheWith,
    rebuild: (own, env = {}) => run(clone, own, [...verify, '--rebuild'], {...nowhere, ...env}),
    remove: () => rmSync(work, {recursive: true, force: true}),
  }
}

/** Ports on which nobody listens. */
const nowhere = {
  MOCK_DEVICE_DEBIAN_MIRROR: 'http://127.0.0.1:9',
  npm_config_registry: 'http://127.0.0.1:9',
  npm_config_fetch_retries: '0',
}

async function run(
  root: string,
  cache: string,
  args: string[],
  more: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const child = spawn(join(process.cwd(), 'lockstep'), [...args, '--root', root, '--quiet', '-o', 'json'], {
    env: {...process.env, MOCK_DEVICE_CACHE: cache, ...more},
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', part => {
      said[name] += part
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return {code, ...said}
}

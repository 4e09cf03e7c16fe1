import {type ChildProcess, spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {cacheDir} from '#release/effects/toolbox/cache.ts'
import {writeLock} from '#release/effects/toolbox/lock.ts'
import {packageIndex} from '#release/effects/toolbox/packages.ts'
import {resolveToolbox} from '#release/effects/toolbox/resolve.ts'

/** A small toolbox of its own: the same code, another clone's files, a fresh cache that shares the downloads. */
const wishes = {
  apiVersion: 'lockstep/toolbox/v1' as const,
  architecture: 'amd64' as const,
  suite: 'trixie',
  newer: {suite: 'trixie-backports', sources: []},
  packages: ['base-files', 'base-passwd', 'busybox-static', 'ca-certificates', 'coreutils'],
}
let folder = ''
let lock = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'small-toolbox-'))
  await mkdir(join(cacheDir(), 'debs'), {recursive: true})
  lock = writeLock(resolveToolbox(wishes, await packageIndex('trixie', 'amd64'), []))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

async function clone(name: string, lockText: string): Promise<{root: string; cache: string}> {
  const [root, cache] = [join(folder, name, 'clone'), join(folder, name, 'cache')]
  await mkdir(join(root, 'testbed/toolbox'), {recursive: true})
  await mkdir(cache)
  await symlink(join(cacheDir(), 'debs'), join(cache, 'debs'))
  await cp(join(cacheDir(), 'indices'), join(cache, 'indices'), {recursive: true})
  await writeFile(join(root, 'testbed/toolbox/toolbox.yaml'), JSON.stringify(wishes))
  await writeFile(join(root, 'testbed/toolbox/toolbox.lock.yaml'), lockText)
  return {root, cache}
}

function open({root, cache}: {root: string; cache: string}): {child: ChildProcess; ended: Promise<string>} {
  const module = new URL('../../release/effects/toolbox/toolbox.ts', import.meta.url).href
  const script = `import {openToolbox} from '${module}'; console.log(JSON.stringify(await openToolbox()))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {...process.env, LOCKSTEP_ROOT: root, MOCK_DEVICE_CACHE: cache},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<string>((resolve, reject) => {
    let [out, err] = ['', '']
    child.stdout.on('data', chunk => {
      out += chunk
    })
    child.stderr.on('data', chunk => {
      err += chunk
    })
    child.on('close', code => (code === 0 ? resolve(out) : reject(new Error(err || `ended with ${code}`))))
  })
  ended.catch(() => {})
  return {child, ended}
}

/** Digest of names, links and bytes below a folder. */
async function fingerprint(root: string): Promise<string> {
  const hash = createHash('sha256')
  for (const entry of (await readdir(root, {recursive: true, withFileTypes: true})).sort(byPath)) {
    const path = join(entry.parentPath, entry.name)
    hash.update(`${path.slice(root.length)}\0`)
    if (entry.isSymbolicLink()) hash.update(await readlink(path))
    else if (entry.isFile()) hash.update(await readFile(path))
  }
  return hash.digest('hex')
}
const byPath = (a: {parentPath: string; name: string}, b: {parentPath: string; name: string}) =>
  join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1

test('killed at any moment and run again, it is as if undisturbed; two at once make one', async () => {
  const whole = await clone('whole', lock)
  const start = performance.now()
  const {root} = JSON.parse(await open(whole).ended)
  const took = performance.now() - start
  const expected = await fingerprint(root)

  const cut = await clone('cut', lock)
  for (const part of [0.3, 0.5, 0.7, 0.85, 0.95]) {
    const {child} = open(cut)
    await sleep(took * part)
    child.kill('SIGKILL')
  }
  const both = await Promise.all([open(cut).ended, open(cut).ended])
  const roots = both.map(out => JSON.parse(out).root as string)
  expect(roots[0]).toBe(roots[1])
  expect(await fingerprint(roots[0] ?? '')).toBe(expected)
  expect(await readdir(join(roots[0] ?? '', '..'))).toEqual(['root'])
}, 300_000)

test("a locked package that vanished: today's successor, said plainly, and remembered", async () => {
  const old = lock.replace(/busybox-static_[^,]+_amd64\.deb, size: \d+, sha256: \w{64}/, match =>
    match.replace(/_[^,]+_amd64/, '_0.0.1-1_amd64').replace(/sha256: \w{64}/, `sha256: ${'1'.repeat(64)}`),
  )
  expect(old).not.toBe(lock)
  const aged = await clone('aged', old)
  const first = JSON.parse(await open(aged).ended)
  expect(first.lock).toBe('overlay')
  const second = JSON.parse(await open(aged).ended)
  expect(second).toEqual(first)
  expect((await readdir(join(first.root, 'usr/bin'))).includes('busybox')).toBe(true)
}, 300_000)

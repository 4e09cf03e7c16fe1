import {appendFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {git, smallCheckout} from './test-checkout.ts'
import {type Released, releaseWithInputs} from './test-rebuild.ts'

/*
 * A small release, made again by a stranger: a clone in another folder, a cache without a single package, and no
 * mirror to ask. The whole one, in a toolbox root of its own, is the rebuild tier's.
 */

let released: Released
const cleanups: (() => void)[] = []
beforeAll(async () => {
  const {root, remove} = await smallCheckout()
  cleanups.push(remove)
  released = await releaseWithInputs(root, ['debs', 'toolbox', 'locks'])
  cleanups.push(released.remove)
}, 600_000)
afterAll(() => {
  for (const cleanup of cleanups) cleanup()
})

test('gives the same digests, from the archived packages alone', async () => {
  const {clone, rebuild, cacheWith} = released
  const {code, stdout, stderr} = await rebuild(cacheWith('toolbox'))
  expect({code, stderr}).toEqual({code: 0, stderr: ''})
  const {rebuilt, sound} = JSON.parse(stdout)
  expect(sound).toBe(true)
  const commit = git(clone, 'rev-parse', 'HEAD').trim()
  expect(rebuilt).toMatchObject({differences: [], unsigned: [], commit})
  expect(rebuilt.same).toBeGreaterThan(15)
  // busybox-static, and the kernel's headers.
  expect(rebuilt.restored).toBeGreaterThan(3)
})

test('tells what differs, and that it was made from something else', async () => {
  const {code, stderr} = await released.rebuild(released.cacheWith('toolbox'), {SOURCE_DATE_EPOCH: '1'})
  expect(code).toBe(1)
  expect(stderr).toContain('X014')
  expect(stderr).toContain('mock-device-0.2.0.tgz was published as')
  expect(stderr).toContain('made from other inputs')
  // It only holds what differs.
  expect(stderr).not.toContain('SHA256SUMS was published as')
})

test('is refused from another commit, or with changes', async () => {
  const {clone, rebuild, cacheWith} = released
  const cache = cacheWith('toolbox')
  appendFileSync(join(clone, 'README.md'), '\n')
  const changed = await rebuild(cache)
  expect(changed).toMatchObject({code: 1})
  expect(changed.stderr).toMatch(/X012[\s\S]*README\.md/)
  git(clone, 'commit', '--quiet', '--all', '--message', 'Other')
  expect((await rebuild(cache)).stderr).toMatch(/X012[\s\S]*was built from/)
})

import {afterAll, beforeAll, expect, test} from 'vitest'
import {type Released, releaseWithInputs} from './test-rebuild.ts'
import {copyOfCheckout} from './testing.ts'

/** The whole release, with nothing of the cache: toolbox root, headers and npm packages all come from its own archive. */
let released: Released
const cleanups: (() => void)[] = []
beforeAll(async () => {
  const {root, remove} = await copyOfCheckout()
  cleanups.push(remove)
  released = await releaseWithInputs(root)
  cleanups.push(released.remove)
}, 1_800_000)
afterAll(() => {
  for (const cleanup of cleanups) cleanup()
})

test('another folder, another toolbox root, no mirror: the same digests', {timeout: 1_800_000}, async () => {
  const {code, stdout, stderr} = await released.rebuild(released.cacheWith())
  expect({code, stderr}).toEqual({code: 0, stderr: ''})
  const {rebuilt} = JSON.parse(stdout)
  expect(rebuilt).toMatchObject({differences: [], unsigned: []})
  expect(rebuilt.same).toBeGreaterThan(30)
  expect(rebuilt.restored).toBeGreaterThan(280)
})

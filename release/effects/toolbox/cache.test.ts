import {mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {cacheDir, clearLeftovers, temporaryName, withLock} from './cache.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-'))
})
afterEach(() => rm(folder, {recursive: true}))

test('the cache is where the environment says', () => {
  expect(cacheDir({MOCK_DEVICE_CACHE: '/c'})).toBe('/c')
  expect(cacheDir({XDG_CACHE_HOME: '/x'})).toBe('/x/mock-device')
  expect(cacheDir({})).toMatch(/\/\.cache\/mock-device$/)
})

test('work under one lock never overlaps', async () => {
  let inside = 0
  let most = 0
  const waits: string[] = []
  const work = async () => {
    most = Math.max(most, ++inside)
    await new Promise(resolve => setTimeout(resolve, 20))
    inside--
  }
  const lock = join(folder, 'a/lock')
  await Promise.all([1, 2, 3].map(() => withLock(lock, work, pid => waits.push(pid))))
  expect(most).toBe(1)
  expect(waits).toEqual([`${process.pid}`, `${process.pid}`])
  expect(await readdir(join(folder, 'a'))).toEqual([])
})

test("a dead holder's lock is taken over, also when its process id is in use again", async () => {
  const lock = join(folder, 'lock')
  for (const holder of ['999999999:1', `${process.pid}:1`]) {
    await writeFile(lock, holder)
    expect(await withLock(lock, async () => 'done')).toBe('done')
  }
})

test('a failure frees the lock', async () => {
  const lock = join(folder, 'lock')
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await withLock(lock, async () => 1)).toBe(1)
})

test('leftovers of dead processes go, those of living ones stay', async () => {
  const path = join(folder, 'root')
  const mine = await temporaryName(path)
  await mkdir(mine)
  await mkdir(`${path}.tmp-999999999-1-abcd`)
  await mkdir(path)
  await clearLeftovers(path)
  expect((await readdir(folder)).sort()).toEqual(['root', mine.slice(folder.length + 1)].sort())
})

import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {memoryFiles} from '../effects/memory-files.ts'
import {Store} from './store.ts'

const hour = 60 * 60 * 1000
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const later = (ms: number) => void vi.setSystemTime(Date.now() + ms)

/** A build that makes one output of its own, and one that all make. */
async function build(store: Store, key: string): Promise<void> {
  await store.begin([key, 'shared'])
  for (const one of [key, 'shared'])
    if (!(await store.recall(one))) await store.remember(one, {files: {a: await store.put(Buffer.from(one))}})
}

const kept = async (store: Store, keys: string[]) =>
  (await Promise.all(keys.map(async key => ((await store.recall(key)) ? key : undefined)))).filter(Boolean)

test('what the last ten builds used stays, and nothing else', async () => {
  const files = memoryFiles()
  const keys = Array.from({length: 15}, (_, i) => `build-${i}`)
  for (const key of keys) {
    await build(new Store(files, '/cache'), key)
    later(2 * hour)
  }
  // One of the first is used once more: it counts as new.
  await build(new Store(files, '/cache'), 'build-2')
  later(2 * hour)
  const before = files.tree.size
  await new Store(files, '/cache').collect()
  expect(await kept(new Store(files, '/cache'), [...keys, 'shared'])).toEqual([
    'build-2',
    ...keys.slice(6),
    'shared',
  ])
  // Five builds: an output, a blob and a record each.
  expect(before - files.tree.size).toBe(15)
  await new Store(files, '/cache').collect()
  expect(before - files.tree.size).toBe(15)
})

test('what is young stays, whoever uses it: another build may be under way', async () => {
  const files = memoryFiles()
  const store = new Store(files, '/cache')
  for (let i = 0; i < 15; i++) await build(store, `build-${i}`)
  const loose = await store.put(Buffer.from('not yet remembered'))
  await new Store(files, '/cache').collect()
  expect(await kept(new Store(files, '/cache'), ['build-0', 'build-14'])).toHaveLength(2)
  expect(await store.get(loose)).toBeDefined()
})

test('an old blob that is made again is young again', async () => {
  const files = memoryFiles()
  const store = new Store(files, '/cache')
  await store.put(Buffer.from('same'))
  later(2 * hour)
  const again = await store.put(Buffer.from('same'))
  await new Store(files, '/cache').collect()
  expect(await store.get(again)).toBeDefined()
  later(2 * hour)
  await new Store(files, '/cache').collect()
  expect(await store.get(again)).toBeUndefined()
})

test('records that can not be read keep nothing and are no trouble', async () => {
  const files = memoryFiles()
  await build(new Store(files, '/cache'), 'build')
  later(2 * hour)
  for (const path of files.tree.keys()) if (path.includes('/builds/')) files.tree.set(path, Buffer.from('{'))
  await new Store(files, '/cache').collect()
  expect(await kept(new Store(files, '/cache'), ['build', 'shared'])).toEqual([])
})

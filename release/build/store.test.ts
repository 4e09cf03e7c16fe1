import {expect, test} from 'vitest'
import {memoryFiles} from '../effects/memory-files.ts'
import {Store} from './store.ts'

const make = async () => {
  const files = memoryFiles()
  const store = new Store(files, '/cache')
  const blob = await store.put(Buffer.from('hello'))
  await store.remember('key', {files: {a: blob}})
  return {files, store, blob}
}
const blobPath = (files: {tree: Map<string, Buffer>}) =>
  [...files.tree.keys()].find(p => p.includes('blobs')) as string

test('what was remembered is recalled', async () => {
  const {store, blob} = await make()
  expect(await store.recall('key')).toEqual({files: {a: blob}})
  expect((await store.get(blob))?.toString()).toBe('hello')
})

test('a blob that is gone or cut off makes the record worthless', async () => {
  const {files, store} = await make()
  files.tree.set(blobPath(files), Buffer.from('hell'))
  expect(await store.recall('key')).toBeUndefined()
})

test('a blob with other bytes of the same length is not handed out, and made anew', async () => {
  const {files, store, blob} = await make()
  files.tree.set(blobPath(files), Buffer.from('jello'))
  expect(await store.recall('key')).toBeUndefined()
  expect(await store.get(blob)).toBeUndefined()
})

test('what is put is there, whatever lay in its place', async () => {
  const {files, blob} = await make()
  files.tree.set(blobPath(files), Buffer.from('jello'))
  const other = new Store(files, '/cache')
  expect(await other.put(Buffer.from('hello'))).toEqual(blob)
  expect(files.tree.get(blobPath(files))?.toString()).toBe('hello')
})

test.each(['', '{', '[]', '{"files":{"a":{"digest":"md5:1","size":1}}}'])(
  'a record that reads %j counts as absent',
  async text => {
    const {files, store} = await make()
    files.tree.set('/cache/outputs/key.json', Buffer.from(text))
    expect(await store.recall('key')).toBeUndefined()
  },
)

test('looking at all blobs at once finds the same', async () => {
  const {files, store, blob} = await make()
  await store.examine(['key', 'unknown'])
  expect(await store.recall('key')).toEqual({files: {a: blob}})
  const fresh = new Store(files, '/cache')
  files.tree.set(blobPath(files), Buffer.from('jello'))
  await fresh.examine(['key'])
  expect(await fresh.recall('key')).toBeUndefined()
})

import {beforeAll, expect, test} from 'vitest'
import {startRegistry} from '#testbed/registry/server.ts'
import {faultyFiles, Killed} from '../effects/faulty.ts'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import {digestOf} from '../lib/digest.ts'
import type {Fetch, Files} from '../lib/effects.ts'
import {archiveTarget} from '../lib/oci/archive.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import type {Target} from '../lib/oci/target.ts'
import {registryTarget} from '../lib/registry/registry.ts'
import {untar} from '../lib/untar.ts'
import {filesOfArtifact, verifyRelease} from '../publish/verify.ts'
import {testSigner, testSource} from '../trust/testing.ts'
import {writeArchive} from './archive.ts'
import {readContent} from './content.ts'
import {copyContent, planMirror} from './copy.ts'
import {product, publishedSmall, version} from './testing.ts'

const {signer, verifier} = testSigner()
const path = '/media/release.tar'
let published: MemoryFiles
let archive: Buffer
beforeAll(async () => {
  published = await publishedSmall('/from', {signer, source: testSource})
  const files = memoryFiles()
  await write(layoutTarget(published, '/from'), files)
  archive = files.tree.get(path) ?? Buffer.alloc(0)
})

async function write(from: Target, files: Files) {
  const content = await readContent(from, {product, version, floating: true})
  return writeArchive(content, from, path, files, silentProgress)
}

test('is one file with one layout, each blob once, the same bytes from wherever it is made', async () => {
  const entries = [...untar(archive)]
  expect(entries.filter(e => !e.path.startsWith('blobs/sha256/')).map(e => e.path)).toEqual([
    'index.json',
    'oci-layout',
  ])
  for (const {path: name, data} of entries)
    if (name.startsWith('blobs/')) expect(digestOf(data)).toBe(`sha256:${name.slice(-64)}`)
  const {manifests} = JSON.parse(String(entries.find(e => e.path === 'index.json')?.data))
  const names = manifests.flatMap((m: {annotations: object}) => Object.values(m.annotations))
  expect(names).toContain('charts/mock-device:0.2.0')
  expect(names).toContain('mock-device:latest')

  const server = await startRegistry()
  const registry = registryTarget({
    host: server.host,
    origin: `http://${server.host}`,
    prefix: 'mirror',
    fetch,
    credentials: async () => undefined,
  })
  const from = archiveTarget(memoryFiles({[path]: archive}), path)
  const content = await readContent(from, {product, version, floating: true})
  await copyContent(await planMirror(content, from, registry), from, registry, silentProgress)
  const files = memoryFiles()
  expect(await write(registry, files)).toMatchObject({action: 'write'})
  expect([...files.tree.keys()]).toEqual([path])
  expect(files.tree.get(path)?.equals(archive)).toBe(true)
  expect(await write(registry, files)).toMatchObject({action: 'done'})
  await server.close()
}, 120_000)

test('verifies with the key, without a registry, and names a flipped bit', async () => {
  const problems = async (bytes: Buffer) => {
    const target = archiveTarget(memoryFiles({[path]: bytes}), path)
    const files = await filesOfArtifact(target, product, `v${version}`)
    if (!files) throw new Error('no release there')
    const own = {repository: product, tag: `v${version}`, floating: ['latest']}
    return (await verifyRelease({target, files, own, trusted: {verifier, product, version}})).problems
  }
  expect(await problems(archive)).toEqual([])
  const layer = [...untar(archive)].find(e => e.data[0] === 0x1f)
  if (!layer) throw new Error('no layer')
  const flipped = Buffer.from(archive)
  const at = layer.data.byteOffset - archive.byteOffset + 5
  flipped[at] = (flipped[at] ?? 0) ^ 1
  expect((await problems(flipped)).map(p => p.message).join('\n')).toContain(layer.path.slice(-64))
})

test('replaces no file but an archive of the same release, unless told to', async () => {
  const from = layoutTarget(published, '/from')
  const content = await readContent(from, {product, version, floating: true})
  const over = async (there: Buffer, replaces = false) => {
    const files = memoryFiles({[path]: there})
    const result = await writeArchive(content, from, path, files, silentProgress, replaces).catch(String)
    return {result, now: files.tree.get(path)}
  }
  for (const other of [Buffer.from('my thesis'), archive.subarray(0, archive.length - 5000)]) {
    const kept = await over(other)
    expect(kept.result).toContain('X006')
    expect(kept.now?.equals(other)).toBe(true)
  }
  const forced = await over(Buffer.from('my thesis'), true)
  expect(forced.now?.equals(archive)).toBe(true)

  const unsigned = memoryFiles()
  const later = new Set(content.groups.flatMap(g => g.parts.flatMap(p => p.manifest.artifactType ?? [])))
  const bare = await readContent(from, {product, version, floating: true, without: later})
  await writeArchive(bare, from, path, unsigned, silentProgress)
  const earlier = unsigned.tree.get(path) ?? Buffer.alloc(0)
  expect(earlier.equals(archive)).toBe(false)
  expect((await over(earlier)).now?.equals(archive)).toBe(true)
})

test('is only read, and told from other files', async () => {
  const target = archiveTarget(memoryFiles({[path]: archive}), path)
  const root = await target.repository(product).resolve(`v${version}`)
  if (!root) throw new Error('no release')
  await expect(target.repository(product).tag('other', root)).rejects.toThrow(/O007/)
  expect(await archiveTarget(memoryFiles(), path).repository(product).resolve('v1')).toBeUndefined()
  const resolve = (bytes: Buffer) =>
    archiveTarget(memoryFiles({[path]: bytes}), path)
      .repository(product)
      .resolve('v1')
  await expect(resolve(Buffer.alloc(2048))).rejects.toThrow(/O006/)
  await expect(resolve(Buffer.from('text'))).rejects.toThrow(/A011/)
  await expect(resolve(archive.subarray(0, archive.length - 5000))).rejects.toThrow(/A011/)
})

test('what came over the network stays beside a file whose writing was cut off', async () => {
  const server = await startRegistry()
  const connect = (by: Fetch = fetch) =>
    registryTarget({
      host: server.host,
      origin: `http://${server.host}`,
      prefix: 'mirror',
      fetch: by,
      credentials: async () => undefined,
    })
  const from = layoutTarget(published, '/from')
  const content = await readContent(from, {product, version, floating: true})
  await copyContent(await planMirror(content, from, connect()), from, connect(), silentProgress)

  const calm = faultyFiles(memoryFiles(), {failAt: Number.POSITIVE_INFINITY, error: 'kill'})
  await write(connect(), calm)
  const last = calm.calls.findLastIndex(call => call.startsWith('write ')) + 1
  const files = memoryFiles()
  await expect(write(connect(), faultyFiles(files, {failAt: last, error: 'kill'}))).rejects.toThrow(Killed)
  expect(files.tree.has(path)).toBe(false)
  server.requests.length = 0
  await write(connect(), files)
  expect(server.requests.filter(r => r.includes('/blobs/'))).toEqual(
    server.requests.filter(r => r.includes('/mock-device/blobs/')),
  )
  expect([...files.tree.keys()]).toEqual([path])
  expect(files.tree.get(path)?.equals(archive)).toBe(true)

  const removal = calm.calls.findLastIndex(call => call.startsWith('remove ')) + 1
  const left = memoryFiles()
  await expect(write(connect(), faultyFiles(left, {failAt: removal, error: 'kill'}))).rejects.toThrow(Killed)
  expect(left.tree.size).toBeGreaterThan(1)
  expect(await write(connect(), left)).toMatchObject({action: 'done'})
  expect([...left.tree.keys()]).toEqual([path])
  await server.close()
}, 120_000)

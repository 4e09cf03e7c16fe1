import {beforeAll, describe, expect, test} from 'vitest'
import {type Fault, type RegistryServer, startRegistry} from '#testbed/registry/server.ts'
import {buildSmall, smallKernel} from '../build/testing.ts'
import {steppedTarget, steps} from '../cut/testing.ts'
import {faultyFetch, Killed} from '../effects/faulty.ts'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import type {Fetch} from '../lib/effects.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import type {Target} from '../lib/oci/target.ts'
import {registryTarget} from '../lib/registry/registry.ts'
import {publish} from '../publish/publish.ts'
import {yankType} from '../publish/released.ts'
import {readStaged} from '../publish/staged.ts'
import {filesOfArtifact, verifyRelease} from '../publish/verify.ts'
import {testSigner, testSource} from '../trust/testing.ts'
import {readContent} from './content.ts'
import {copyContent, planMirror} from './copy.ts'
import {newKernel, oldKernel, product, publishedSmall, version} from './testing.ts'

const {signer, verifier} = testSigner()
const source = () => layoutTarget(published, '/from')
let published: MemoryFiles
beforeAll(async () => {
  published = await publishedSmall('/from', {signer, source: testSource})
})

const contentOf = (from: Target, floating = true) => readContent(from, {product, version, floating})
async function mirror(from: Target, to: Target, floating = true) {
  const tasks = await planMirror(await contentOf(from, floating), from, to)
  await copyContent(tasks, from, to, silentProgress)
  return tasks
}
const openIn = async (from: Target, to: Target) =>
  (await planMirror(await contentOf(from), from, to)).filter(
    t => t.missing + t.tags.length + t.floating.length > 0,
  )

async function problems(target: Target, floating = true) {
  const files = await filesOfArtifact(target, product, `v${version}`)
  if (!files) throw new Error('no release there')
  const own = {repository: product, tag: `v${version}`, floating: ['latest']}
  const trusted = {verifier, product, version}
  return (await verifyRelease({target, files, own, trusted, floating})).problems
}

const layoutOf = (files: MemoryFiles, dir: string) =>
  Object.fromEntries(
    [...files.tree]
      .filter(([path]) => path.startsWith(`${dir}/`))
      .map(([path, data]) => [path.slice(dir.length), data.toString('base64')])
      .sort(),
  )

const registry = ({host}: RegistryServer, prefix = 'mirror', fetch: Fetch = globalThis.fetch) =>
  registryTarget({
    host,
    origin: `http://${host}`,
    prefix,
    fetch,
    credentials: async () => undefined,
    retry: {first: 0, most: 1, sleep: async () => {}},
  })
const holds = ({repositories}: RegistryServer) =>
  [...repositories]
    .map(([name, {blobs, manifests, tags}]) => [name, [...blobs.keys(), ...manifests.keys(), ...tags].sort()])
    .sort()

describe('a copy of a release', () => {
  test('is the same bytes with all that hangs on it, verifies, and is made once', async () => {
    const files = memoryFiles()
    const to = layoutTarget(files, '/to')
    const tasks = await mirror(source(), to)
    expect(tasks.map(t => t.id)).toEqual([
      expect.stringContaining(`:${oldKernel}`),
      expect.stringContaining(`:${newKernel}`),
      'chart:mock-device',
      'manifests:mock-device-manifests',
      'release',
    ])
    expect(layoutOf(files, '/to')).toEqual(layoutOf(published, '/from'))
    expect(await problems(to)).toEqual([])
    const before = layoutOf(files, '/to')
    expect(await openIn(source(), to)).toEqual([])
    await mirror(source(), to)
    expect(layoutOf(files, '/to')).toEqual(before)
  })

  test('may leave floating tags alone', async () => {
    const files = memoryFiles()
    const to = layoutTarget(files, '/to')
    await mirror(source(), to, false)
    expect(await to.repository(product).tags()).toEqual([`v${version}`])
    expect(await problems(to, false)).toEqual([])
  })

  test.each([true, false])(
    'in a registry (referrers API: %s), and on to another',
    async referrers => {
      const [first, second] = [await startRegistry({referrers}), await startRegistry({referrers: !referrers})]
      const to = registry(first)
      await mirror(source(), to)
      expect(await problems(to)).toEqual([])
      await mirror(registry(first), registry(second))
      expect(await problems(registry(second))).toEqual([])
      const files = memoryFiles()
      await mirror(registry(second), layoutTarget(files, '/from'))
      expect(layoutOf(files, '/from')).toEqual(layoutOf(published, '/from'))

      first.requests.length = 0
      expect(await openIn(source(), registry(first))).toEqual([])
      await mirror(source(), registry(first))
      expect(first.requests.filter(r => !/^(?:GET|HEAD) /.test(r))).toEqual([])
      await Promise.all([first.close(), second.close()])
    },
    120_000,
  )

  test('within one registry mounts every blob and sends none', async () => {
    const server = await startRegistry({referrers: true})
    await mirror(source(), registry(server, 'one'))
    server.requests.length = 0
    await mirror(registry(server, 'one'), registry(server, 'two'))
    expect(server.requests.filter(r => /^(?:PUT|PATCH) .*\/uploads\//.test(r))).toEqual([])
    expect(await problems(registry(server, 'two'))).toEqual([])
    await server.close()
  }, 120_000)

  test('counts what it would send once, and sends nothing by looking', async () => {
    const server = await startRegistry({referrers: true})
    const tasks = await planMirror(await contentOf(source()), source(), registry(server))
    const digests = new Map(
      tasks.flatMap(t => t.group.parts.flatMap(p => p.blobs)).map(b => [b.digest, b.size]),
    )
    const manifests = tasks.flatMap(t => t.group.parts).reduce((sum, p) => sum + p.bytes.length, 0)
    const blobs = [...digests.values()].reduce((sum, size) => sum + size, 0)
    expect(tasks.reduce((sum, t) => sum + t.bytes, 0)).toBe(blobs + manifests)
    expect(server.requests.filter(r => !/^(?:GET|HEAD) /.test(r))).toEqual([])
    await server.close()
  })
})

describe('refused', () => {
  test('a release that is not there', async () => {
    const nowhere = layoutTarget(memoryFiles(), '/none')
    await expect(contentOf(nowhere)).rejects.toThrow(/X001/)
  })

  test('a source that lacks a part, or whose tag stands for something else', async () => {
    const files = memoryFiles(Object.fromEntries(published.tree))
    const path = '/from/charts/mock-device/index.json'
    const index = JSON.parse(String(files.tree.get(path)))
    const tagged = index.manifests.find((m: {annotations?: object}) => JSON.stringify(m).includes('ref.name'))
    files.tree.delete(`/from/charts/mock-device/blobs/sha256/${tagged.digest.slice(7)}`)
    await expect(contentOf(layoutTarget(files, '/from'))).rejects.toThrow()
    const moved = index.manifests.filter((m: object) => m !== tagged)
    files.tree.set(path, Buffer.from(JSON.stringify({...index, manifests: moved})))
    await expect(contentOf(layoutTarget(files, '/from'))).rejects.toThrow(/X002.*absent/)
  })

  test('a source that lacks the image of a later kernel, which an addendum names', async () => {
    const files = memoryFiles(Object.fromEntries(published.tree))
    const path = '/from/mock-accel-module/index.json'
    const index = JSON.parse(String(files.tree.get(path)))
    const kept = index.manifests.filter((m: object) => !JSON.stringify(m).includes('6.12.3_deb13'))
    expect(kept.length).toBeLessThan(index.manifests.length)
    files.tree.set(path, Buffer.from(JSON.stringify({...index, manifests: kept})))
    await expect(contentOf(layoutTarget(files, '/from'))).rejects.toThrow(/X002.*6\.12\.3.*absent/)
  })

  test('a destination with another release of this version, before anything is sent', async () => {
    const files = memoryFiles()
    const to = layoutTarget(files, '/to')
    const other = memoryFiles()
    await buildSmall(other, {kernels: [smallKernel(oldKernel)], epoch: 1})
    await publish(await readStaged('/dist', other), to, silentProgress)
    const before = layoutOf(files, '/to')
    await expect(mirror(source(), to)).rejects.toThrow(/X003/)
    expect(layoutOf(files, '/to')).toEqual(before)
  })
})

test('a withdrawn release is copied with its mark, and no floating tag goes to it', async () => {
  const files = memoryFiles(Object.fromEntries(published.tree))
  const from = layoutTarget(files, '/from')
  for (const {repository: name, root} of (await contentOf(from)).groups)
    await pushPacked(from.repository(name), packArtifact({artifactType: yankType, layers: [], subject: root}))
  const to = layoutTarget(files, '/to')
  await mirror(from, to)
  expect(await to.repository(product).tags()).toEqual([`v${version}`])
})

describe('cut off at any call to the destination, the next run finishes it', () => {
  test.each(['before', 'after'] as const)(
    '%s it',
    async when => {
      const calm = memoryFiles()
      const count = steps()
      await mirror(source(), steppedTarget(layoutTarget(calm, '/to'), count))
      const expected = layoutOf(calm, '/to')
      // Looks change nothing: only where something is written can two states differ.
      const points = count.calls.flatMap((call, i) => (call.startsWith('PUT') ? [i + 1] : []))
      expect(points.length).toBeGreaterThan(80)
      for (const at of points) {
        const files = memoryFiles()
        const to = layoutTarget(files, '/to')
        await expect(mirror(source(), steppedTarget(to, steps(at, when)))).rejects.toThrow(Killed)
        const tagged = async (name: string, tag: string) =>
          (await to.repository(name).resolve(tag)) !== undefined
        const order = [
          await tagged(product, 'latest'),
          await tagged(product, `v${version}`),
          await tagged('charts/mock-device', version),
          await tagged('mock-accel-module', 'v0.2.0-6.12.2_deb13-amd64'),
        ]
        expect(order).toEqual(order.toSorted())
        await mirror(source(), layoutTarget(files, '/to'))
        expect(layoutOf(files, '/to'), `${when} call ${at}: ${count.calls[at - 1]}`).toEqual(expected)
      }
    },
    120_000,
  )

  test('a registry without the referrers API, at every request that writes', async () => {
    const calm = await startRegistry()
    await mirror(source(), registry(calm))
    const expected = holds(calm)
    const points = calm.requests.flatMap((r, i) => (/^(?:PUT|POST|PATCH) /.test(r) ? [i + 1] : []))
    await calm.close()
    // Each twentieth one: which request comes when is chance, and the folder above has had them all.
    for (const at of points.filter((_, i) => i % 20 === 0)) {
      const server = await startRegistry()
      const dying = faultyFetch(fetch, n => (n === at ? 'kill' : undefined))
      await expect(mirror(source(), registry(server, 'mirror', dying))).rejects.toThrow(Killed)
      await mirror(source(), registry(server))
      expect(holds(server), `request ${at}`).toEqual(expected)
      await server.close()
    }
  }, 120_000)

  // A release without signatures has few requests; the kinds take turns over them.
  const kinds: (Fault | 'kill')[] = [
    'kill',
    'cut-before',
    'lose-uploads',
    {status: 429, headers: {'retry-after': '1.88ms'}},
    'wrong-digest',
    'cut-after',
    {status: 500},
    'cut-amid',
    {status: 502},
  ]
  test('a registry with any fault', async () => {
    const built = memoryFiles()
    await buildSmall(built, {kernels: [smallKernel(oldKernel)]})
    const from = layoutTarget(built, '/from')
    await publish(await readStaged('/dist', built), from, silentProgress)
    const calm = await startRegistry()
    await mirror(from, registry(calm))
    const expected = holds(calm)
    await calm.close()
    expect(calm.requests.length).toBeGreaterThan(100)
    // Every second one, for the time's sake: looks and writes alternate by chance.
    for (const [at, request] of calm.requests.entries()) {
      if (at % 2 === 1) continue
      const kind = kinds[at % kinds.length]
      const fault = kind === 'kill' ? undefined : kind
      const server = await startRegistry({fault: ({number}) => (number === at + 1 ? fault : undefined)})
      const dying = faultyFetch(fetch, n => (kind === 'kill' && n === at + 1 ? 'kill' : undefined))
      await mirror(from, registry(server, 'mirror', dying)).catch(() => {})
      await mirror(from, registry(server))
      expect(holds(server), `${JSON.stringify(kind)} at ${at + 1}: ${request}`).toEqual(expected)
      await server.close()
    }
  }, 240_000)
})

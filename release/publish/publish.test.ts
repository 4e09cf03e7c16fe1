import {beforeAll, describe, expect, test} from 'vitest'
import type {Fault} from '#testbed/registry/server.ts'
import {buildSmall, smallKernel} from '../build/testing.ts'
import {faultyFetch, Killed} from '../effects/faulty.ts'
import {memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import {planPublish, publish} from './publish.ts'
import {yankType} from './released.ts'
import {readStaged, type Staged} from './staged.ts'
import {releaseStatus} from './status.ts'
import {contents, expectWhole, targetOf, withRegistry} from './testing.ts'

const files = memoryFiles()
let staged: Staged
beforeAll(async () => {
  await buildSmall(files, {kernels: [smallKernel('6.12.2+deb13-amd64')]})
  staged = await readStaged('/dist', files)
})

test('a second run looks and sends nothing', async () => {
  await withRegistry(async server => {
    const first = await publish(staged, targetOf(server), silentProgress)
    expect(new Set(first.map(a => a.action))).toEqual(new Set(['push']))
    const before = contents(server)
    server.requests.length = 0
    const second = await publish(staged, targetOf(server), silentProgress)
    expect(new Set(second.map(a => a.action))).toEqual(new Set(['done']))
    expect(server.requests.filter(r => !/^(?:HEAD|GET) /.test(r))).toEqual([])
    expect(contents(server)).toEqual(before)
  })
})

test('version tags come stage by stage, floating tags after all of them', async () => {
  await withRegistry(async server => {
    await publish(staged, targetOf(server), silentProgress)
    const tags = server.requests.flatMap(
      r => /^PUT \/v2\/(.+)\/manifests\/(?!sha256:)(.+)$/.exec(r)?.slice(1, 3).join(':') ?? [],
    )
    const at = (tag: string) => tags.findIndex(t => t.includes(tag))
    expect(at('mock-accel-module:v0.2.0')).toBeGreaterThanOrEqual(0)
    expect(at('mock-accel-module:v0.2.0')).toBeLessThan(at('charts/mock-device:0.2.0'))
    expect(at('charts/mock-device:0.2.0')).toBeLessThan(at('mock-device-manifests:v0.2.0'))
    expect(at('mock-device-manifests:v0.2.0')).toBeLessThan(at('acme/mock-device:v0.2.0'))
    expect(at('acme/mock-device:v0.2.0')).toBeLessThan(at('mock-accel-module:latest-line'))
  })
})

test('all version tags that stand for something else are told at once, and nothing is sent', async () => {
  const others = memoryFiles()
  await buildSmall(others, {kernels: [smallKernel('6.12.2+deb13-amd64')], epoch: 1})
  const other = await readStaged('/dist', others)
  await withRegistry(async server => {
    await publish(other, targetOf(server), silentProgress)
    const before = contents(server)
    const error = await publish(staged, targetOf(server), silentProgress).catch((e: unknown) => e)
    const codes = (error as {diagnostics: {code: string; message: string}[]}).diagnostics
    expect(codes.map(d => d.code)).toEqual(Array(codes.length).fill('P020'))
    expect(codes).toHaveLength(4)
    expect(contents(server)).toEqual(before)
  })
})

test('a floating tag moves, and is told to', async () => {
  const others = memoryFiles()
  await buildSmall(others, {kernels: [smallKernel('6.12.1+deb13-amd64')]})
  const older = await readStaged('/dist', others)
  await withRegistry(async server => {
    const target = targetOf(server)
    const image = older.artifacts.find(a => a.artifact.recipe.kind === 'kmod-image')
    await publish({...older, artifacts: image ? [image] : []}, target, silentProgress)
    const actions = await planPublish(staged, targetOf(server))
    expect(actions.filter(a => a.action === 'move').map(a => a.tag)).toEqual(['latest-line'])
    await publish(staged, targetOf(server), silentProgress)
    expect((await releaseStatus(staged, targetOf(server))).map(s => s.state)).not.toContain('other')
  })
})

test('a floating tag never goes back, whatever the order of runs, unless what it stands for is withdrawn', async () => {
  const others = memoryFiles()
  await buildSmall(others, {kernels: [smallKernel('6.12.10+deb13-amd64')]})
  const newer = await readStaged('/dist', others)
  await withRegistry(async server => {
    const target = targetOf(server)
    const image = newer.artifacts.find(a => a.artifact.recipe.kind === 'kmod-image')
    await publish({...newer, artifacts: image ? [image] : []}, target, silentProgress)
    const actions = await publish(staged, target, silentProgress)
    expect(actions.filter(a => a.action === 'kept').map(a => a.tag)).toEqual(['latest-line'])
    const repository = target.repository('mock-accel-module')
    expect((await repository.resolve('latest-line'))?.digest).toBe(image?.root.digest)
    const subject = image?.root
    if (subject) await pushPacked(repository, packArtifact({artifactType: yankType, layers: [], subject}))
    await publish(staged, target, silentProgress)
    expect((await repository.resolve('latest-line'))?.digest).not.toBe(image?.root.digest)
  })
})

test('an overlay build is refused', async () => {
  await withRegistry(async server => {
    const overlay = {...staged, plan: {...staged.plan, lock: 'overlay' as const}}
    await expect(publish(overlay, targetOf(server), silentProgress)).rejects.toThrow('P021')
    expect(server.requests).toEqual([])
  })
})

test('an incomplete build is refused, naming what it lacks', async () => {
  await withRegistry(async server => {
    const leftOut = [{id: 'x', title: 'a program for arm64', because: 'npm says 404'}]
    const lacking = {...staged, plan: {...staged.plan, leftOut}}
    const refused = publish(lacking, targetOf(server), silentProgress)
    await expect(refused).rejects.toThrow('P023: this release lacks a program for arm64; npm says 404')
    expect(server.requests).toEqual([])
  })
})

describe('with a fault at every request', () => {
  let expected: ReturnType<typeof contents>
  let total = 0
  beforeAll(async () => {
    await withRegistry(async server => {
      await publish(staged, targetOf(server), silentProgress)
      expected = contents(server)
      total = server.requests.length
    })
  })

  test('killed at any request, the next run finishes the release', async () => {
    expect(total).toBeGreaterThan(40)
    for (let at = 1; at <= total; at++)
      await withRegistry(async server => {
        const killed = faultyFetch(globalThis.fetch, k => (k === at ? 'kill' : undefined))
        await expect(publish(staged, targetOf(server, killed), silentProgress)).rejects.toThrow(Killed)
        expectWhole(server)
        await publish(staged, targetOf(server), silentProgress)
        expect(contents(server), `killed at request ${at}: ${killed.calls[at - 1]}`).toEqual(expected)
      })
  }, 240_000)

  // The kinds of one family are met by one code path each, so they take turns over the requests.
  const faults: [string, Fault[]][] = [
    ['429, 500 or 502', [{status: 429, headers: {'retry-after': '1.88ms'}}, {status: 500}, {status: 502}]],
    ['a cut before the request, after it, or amid the answer', ['cut-before', 'cut-after', 'cut-amid']],
    ['all upload sessions lost', ['lose-uploads']],
    ['a wrong digest', ['wrong-digest']],
  ]
  test.each(faults)(
    '%s: it is got over, or the next run finishes the release',
    async (_name, kinds) => {
      for (let at = 1; at <= total; at++)
        await withRegistry(
          async server => {
            await publish(staged, targetOf(server), silentProgress).catch(() => {})
            expectWhole(server)
            await publish(staged, targetOf(server), silentProgress)
            expect(contents(server), `request ${at}`).toEqual(expected)
          },
          request => (request.number === at ? kinds[at % kinds.length] : undefined),
        )
    },
    240_000,
  )
})

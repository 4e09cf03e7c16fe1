import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {faultyFiles} from '../../effects/faulty.ts'
import {realFiles} from '../../effects/files.ts'
import {type MemoryFiles, memoryFiles} from '../../effects/memory-files.ts'
import {collect} from '../bytes.ts'
import {digestOf} from '../digest.ts'
import {gunzip} from '../gzip.ts'
import {untar} from '../untar.ts'
import {copyTree, pushPacked} from './copy.ts'
import {blobOf, mediaTypes} from './descriptor.ts'
import {packImage, packLayer} from './image.ts'
import {layoutTarget} from './layout.ts'
import {type Packed, packArtifact, packIndex} from './manifest.ts'
import {foreignFiles, verifyTree} from './verify.ts'

const mtime = 1_767_225_600
async function sample() {
  const base = await packLayer([{type: 'file', path: 'bin/sh', mode: 0o755, data: Buffer.from('#!shell')}], {
    mtime,
  })
  const made = ['amd64', 'arm64'].map(async architecture =>
    packImage({
      platform: {os: 'linux', architecture},
      created: mtime,
      layers: [
        base,
        await packLayer([{type: 'file', path: 'arch', data: Buffer.from(architecture)}], {mtime}),
      ],
      config: {labels: {b: '2', a: '1'}, env: {PATH: '/bin'}, entrypoint: ['/bin/sh']},
      annotations: {'org.opencontainers.image.version': '0.2.0'},
    }),
  )
  const images = await Promise.all(made)
  const index = packIndex({manifests: images})
  const sbom = packArtifact({
    artifactType: 'application/spdx+json',
    layers: [blobOf('{"sbom":1}', 'application/spdx+json')],
    subject: index.descriptor,
    annotations: {z: '1', a: '2'},
  })
  return {index, sbom, images}
}

/** Hex digests of an index and of all below it. */
function belowIndex(index: Packed): Set<string> {
  const all = [index, ...index.manifests, ...[index, ...index.manifests].flatMap(m => m.blobs)]
  return new Set(all.map(one => one.descriptor.digest.slice(7)))
}

async function publish(files: MemoryFiles | ReturnType<typeof faultyFiles>): Promise<void> {
  const {index, sbom} = await sample()
  const repository = layoutTarget(files, '/oci').repository('module')
  await pushPacked(repository, index)
  await pushPacked(repository, sbom)
  await repository.tag('v0.2.0', index.descriptor)
  await repository.tag('latest', index.descriptor, {floating: true})
}

describe('images', () => {
  it('have the same bytes in every build, and their configs list the tars inside', async () => {
    const [one, two] = [await sample(), await sample()]
    expect(one.index.bytes).toEqual(two.index.bytes)
    const image = one.images[0]
    const [config, base] = image?.blobs ?? []
    const read = JSON.parse((await collect(config?.source.open() ?? [])).toString())
    expect(read).toMatchObject({architecture: 'amd64', os: 'linux', created: '2026-01-01T00:00:00Z'})
    expect(read.config).toEqual({Env: ['PATH=/bin'], Entrypoint: ['/bin/sh'], Labels: {a: '1', b: '2'}})
    const archive = gunzip(await collect(base?.source.open() ?? []))
    expect(read.rootfs.diff_ids[0]).toBe(digestOf(archive))
    expect([...untar(archive)].map(e => [e.path, e.mode])).toEqual([['bin/sh', 0o755]])
    expect(
      JSON.parse(one.index.bytes.toString()).manifests.map((m: {platform: unknown}) => m.platform),
    ).toEqual([
      {architecture: 'amd64', os: 'linux'},
      {architecture: 'arm64', os: 'linux'},
    ])
  })
})

describe('layout', () => {
  it('holds what was pushed, with tags and referrers, and nothing else', async () => {
    const files = memoryFiles()
    await publish(files)
    const repository = layoutTarget(files, '/oci').repository('module')
    const {index, sbom} = await sample()
    expect(await repository.tags()).toEqual(['latest', 'v0.2.0'])
    expect(await repository.resolve('v0.2.0')).toMatchObject({digest: index.descriptor.digest})
    expect(await repository.resolve('v0.3.0')).toBeUndefined()
    expect(await repository.referrers(index.descriptor.digest)).toEqual([
      {
        mediaType: mediaTypes.manifest,
        digest: sbom.descriptor.digest,
        size: sbom.descriptor.size,
        artifactType: 'application/spdx+json',
        annotations: {a: '2', z: '1'},
      },
    ])
    const state = await verifyTree(repository, 'v0.2.0')
    await verifyTree(repository, sbom.descriptor.digest, state)
    expect(state.problems).toEqual([])
    await files.write('/oci/module/blobs/sha256/stray', Buffer.from('x'))
    expect(await foreignFiles(files, '/oci/module', state.good)).toEqual(['blobs/sha256/stray'])
  })

  it('stays in its folder, whatever name a release gives its parts', () => {
    for (const name of ['../outside', 'a/../../b', '/etc', ''])
      expect(() => layoutTarget(memoryFiles(), '/oci').repository(name), name).toThrow(/R009/)
  })

  it('does nothing the second time', async () => {
    const files = memoryFiles()
    await publish(files)
    const again = faultyFiles(files, {failAt: Number.POSITIVE_INFINITY, error: 'EIO'})
    await publish(again)
    expect(again.calls.filter(c => /^(write|link|rename|remove)/.test(c))).toEqual([])
  })

  it('does not move a version, does move what floats', async () => {
    const files = memoryFiles()
    await publish(files)
    const repository = layoutTarget(files, '/oci').repository('module')
    const other = (await sample()).images[0]?.descriptor
    if (!other) throw new Error('no image')
    await expect(repository.tag('v0.2.0', other)).rejects.toThrow(/O010.*v0\.2\.0/)
    expect(await repository.tag('latest', other, {floating: true})).toBe('moved')
    expect(await repository.tag('latest', other, {floating: true})).toBe('present')
    await expect(repository.tag('.bad', other)).rejects.toThrow(/O011/)
  })

  it('refuses a manifest before its parts, and wrong bytes', async () => {
    const repository = layoutTarget(memoryFiles(), '/oci').repository('module')
    const {index, images} = await sample()
    await expect(repository.pushManifest(index)).rejects.toThrow(/O004/)
    const blob = images[0]?.blobs[0]
    if (!blob) throw new Error('no blob')
    const lying = {descriptor: blob.descriptor, source: blobOf('other', 'x').source}
    await expect(repository.pushBlob(lying)).rejects.toThrow(/O021/)
    expect(await repository.hasBlob(blob.descriptor)).toBe(false)
  })

  it('writes a blob anew whose size is right and whose bytes are not, and links no such one', async () => {
    const whole = memoryFiles()
    await publish(whole)
    const {index} = await sample()
    for (const [path, bytes] of whole.tree) {
      if (!path.includes('/blobs/')) continue
      const files = memoryFiles(Object.fromEntries(whole.tree))
      await files.write(path, Buffer.from(bytes.map(b => b ^ 1)))
      const repository = layoutTarget(files, '/oci').repository('module')
      expect(await repository.holds(index.descriptor)).toBe(!belowIndex(index).has(path.slice(-64)))
      await publish(files)
      expect([...files.tree].sort(), path).toEqual([...whole.tree].sort())
    }
    const files = memoryFiles(Object.fromEntries(whole.tree))
    const target = layoutTarget(files, '/oci')
    const blob = index.manifests[0]?.blobs[0]
    if (!blob) throw new Error('no blob')
    await target.repository('module').pushBlob(blob)
    await files.write(
      `/oci/module/blobs/sha256/${blob.descriptor.digest.slice(7)}`,
      Buffer.alloc(blob.descriptor.size),
    )
    const other = layoutTarget(files, '/oci')
    expect(await other.repository('module').hasBlob(blob.descriptor)).toBe(false)
    expect(await other.repository('copy').pushBlob(blob)).toBe('pushed')
  })

  it('loses no tag of two that write it at once', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'layout-'))
    const {index} = await sample()
    const writer = async (who: string) => {
      const repository = layoutTarget(realFiles({durable: false}), dir).repository('module')
      await pushPacked(repository, index)
      for (let i = 0; i < 20; i++) await repository.tag(`${who}${i}`, index.descriptor)
    }
    await Promise.all(['a', 'b', 'c'].map(writer))
    expect(await layoutTarget(realFiles(), dir).repository('module').tags()).toHaveLength(60)
    expect(readdirSync(join(dir, 'module')).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    rmSync(dir, {recursive: true})
  })

  it('finds every damaged and every missing blob', async () => {
    const whole = memoryFiles()
    await publish(whole)
    const blobs = [...whole.tree.keys()].filter(p => p.includes('/blobs/'))
    expect(blobs.length).toBeGreaterThan(7)
    const {sbom} = await sample()
    for (const path of blobs)
      for (const harm of ['flip', 'cut', 'remove']) {
        const files = memoryFiles(Object.fromEntries(whole.tree))
        const bytes = whole.tree.get(path) ?? Buffer.alloc(0)
        if (harm === 'remove') await files.remove(path)
        else if (harm === 'cut') await files.write(path, bytes.subarray(1))
        else await files.write(path, Buffer.from(bytes.map((b, i) => (i === bytes.length - 1 ? b ^ 1 : b))))
        const repository = layoutTarget(files, '/oci').repository('module')
        const state = await verifyTree(repository, 'v0.2.0')
        await verifyTree(repository, sbom.descriptor.digest, state)
        expect(state.problems.length, `${harm} ${path}`).toBeGreaterThan(0)
      }
  })

  it.each(['ENOSPC', 'EIO', 'EROFS', 'kill'] as const)(
    'is the same after %s at any call and a second run',
    async error => {
      const calm = memoryFiles()
      const counted = faultyFiles(calm, {failAt: Number.POSITIVE_INFINITY, error})
      await publish(counted)
      for (let failAt = 1; failAt <= counted.calls.length; failAt++) {
        const files = memoryFiles()
        await publish(faultyFiles(files, {failAt, error})).catch(() => {})
        await publish(files)
        expect([...files.tree].sort(), `call ${failAt}`).toEqual([...calm.tree].sort())
      }
    },
  )

  it('copies trees between layouts and shares blobs of siblings', async () => {
    const files = memoryFiles()
    await publish(files)
    const counted = faultyFiles(files, {failAt: Number.POSITIVE_INFINITY, error: 'EIO'})
    const from = layoutTarget(files, '/oci').repository('module')
    const to = layoutTarget(counted, '/copy')
    const descriptor = await copyTree(from, 'v0.2.0', to.repository('a/module'))
    await copyTree(from, 'v0.2.0', to.repository('b'))
    expect(descriptor).toMatchObject((await from.resolve('v0.2.0')) ?? {})
    expect(counted.calls.filter(c => c.startsWith('link')).length).toBeGreaterThan(3)
    for (const name of ['a/module', 'b'])
      expect((await verifyTree(to.repository(name), descriptor.digest)).problems).toEqual([])
  })
})

import {afterEach, describe, expect, it} from 'vitest'
import {
  type Fault,
  type RegistryRequest,
  type RegistryServerOptions,
  startRegistry,
} from '#testbed/registry/server.ts'
import {faultyFetch, Killed} from '../../effects/faulty.ts'
import {collect} from '../bytes.ts'
import {digestOf} from '../digest.ts'
import type {Fetch} from '../effects.ts'
import {copyTree, pushPacked} from '../oci/copy.ts'
import {type Blob, blobOf, mediaTypes} from '../oci/descriptor.ts'
import {packArtifact, packIndex, packManifest} from '../oci/manifest.ts'
import {verifyTree} from '../oci/verify.ts'
import type {Credential} from './docker-config.ts'
import {fallbackTag} from './referrers.ts'
import {registryTarget} from './registry.ts'

const open: {close(): Promise<void>}[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})
async function serve(options: RegistryServerOptions = {}) {
  const server = await startRegistry(options)
  open.push(server)
  return server
}
const quick = {first: 1, most: 2, sleep: async () => {}, random: () => 0}
function connect(host: string, more: {fetch?: Fetch; credential?: Credential; attempts?: number} = {}) {
  return registryTarget({
    host,
    origin: `http://${host}`,
    prefix: 'acme',
    fetch: more.fetch ?? fetch,
    credentials: async () => more.credential,
    retry: {...quick, attempts: more.attempts ?? 7},
  })
}

/** Larger than a chunk, so that retries go in chunks. */
const large = blobOf(Buffer.alloc((16 << 20) + 12_345, 'mock'), mediaTypes.layer)
function sample(layer: Blob = blobOf('a layer', mediaTypes.layer)) {
  const images = ['one', 'two'].map(text =>
    packManifest({
      config: blobOf(`{"image":"${text}"}`, mediaTypes.config),
      layers: [layer, blobOf(text, mediaTypes.layer)],
    }),
  )
  const index = packIndex({manifests: images})
  const sbom = packArtifact({
    artifactType: 'application/spdx+json',
    layers: [blobOf('{"sbom":1}', 'application/spdx+json')],
    subject: index.descriptor,
    annotations: {about: 'sbom'},
  })
  return {index, sbom}
}
async function publish(target: ReturnType<typeof connect>, layer?: Blob) {
  const {index, sbom} = sample(layer)
  const repository = target.repository('module')
  await pushPacked(repository, index)
  await pushPacked(repository, sbom)
  await repository.tag('v0.2.0', index.descriptor)
  await repository.tag('latest', index.descriptor, {floating: true})
  return {repository, index, sbom}
}
/** Everything a registry holds, to be compared. */
function contents(server: Awaited<ReturnType<typeof serve>>) {
  return [...server.repositories].map(([name, {blobs, manifests, tags}]) => ({
    name,
    blobs: [...blobs.keys()].sort(),
    manifests: [...manifests.keys()].sort(),
    tags: [...tags].sort(),
  }))
}

describe('registry', () => {
  it.each([true, false])('takes and gives back a release (referrers API: %s)', async referrers => {
    const server = await serve({referrers})
    const {repository, index, sbom} = await publish(connect(server.host))
    expect(repository.name).toBe(`${server.host}/acme/module`)
    expect(await repository.resolve('v0.2.0')).toMatchObject({digest: index.descriptor.digest})
    expect(await repository.resolve('v9')).toBeUndefined()
    expect(await connect(server.host).repository('other').tags()).toEqual([])
    const expected = {
      digest: sbom.descriptor.digest,
      artifactType: 'application/spdx+json',
      annotations: {about: 'sbom'},
    }
    expect(await repository.referrers(index.descriptor.digest)).toMatchObject([expected])
    const tags = await repository.tags()
    expect(tags).toEqual(['latest', ...(referrers ? [] : [fallbackTag(index.descriptor.digest)]), 'v0.2.0'])
    const state = await verifyTree(repository, 'v0.2.0')
    expect(state.problems).toEqual([])
    expect(state.good.size).toBe(8)
  })

  it('sends nothing the second time', async () => {
    const server = await serve({referrers: true})
    await publish(connect(server.host))
    const before = contents(server)
    server.requests.length = 0
    await publish(connect(server.host))
    const sent = server.requests.filter(r => !/^(GET|HEAD)/.test(r))
    // A referrer is sent again: only so one learns whether the registry lists it.
    expect(sent).toEqual([`PUT /v2/acme/module/manifests/${sample().sbom.descriptor.digest}`])
    expect(contents(server)).toEqual(before)
  })

  it('mounts blobs that a sibling has, and sends the same blob once', async () => {
    const server = await serve()
    const target = connect(server.host)
    const blob = blobOf('shared', mediaTypes.layer)
    const [a, b] = [target.repository('a'), target.repository('b')]
    const how = await Promise.all([a.pushBlob(blob), a.pushBlob(blob), b.pushBlob(blob)])
    expect(how).toEqual(['pushed', 'present', 'linked'])
    expect(server.requests.filter(r => r.startsWith('PUT'))).toHaveLength(1)
  })

  it('does not move a version', async () => {
    const server = await serve()
    const {repository, index} = await publish(connect(server.host))
    const other = index.manifests[0]?.descriptor
    if (!other) throw new Error('no image')
    await expect(repository.tag('v0.2.0', other)).rejects.toThrow(/O010/)
    expect(await repository.tag('latest', other, {floating: true})).toBe('moved')
    expect(await connect(server.host).repository('module').tag('latest', other)).toBe('present')
  })

  it('copies between registries', async () => {
    const [from, to] = [await serve(), await serve()]
    const {repository} = await publish(connect(from.host))
    const copy = connect(to.host).repository('copy')
    const {digest} = await copyTree(repository, 'v0.2.0', copy)
    expect((await verifyTree(copy, digest)).problems).toEqual([])
  })

  it('keeps referrers that others listed under the fallback tag', async () => {
    const server = await serve()
    const {repository, index} = await publish(connect(server.host))
    const signature = packArtifact({artifactType: 'example/signature', layers: [], subject: index.descriptor})
    await pushPacked(connect(server.host).repository('module'), signature)
    const types = (await repository.referrers(index.descriptor.digest)).map(d => d.artifactType)
    expect(types.sort()).toEqual(['application/spdx+json', 'example/signature'])
  })
})

describe('authorization', () => {
  const auth = {username: 'ann', password: 'pass:word'}
  const credential = {username: 'ann', password: 'pass:word'}
  it('answers Basic and Bearer challenges', async () => {
    for (const scheme of ['basic', 'bearer'] as const) {
      const server = await serve({auth: {...auth, scheme}, referrers: true})
      const {repository} = await publish(connect(server.host, {credential}))
      expect((await verifyTree(repository, 'v0.2.0')).problems).toEqual([])
    }
  })

  it('exchanges an identity token', async () => {
    const server = await serve({auth: {...auth, scheme: 'bearer', identityToken: 'refresh'}})
    await publish(connect(server.host, {credential: {identityToken: 'refresh'}}))
    expect(server.requests).toContain('POST /token')
  })

  it('says what to do when there are none, or wrong ones', async () => {
    for (const scheme of ['basic', 'bearer'] as const) {
      const server = await serve({auth: {...auth, scheme}})
      await expect(publish(connect(server.host))).rejects.toThrow(/R003.*none are known/)
      const wrong = connect(server.host, {credential: {username: 'ann', password: 'no'}})
      await expect(publish(wrong)).rejects.toThrow(/R003.*refuses/)
      expect(server.requests.length).toBeLessThan(16)
    }
  })

  it('tries again when the token endpoint denies for a while', async () => {
    let denials = 3
    const server = await serve({
      auth: {...auth, scheme: 'bearer'},
      fault: ({path}) =>
        path === '/token' && denials-- > 0
          ? {status: 403, body: '{"errors":[{"code":"DENIED"}]}'}
          : undefined,
    })
    await publish(connect(server.host, {credential}))
  })

  it('renews a token that the registry no longer takes', async () => {
    let expired = false
    const server = await serve({
      auth: {...auth, scheme: 'bearer'},
      fault: ({method, path}) => {
        if (method !== 'PUT' || !path.includes('/manifests/') || expired) return undefined
        expired = true
        return {status: 401, headers: {'www-authenticate': `Bearer realm="http://${server.host}/token"`}}
      },
    })
    await publish(connect(server.host, {credential}))
  })

  it('does not follow a redirect with the credentials', async () => {
    const seen: (string | undefined)[] = []
    const content = blobOf('elsewhere', mediaTypes.layer)
    const other = await serve()
    await connect(other.host).repository('x').pushBlob(content)
    const server = await serve({
      auth: {...auth, scheme: 'basic'},
      fault: ({path}) =>
        path.includes('/blobs/') && seen.length > 0
          ? {
              status: 307,
              headers: {location: `http://${other.host}/v2/acme/x/blobs/${content.descriptor.digest}`},
            }
          : undefined,
    })
    const watching: Fetch = (url, init) => {
      const header = new Headers(init?.headers).get('authorization') ?? undefined
      seen.push(`${new URL(url).host === server.host ? 'registry' : 'other'} ${header ? 'known' : 'nobody'}`)
      return fetch(url, init)
    }
    const repository = connect(server.host, {credential, fetch: watching}).repository('x')
    await repository.tags()
    const source = repository.readBlob(content.descriptor)
    expect((await collect(source.open())).toString()).toBe('elsewhere')
    expect(seen.at(-1)).toBe('other nobody')
    expect(seen.filter(s => s === 'registry known').length).toBeGreaterThan(0)
  })
})

describe('a registry out of order', () => {
  /** A fault at every request of an undisturbed run, one run for each. */
  async function atEveryRequest(fault: Fault, layer?: Blob) {
    const calm = await serve()
    await publish(connect(calm.host), layer)
    const expected = contents(calm)
    for (let k = 1; k <= calm.requests.length; k++) {
      const server = await serve({fault: ({number}) => (number === k ? fault : undefined)})
      await publish(connect(server.host), layer)
      expect(contents(server), `${JSON.stringify(fault)} at ${k}: ${calm.requests[k - 1]}`).toEqual(expected)
      await server.close()
    }
  }

  it.each<[string, Fault]>([
    ['429 with an odd Retry-After', {status: 429, headers: {'retry-after': '1.88ms'}}],
    ['500', {status: 500}],
    ['502 with a page', {status: 502, body: '<html>'}],
    ['a cut before', 'cut-before'],
    ['a cut after', 'cut-after'],
    ['lost sessions', 'lose-uploads'],
  ])('is outlasted: %s at any request', async (_, fault) => {
    await atEveryRequest(fault)
  })

  it.each<Fault>(['cut-before', 'cut-after', 'lose-uploads', {status: 502}])(
    'is outlasted in chunks: %j',
    async fault => {
      const digest = large.descriptor.digest
      for (const at of [1, 2, 3, 4]) {
        let uploads = 0
        const calm = ({method, path}: RegistryRequest) =>
          path.includes('/uploads/') && ['PUT', 'PATCH'].includes(method)
        const server = await serve({
          // The first PUT always breaks, so that chunks follow; then the fault hits one of them.
          fault: request =>
            calm(request) ? (++uploads === 1 ? 'cut-before' : uploads === at ? fault : undefined) : undefined,
        })
        expect(await connect(server.host).repository('x').pushBlob(large)).toBe('pushed')
        expect(digestOf(server.repositories.get('acme/x')?.blobs.get(digest) ?? '')).toBe(digest)
        expect(server.requests.some(r => r.startsWith('PATCH'))).toBe(true)
      }
    },
  )

  it('is told apart from one that says no', async () => {
    const denied = await serve({
      fault: ({method}) =>
        method === 'POST' ? {status: 403, body: '{"errors":[{"code":"DENIED"}]}'} : undefined,
    })
    await expect(publish(connect(denied.host))).rejects.toThrow(/R004.*forbidden/)
    expect(denied.requests.filter(r => r.startsWith('POST')).length).toBeLessThan(5)
    const gone = await serve({fault: () => ({status: 503})})
    await expect(publish(connect(gone.host, {attempts: 3}))).rejects.toThrow(/R002.*3 times/)
  })

  it('is given up soon when it has never answered', async () => {
    const silent = faultyFetch(fetch, () => 'refuse')
    await expect(connect('127.0.0.1:1', {fetch: silent}).repository('x').tags()).rejects.toThrow(
      /R001.*3 times/,
    )
    let calls = 0
    const server = await serve()
    const dying = faultyFetch(fetch, () => (++calls > 1 ? 'refuse' : undefined))
    const repository = connect(server.host, {fetch: dying}).repository('x')
    await repository.tags()
    await expect(repository.tags()).rejects.toThrow(/R001.*7 times/)
  })

  it('is given the blobs again that it lost before the manifest', async () => {
    let lost = false
    const server = await serve({
      fault: ({method, path}) => {
        if (method !== 'PUT' || !path.includes('/manifests/') || lost) return undefined
        lost = true
        server.repositories.get('acme/module')?.blobs.clear()
        return undefined
      },
    })
    await publish(connect(server.host))
    expect(server.repositories.get('acme/module')?.manifests.size).toBe(5)
  })

  it('is caught when it answers other bytes, or another digest', async () => {
    let spoil = false
    const server = await serve({fault: () => (spoil ? 'wrong-digest' : undefined)})
    const {repository, index} = await publish(connect(server.host))
    spoil = true
    const blob = index.manifests[0]?.blobs[0]?.descriptor
    if (!blob) throw new Error('no blob')
    await expect(collect(repository.readBlob(blob).open())).rejects.toThrow(/O021/)
    await expect(repository.readManifest(index.descriptor.digest)).rejects.toThrow(/O021/)
    await expect(repository.readManifest('v0.2.0')).rejects.toThrow(/O021/)
    await expect(repository.resolve(index.descriptor.digest)).rejects.toThrow(/O021/)
    await expect(repository.pushBlob(blobOf('new', mediaTypes.layer))).rejects.toThrow(/O021/)
  })

  it('is not blamed for what our own side does', async () => {
    const server = await serve()
    const repository = connect(server.host).repository('x')
    let opened = 0
    const broken = (text: string, error?: Error) => ({
      descriptor: large.descriptor,
      source: {
        size: large.descriptor.size,
        async *open() {
          opened++
          yield Buffer.from(text)
          if (error) throw error
        },
      },
    })
    await expect(repository.pushBlob(broken('', new Killed('gone')))).rejects.toThrow(Killed)
    await expect(repository.pushBlob(broken('too short'))).rejects.toThrow(/O021.*another size/)
    const other = {...blobOf('other', mediaTypes.layer), source: blobOf('wrong', mediaTypes.layer).source}
    await expect(repository.pushBlob(other)).rejects.toThrow(/O021.*other bytes/)
    expect(opened).toBe(2)
    expect(server.repositories.size).toBe(0)
  })

  it('is read on where it broke off', async () => {
    let cuts = 2
    const server = await serve({
      fault: ({method, path}) =>
        method === 'GET' && path.includes('/blobs/') && cuts-- > 0 ? 'cut-amid' : undefined,
    })
    const repository = connect(server.host).repository('x')
    await repository.pushBlob(large)
    expect(digestOf(await collect(repository.readBlob(large.descriptor).open()))).toBe(
      large.descriptor.digest,
    )
  })

  it('finds the same at the end when our side is killed at any request and run again', async () => {
    const calm = await serve()
    await publish(connect(calm.host))
    for (let k = 1; k <= calm.requests.length; k++) {
      const server = await serve()
      const dying = faultyFetch(fetch, n => (n === k ? 'kill' : undefined))
      await expect(publish(connect(server.host, {fetch: dying}))).rejects.toThrow(Killed)
      await publish(connect(server.host))
      expect(contents(server), `request ${k}`).toEqual(contents(calm))
      await server.close()
    }
  })

  it('wants larger chunks than ours and gets them', async () => {
    const minimum = (16 << 20) + 1000
    let first = true
    const server = await serve({
      chunkMinimum: minimum,
      fault: ({method}) => {
        const cut = method === 'PUT' && first
        if (cut) first = false
        return cut ? 'cut-before' : undefined
      },
    })
    await connect(server.host).repository('x').pushBlob(large)
    expect(server.requests.filter(r => r.startsWith('PATCH'))).toHaveLength(2)
  })
})

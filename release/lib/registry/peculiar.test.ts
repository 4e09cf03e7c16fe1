import {afterEach, describe, expect, it} from 'vitest'
import {type RegistryServerOptions, startRegistry} from '#testbed/registry/server.ts'
import {collect} from '../bytes.ts'
import type {Fetch} from '../effects.ts'
import {pushPacked} from '../oci/copy.ts'
import {type Blob, blobOf, mediaTypes} from '../oci/descriptor.ts'
import {packArtifact, packManifest} from '../oci/manifest.ts'
import type {Credential} from './docker-config.ts'
import {fallbackTag} from './referrers.ts'
import {registryTarget} from './registry.ts'

// What single registries do otherwise than the rest, or proxies before them.

const open: {close(): Promise<void>}[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})
async function serve(options: RegistryServerOptions = {}) {
  const server = await startRegistry(options)
  open.push(server)
  return server
}
type More = {fetch?: Fetch; credential?: Credential; concurrency?: number; origin?: string; attempts?: number}
function connect(host: string, more: More = {}) {
  return registryTarget({
    host,
    origin: more.origin ?? `http://${host}`,
    prefix: '',
    fetch: more.fetch ?? fetch,
    credentials: async () => more.credential,
    concurrency: more.concurrency ?? 4,
    retry: {first: 1, most: 2, sleep: async () => {}, random: () => 0, attempts: more.attempts ?? 7},
  })
}

const large = blobOf(Buffer.alloc((16 << 20) + 12_345, 'mock'), mediaTypes.layer)
const small = blobOf('a layer', mediaTypes.layer)
function image(layer: Blob = small) {
  return packManifest({config: blobOf('{"image":1}', mediaTypes.config), layers: [layer]})
}

describe('an upload', () => {
  it('of lost blobs, for a manifest, needs no second place among the requests', async () => {
    let lost = false
    const server = await serve({
      fault: ({method, path}) => {
        if (method !== 'PUT' || !path.includes('/manifests/') || lost) return undefined
        lost = true
        server.repositories.get('x')?.blobs.clear()
        return undefined
      },
    })
    const packed = image()
    await pushPacked(connect(server.host, {concurrency: 1}).repository('x'), packed)
    expect([...(server.repositories.get('x')?.manifests.keys() ?? [])]).toEqual([packed.descriptor.digest])
  })

  it.each([
    ['refused', 405, ''],
    ['refused as invalid', 400, '{"errors":[{"code":"UNSUPPORTED"}]}'],
    ['never where it should be', 416, ''],
    ['unknown', 404, '{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}'],
  ])('goes whole again where chunks are %s', async (_, status, body) => {
    let puts = 0
    const server = await serve({
      fault: ({method, path}) => {
        if (!path.includes('/uploads/')) return undefined
        if (method === 'PATCH') return {status, body}
        return method === 'PUT' && ++puts === 1 ? {status: 500} : undefined
      },
    })
    expect(await connect(server.host).repository('x').pushBlob(large)).toBe('pushed')
    expect(server.requests.filter(r => r.startsWith('PATCH')).length).toBeGreaterThan(0)
  })

  it('ends where a registry takes chunks and never has any of them', async () => {
    const server = await serve({
      fault: ({method, path}) => {
        if (!path.includes('/uploads/')) return undefined
        if (method === 'PUT') return {status: 500}
        return method === 'PATCH' ? {status: 202, headers: {location: path, range: '0-0'}} : undefined
      },
    })
    await expect(connect(server.host, {attempts: 3}).repository('x').pushBlob(large)).rejects.toThrow(
      /3 times/,
    )
  })

  it('to a repository that has to be made first says so', async () => {
    const server = await serve({
      fault: ({method}) =>
        method === 'POST' ? {status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}'} : undefined,
    })
    await expect(connect(server.host).repository('x').pushBlob(small)).rejects.toThrow(/R004.*NAME_UNKNOWN/)
  })

  it('is made where a mount is refused', async () => {
    const server = await serve({
      fault: ({method, query}) =>
        method === 'POST' && query.has('mount')
          ? {status: 403, body: '{"errors":[{"code":"DENIED"}]}'}
          : undefined,
    })
    const target = connect(server.host)
    await target.repository('a').pushBlob(small)
    expect(await target.repository('b').pushBlob(small)).toBe('pushed')
    expect(server.repositories.get('b')?.blobs.has(small.descriptor.digest)).toBe(true)
  })
})

describe('a registry behind a proxy', () => {
  it('that ends TLS is never answered without it', async () => {
    const auth = {scheme: 'basic', username: 'ann', password: 'pw'} as const
    const server = await serve({auth})
    const asked: string[] = []
    // Stands for the proxy: takes https, and the registry behind it believes in http.
    const proxied: Fetch = async (url, init) => {
      const {protocol, pathname, search} = new URL(url)
      asked.push(protocol)
      const answer = await fetch(`http://${server.host}${pathname}${search}`, init)
      const headers = new Headers(answer.headers)
      const location = headers.get('location')
      if (location) headers.set('location', `http://registry.example${location}`)
      const link = headers.get('link')
      if (link) headers.set('link', link.replace('<', '<http://registry.example'))
      return new Response([204, 304].includes(answer.status) ? null : answer.body, {
        status: answer.status,
        headers,
      })
    }
    const repository = connect('registry.example', {
      origin: 'https://registry.example',
      fetch: proxied,
      credential: auth,
    }).repository('x')
    const packed = image()
    await pushPacked(repository, packed)
    for (const tag of ['a', 'b', 'c']) await repository.tag(tag, packed.descriptor)
    expect(await repository.tags()).toEqual(['a', 'b', 'c'])
    expect(new Set(asked)).toEqual(new Set(['https:']))
  })

  it('is asked for bytes as they are', async () => {
    const server = await serve()
    const encodings = new Set<string | null>()
    const watching: Fetch = (url, init) => {
      encodings.add(new Headers(init?.headers).get('accept-encoding'))
      return fetch(url, init)
    }
    const repository = connect(server.host, {fetch: watching}).repository('x')
    await pushPacked(repository, image())
    await collect(repository.readBlob(small.descriptor).open())
    expect(encodings).toEqual(new Set(['identity']))
  })
})

describe('a list', () => {
  const tagged = async (options: RegistryServerOptions) => {
    const server = await serve(options)
    const repository = connect(server.host).repository('x')
    await pushPacked(repository, image())
    for (const tag of ['a', 'b', 'c']) await repository.tag(tag, image().descriptor)
    return {server, repository}
  }

  it('is asked for again when the connection breaks amid', async () => {
    let cuts = 2
    const {repository} = await tagged({
      fault: ({path}) => (path.endsWith('/tags/list') && cuts-- > 0 ? 'cut-amid' : undefined),
    })
    expect(await repository.tags()).toEqual(['a', 'b', 'c'])
  })

  it('that goes on elsewhere is not taken for whole', async () => {
    const {repository} = await tagged({
      fault: ({path}) =>
        path.endsWith('/tags/list')
          ? {
              status: 200,
              headers: {link: '<http://other.example/v2/x/tags/list?last=b>; rel="next"'},
              body: '{"tags":["a","b"]}',
            }
          : undefined,
    })
    await expect(repository.tags()).rejects.toThrow(/R005.*other\.example/)
  })

  it('of referrers that is forbidden is not taken for empty', async () => {
    const {repository} = await tagged({
      fault: ({path}) => (path.includes('/referrers/') ? {status: 403} : undefined),
    })
    await expect(repository.referrers(image().descriptor.digest)).rejects.toThrow(/R004/)
  })

  it('of referrers that others overwrite again and again is an error', async () => {
    const subject = image()
    const server = await serve({
      fault: ({path}) => {
        if (path.endsWith(fallbackTag(subject.descriptor.digest)))
          server.repositories.get('x')?.tags.delete(fallbackTag(subject.descriptor.digest))
        return undefined
      },
    })
    const repository = connect(server.host).repository('x')
    await pushPacked(repository, subject)
    const signature = packArtifact({artifactType: 'a/signature', layers: [], subject: subject.descriptor})
    await expect(pushPacked(repository, signature)).rejects.toThrow(/R010/)
  })
})

describe('a token', () => {
  const auth = {scheme: 'bearer', username: 'ann', password: 'pw'} as const
  it('is asked for again when the connection breaks amid', async () => {
    let cuts = 2
    const server = await serve({auth})
    const cutting: Fetch = async (url, init) => {
      const answer = await fetch(url, init)
      if (!String(url).includes('/token') || cuts-- <= 0) return answer
      await answer.body?.cancel()
      const broken = new ReadableStream({
        pull: c =>
          c.error(new TypeError('terminated', {cause: Object.assign(new Error(), {code: 'UND_ERR_SOCKET'})})),
      })
      return new Response(broken, {status: 200})
    }
    await pushPacked(connect(server.host, {credential: auth, fetch: cutting}).repository('x'), image())
  })
})

it('a blob whose connection breaks after its last byte is whole', async () => {
  const server = await serve()
  const late: Fetch = async (url, init) => {
    const answer = await fetch(url, init)
    if (init?.method !== 'GET') return answer
    if (new Headers(init.headers).has('range')) return new Response('', {status: 416})
    const bytes = Buffer.from(await answer.arrayBuffer())
    const cause = Object.assign(new Error('other side closed'), {code: 'UND_ERR_SOCKET'})
    let sent = false
    const body = new ReadableStream({
      pull: c => {
        if (sent) c.error(new TypeError('terminated', {cause}))
        else c.enqueue(bytes)
        sent = true
      },
    })
    return new Response(body, {status: 200})
  }
  const repository = connect(server.host, {fetch: late}).repository('x')
  await repository.pushBlob(small)
  expect((await collect(repository.readBlob(small.descriptor).open())).toString()).toBe('a layer')
})

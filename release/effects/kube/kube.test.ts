import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {type Kube, KubeError, orNothing} from '../../lib/kube.ts'
import {openKube} from './open.ts'

const nodes = {group: '', version: 'v1', plural: 'nodes'}
const leases = {group: 'coordination.k8s.io', version: 'v1', plural: 'leases'}

let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void
const server = createServer((request, response) => {
  let body = ''
  request.on('data', part => {
    body += part
  })
  request.on('end', () => answer(request, response, body))
})
let folder: string
let kube: Kube

/** A kubeconfig; plain HTTP is only taken where certificates would not be looked at. */
const config = (user: object, context = 'two') =>
  JSON.stringify({
    'current-context': context,
    contexts: [
      {name: 'two', context: {cluster: 'c', user: 'u', namespace: 'here'}},
      {name: 'three', context: {cluster: 'c', user: 'u'}},
    ],
    clusters: [{name: 'c', cluster: {server: url(), 'insecure-skip-tls-verify': true}}],
    users: [{name: 'u', user}],
  })
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
async function opened(user: object, context?: string): Promise<Kube> {
  const kubeconfig = join(folder, 'config')
  await writeFile(kubeconfig, config(user))
  return openKube({kubeconfig, context, env: {}})
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  kube = await opened({token: 'secret'})
})
afterEach(async () => {
  kube.close()
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  await rm(folder, {recursive: true})
})

describe('the client', () => {
  test('lists page by page, and sends what selects', async () => {
    const asked: (string | undefined)[] = []
    answer = (request, response) => {
      asked.push(request.url)
      const more = new URL(request.url ?? '', url()).searchParams.get('continue')
      const page = more
        ? {items: [{metadata: {name: 'b'}}]}
        : {metadata: {continue: 'x y'}, items: [{metadata: {name: 'a'}}]}
      response.end(JSON.stringify(page))
    }
    const found: string[] = []
    for await (const {metadata} of kube.list(nodes, {limit: 1, labelSelector: 'a=b'}))
      found.push(metadata.name)
    expect(found).toEqual(['a', 'b'])
    expect(asked).toEqual([
      '/api/v1/nodes?limit=1&labelSelector=a%3Db',
      '/api/v1/nodes?limit=1&labelSelector=a%3Db&continue=x+y',
    ])
  })

  test('reads the rest of a list that was forgotten meanwhile', async () => {
    answer = (request, response) => {
      const more = new URL(request.url ?? '', url()).searchParams.get('continue')
      if (more === 'old') response.writeHead(410).end('{"reason":"Expired","metadata":{"continue":"new"}}')
      else if (more === 'new') response.end('{"items":[{"metadata":{"name":"b"}}]}')
      else response.end('{"metadata":{"continue":"old"},"items":[{"metadata":{"name":"a"}}]}')
    }
    const found: string[] = []
    for await (const {metadata} of kube.list(nodes)) found.push(metadata.name)
    expect(found).toEqual(['a', 'b'])
  })

  test('does not take a part of a list for all of it', async () => {
    answer = (request, response) => {
      if (request.url?.includes('continue'))
        response.writeHead(410).end('{"reason":"Expired","message":"old"}')
      else response.end('{"metadata":{"continue":"old"},"items":[{"metadata":{"name":"a"}}]}')
    }
    const all = async () => {
      for await (const _ of kube.list(nodes));
    }
    await expect(all()).rejects.toMatchObject({status: 410})
  })

  test('writes in the words of the API', async () => {
    const seen: unknown[] = []
    answer = (request, response, body) => {
      seen.push([
        request.method,
        request.url,
        request.headers['content-type'],
        request.headers.authorization,
        body,
      ])
      response.end('{"metadata":{"name":"x"}}')
    }
    const name = {name: 'x', namespace: 'n'}
    await kube.create(leases, {metadata: name})
    await kube.replace(leases, {metadata: name})
    await kube.patch(leases, name, {type: 'apply', patch: {a: 1}, fieldManager: 'me', force: true})
    await kube.patch(leases, name, {type: 'json', patch: []}, 'status')
    await kube.delete(leases, name, {uid: 'u'})
    const [all, one] = [
      '/apis/coordination.k8s.io/v1/namespaces/n/leases',
      '/apis/coordination.k8s.io/v1/namespaces/n/leases/x',
    ]
    const [json, token] = ['application/json', 'Bearer secret']
    expect(seen).toEqual([
      ['POST', all, json, token, '{"metadata":{"name":"x","namespace":"n"}}'],
      ['PUT', one, json, token, '{"metadata":{"name":"x","namespace":"n"}}'],
      ['PATCH', `${one}?fieldManager=me&force=true`, 'application/apply-patch+yaml', token, '{"a":1}'],
      ['PATCH', `${one}/status?fieldManager=lockstep`, 'application/json-patch+json', token, '[]'],
      ['DELETE', one, json, token, '{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u"}}'],
    ])
  })

  test("hands on the server's reason, and a 404 as nothing where that is asked", async () => {
    answer = (_request, response) => response.writeHead(403).end('{"reason":"Forbidden","message":"no"}')
    await expect(kube.get(nodes, {name: 'a'})).rejects.toMatchObject({status: 403, reason: 'Forbidden'})
    await expect(orNothing(kube.get(nodes, {name: 'a'}))).rejects.toThrow(KubeError)
    answer = (_request, response) => response.writeHead(401).end('{"message":"Unauthorized"}')
    await expect(kube.get(nodes, {name: 'a'})).rejects.toThrow(/^E060: .*does not know/)
    answer = (_request, response) => response.writeHead(404).end('404 page not found')
    expect(await orNothing(kube.get(nodes, {name: 'a'}))).toBeUndefined()
  })

  test('takes a page that comes instead of an object for a refusal', async () => {
    answer = (_request, response) => response.end('<html>please log in</html>')
    const refusal = {name: 'KubeError', message: expect.stringContaining('not JSON')}
    await expect(kube.json('/version')).rejects.toMatchObject(refusal)
    await expect(kube.get(nodes, {name: 'a'})).rejects.toMatchObject(refusal)
    await expect(kube.list(nodes)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal)
  })

  test('is patient with a busy server, and asks again once when a connection breaks', async () => {
    let requests = 0
    answer = (_request, response) => {
      if (++requests === 1) response.writeHead(429, {'retry-after': '0'}).end('{}')
      else if (requests === 2) response.end('"fine"')
      else response.destroy()
    }
    expect(await kube.json('/version')).toBe('fine')
    await expect(kube.json('/version')).rejects.toThrow('E061')
    expect(requests).toBe(4)
    await expect(kube.create(leases, {metadata: {name: 'x'}})).rejects.toThrow('E061')
    expect(requests).toBe(5)
  })
})

describe('a kubeconfig', () => {
  const token = async (one: Kube) => {
    answer = (request, response) => response.end(JSON.stringify(request.headers.authorization ?? ''))
    return one.json('/x')
  }

  test('has contexts, with their namespaces', async () => {
    expect([kube.server, kube.namespace]).toEqual([url(), 'here'])
    expect((await opened({token: 't'}, 'three')).namespace).toBe('default')
    await expect(opened({token: 't'}, 'four')).rejects.toThrow('E060')
  })

  test('may name a program that makes tokens, whose failure is told', async () => {
    const credential = JSON.stringify({kind: 'ExecCredential', status: {token: 'made'}})
    const exec = (script: string) => ({
      exec: {apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script]},
    })
    expect(await token(await opened(exec(`echo '${credential}'`)))).toBe('Bearer made')
    await expect(token(await opened(exec('echo expired session >&2; exit 1')))).rejects.toThrow(
      /^E060: .*expired session/,
    )
  })

  test('may name a file with the token, relative to its own', async () => {
    await writeFile(join(folder, 'token'), 'from-file')
    expect(await token(await opened({tokenFile: 'token'}))).toBe('Bearer from-file')
  })

  test('is found by KUBECONFIG, several files at once, or in the home', async () => {
    const parts = JSON.parse(config({token: 'split'}))
    await writeFile(join(folder, 'one'), JSON.stringify({...parts, users: []}))
    await writeFile(join(folder, 'two'), JSON.stringify({users: parts.users}))
    const found = await openKube({env: {KUBECONFIG: `${join(folder, 'one')}:${join(folder, 'two')}`}})
    expect(await token(found)).toBe('Bearer split')
    const [none, one] = [join(folder, 'none'), join(folder, 'one')]
    // The first that names something counts, also where the same names come again; what is not there is passed over.
    await writeFile(one, JSON.stringify({...parts, 'current-context': undefined, contexts: []}))
    await writeFile(join(folder, 'three'), config({token: 'other'}, 'three'))
    const merged = await openKube({env: {KUBECONFIG: [none, one, join(folder, 'three')].join(':')}})
    expect([await token(merged), merged.namespace]).toEqual(['Bearer split', 'default'])
    await expect(openKube({env: {KUBECONFIG: none}})).rejects.toThrow('E060')
    await expect(openKube({env: {HOME: folder}})).rejects.toThrow('no cluster is named')
    await expect(openKube({kubeconfig: none, env: {}})).rejects.toThrow('E060')
  })

  test('that is broken is refused, and nothing of it is shown', async () => {
    await writeFile(join(folder, 'broken'), 'users:\n- user: {token: [secret}\n')
    const refusal = await openKube({kubeconfig: join(folder, 'broken'), env: {}}).catch(String)
    expect(refusal).toMatch(/E060: .*broken can't be used/)
    expect(refusal).not.toContain('secret')
  })
})

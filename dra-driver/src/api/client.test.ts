import {execFile} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {type ApiClient, apiClient} from './client.ts'
import {fromKubeconfig, inCluster} from './credentials.ts'
import {resources} from './resources.ts'

let answer: (request: IncomingMessage, response: ServerResponse) => void
const server = createServer((request, response) => answer(request, response))
let url: string
let client: ApiClient
beforeEach(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = apiClient({server: url, token: async () => 'secret'})
})
afterEach(async () => {
  client.close()
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

describe('the client', () => {
  test('sends what is to be sent, with the token', async () => {
    answer = async (request, response) => {
      let body = ''
      for await (const part of request) body += part
      const {authorization, 'content-type': type} = request.headers
      response.end(JSON.stringify({method: request.method, url: request.url, authorization, type, body}))
    }
    expect(await client.request('POST', '/x?y=z', {a: 'ü'})).toEqual({
      method: 'POST',
      url: '/x?y=z',
      authorization: 'Bearer secret',
      type: 'application/json',
      body: '{"a":"ü"}',
    })
  })

  test('asks again when the server has just closed a connection that was kept', async () => {
    const used = new WeakSet<object>()
    let cut = 0
    answer = (request, response) => {
      if (used.has(request.socket)) {
        cut++
        request.socket.resetAndDestroy()
        return
      }
      used.add(request.socket)
      response.end('{"ok": true}')
    }
    for (let i = 0; i < 3; i++) expect(await client.request('GET', '/x')).toEqual({ok: true})
    expect(cut).toBe(2)
    // What may have been done already is not done twice.
    await expect(client.request('POST', '/x', {})).rejects.toThrow('ECONNRESET')
  })

  test('asks anew when the server has closed all connections that were kept', async () => {
    const used = new WeakSet<object>()
    let later: (() => void)[] | undefined = []
    answer = (request, response) => {
      if (used.has(request.socket)) return void request.socket.resetAndDestroy()
      used.add(request.socket)
      const end = () => response.end('{"ok": true}')
      if (later) later.push(end)
      else end()
      if (later?.length !== 4) return
      for (const one of later) one()
      later = undefined
    }
    await Promise.all(Array.from({length: 4}, () => client.request('GET', '/x')))
    expect(await client.request('GET', '/x')).toEqual({ok: true})
  })

  test('asks several things at once, and keeps to few connections', async () => {
    const sockets = new Set<object>()
    answer = (request, response) => {
      sockets.add(request.socket)
      setTimeout(() => response.end(JSON.stringify({url: request.url})), 5)
    }
    const paths = Array.from({length: 8}, (_, i) => `/${i}`)
    for (let round = 0; round < 3; round++)
      expect(await Promise.all(paths.map(path => client.request('GET', path)))).toEqual(
        paths.map(url => ({url})),
      )
    expect(sockets.size).toBe(8)
  })

  test('gives up a request, and what is asked after it gets its own answer', async () => {
    answer = (request, response) => {
      if (request.url !== '/slow') response.end('{"quick": true}')
    }
    const gone = new AbortController()
    const slow = client.request('GET', '/slow', undefined, {signal: gone.signal})
    setTimeout(() => gone.abort(), 20)
    await expect(slow).rejects.toThrow('given up')
    expect(await client.request('GET', '/x')).toEqual({quick: true})
  })

  test('keeps no process that is done', async () => {
    answer = (_request, response) => response.end('{"ok": true}')
    server.keepAliveTimeout = 0
    const script = `
      import {apiClient} from ${JSON.stringify(join(import.meta.dirname, 'client.ts'))}
      console.log(await apiClient({server: ${JSON.stringify(url)}}).request('GET', '/x'))`
    const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    expect(stdout).toBe('{ ok: true }\n')
  })

  test('sends nothing that would be another request', async () => {
    await expect(client.request('GET', '/x HTTP/1.1\r\n\r\nDELETE /y')).rejects.toThrow(
      'cannot have the line',
    )
  })

  test('does not show a token that cannot be sent', async () => {
    const odd = apiClient({server: url, token: async () => 'secret\nline'})
    const refusal = odd.request('GET', '/x').catch(error => String(error))
    expect(await refusal).toMatch(/the token/)
    expect(await refusal).not.toMatch(/secret/)
  })

  test("tells the server's reason, and quotes what is not Kubernetes", async () => {
    answer = (_request, response) => {
      response.writeHead(409).end('{"reason": "Conflict", "message": "somebody was faster"}')
    }
    await expect(client.request('PUT', '/x', {})).rejects.toMatchObject({
      status: 409,
      reason: 'Conflict',
      message: 'PUT /x: somebody was faster',
    })
    answer = (_request, response) => response.writeHead(502).end('<html>bad gateway</html>')
    await expect(client.request('GET', '/x')).rejects.toThrow('HTTP 502 <html>')
  })

  test('hands on events one by one, however they are cut', async () => {
    const text = ['ADDED', 'MODIFIED', 'BOOKMARK']
      .map(type => `${JSON.stringify({type, object: 'ü'})}\n`)
      .join('')
    answer = async (_request, response) => {
      for (const byte of Buffer.from(text)) {
        response.write(Buffer.from([byte]))
        await new Promise(setImmediate)
      }
      response.end()
    }
    const types: string[] = []
    await client.watch('/x', event => types.push(`${event.type}${event.object}`))
    expect(types).toEqual(['ADDEDü', 'MODIFIEDü', 'BOOKMARKü'])
  })

  test('gives up a watch that is aborted, cut, or refused', async () => {
    answer = (_request, response) => void response.write('\n')
    const gone = new AbortController()
    const watching = client.watch('/x', () => {}, {signal: gone.signal})
    setTimeout(() => gone.abort(), 20)
    await expect(watching).rejects.toThrow()
    answer = (_request, response) => {
      response.write('{"type": "ADD')
      setTimeout(() => response.destroy(), 20)
    }
    await expect(client.watch('/x', () => {})).rejects.toThrow()
    answer = (_request, response) => response.writeHead(410).end('{"reason":"Expired","message":"too old"}')
    await expect(client.watch('/x', () => {})).rejects.toMatchObject({status: 410})
  })

  test('asks for a watch that ends, in the words of the API', async () => {
    let asked = ''
    answer = (request, response) => {
      asked = request.url ?? ''
      response.end('{"type":"ERROR","object":{"code":410}}\n')
    }
    const api = resources(client, {driver: 'd', node: 'n'})
    await expect(api.watchSlices('7', () => {}, {seconds: 5})).rejects.toMatchObject({status: 410})
    const query = new URL(asked, url).searchParams
    expect(Object.fromEntries(query)).toEqual({
      fieldSelector: 'spec.driver=d,spec.nodeName=n',
      resourceVersion: '7',
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '5',
    })
  })

  test('says which Kubernetes is too old', async () => {
    answer = (_request, response) => response.end('{"versions": [{"version": "v1beta1"}]}')
    const api = resources(client, {driver: 'd', node: 'n'})
    await expect(api.requireApi()).rejects.toThrow('v1beta1')
    answer = (_request, response) => response.writeHead(404).end('404 page not found')
    await expect(api.requireApi()).rejects.toThrow('N012')
    answer = (_request, response) => response.end('{"versions": [{"version": "v1"}, {"version": "v1beta2"}]}')
    await api.requireApi()
  })

  test('takes what is gone for no claim, and everything else for an error', async () => {
    const api = resources(client, {driver: 'd', node: 'n'})
    answer = (_request, response) => response.writeHead(404).end('{"reason":"NotFound","message":"no"}')
    expect(await api.getClaim('default', 'x')).toBeUndefined()
    answer = (_request, response) => response.writeHead(403).end('{"reason":"Forbidden","message":"no"}')
    await expect(api.getClaim('default', 'x')).rejects.toMatchObject({status: 403})
  })
})

describe('credentials', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
  })
  afterEach(() => rmSync(folder, {recursive: true}))

  const config = (cluster: string, user: string) => {
    const file = join(folder, 'config')
    writeFileSync(
      file,
      `current-context: two
contexts:
  - {name: one, context: {cluster: none, user: none}}
  - {name: two, context: {cluster: c, user: u}}
clusters: [{name: c, cluster: {server: "https://api.test:6443/", ${cluster}}}]
users: [{name: u, user: {${user}}}]
`,
    )
    return fromKubeconfig(file)
  }

  test('of a kubeconfig: inline or in files beside it', async () => {
    writeFileSync(join(folder, 'ca.pem'), 'CA')
    writeFileSync(join(folder, 'token'), 'from-file\n')
    const inline = Buffer.from('CERT').toString('base64')
    const found = await config(
      'certificate-authority: ca.pem',
      `client-certificate-data: ${inline}, tokenFile: token`,
    )
    expect(found).toMatchObject({server: 'https://api.test:6443', ca: 'CA', cert: 'CERT'})
    expect(await found.token?.()).toBe('from-file')
    expect(await (await config('insecure-skip-tls-verify: true', 'token: t')).token?.()).toBe('t')
  })

  test('that need another program, or are not there, are refused', async () => {
    await expect(config('insecure-skip-tls-verify: true', 'exec: {command: aws}')).rejects.toThrow('N011')
    await expect(config('certificate-authority: missing.pem', '')).rejects.toThrow('N011')
    await expect(fromKubeconfig(join(folder, 'nothing'))).rejects.toThrow('N011')
    const broken = await config('insecure-skip-tls-verify: true', 'token: [secret').catch(String)
    expect(broken).toContain('N011')
    expect(broken).not.toContain('secret')
  })

  test('of a pod', async () => {
    for (const [name, text] of Object.entries({'ca.crt': 'CA', token: 'pod-token'}))
      writeFileSync(join(folder, name), text)
    const env = {KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443'}
    const found = await inCluster(env, folder)
    expect([found.server, found.ca, await found.token?.()]).toEqual([
      'https://[fd00::1]:443',
      'CA',
      'pod-token',
    ])
    await expect(inCluster({}, folder)).rejects.toThrow('N010')
  })
})

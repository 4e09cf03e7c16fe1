import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:https'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {TLSSocket} from 'node:tls'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {type ApiClient, apiClient} from './client.ts'
import {fromKubeconfig, inCluster} from './credentials.ts'
import {certificate, type Issued} from './test-certificates.ts'

const authority = certificate('authority')
const stranger = certificate('authority')

let folder: string
const servers: Server[] = []
const clients: ApiClient[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tls-'))
})
afterEach(async () => {
  vi.useRealTimers()
  for (const client of clients.splice(0)) client.close()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  rmSync(folder, {recursive: true})
})

/** Answers who asked, as it sees it: by certificate and by token. Wants a certificate of `clientsOf`, where given. */
async function serve(host: string, clientsOf?: Issued): Promise<number> {
  const {cert, key} = certificate('server', authority, [host])
  const options = clientsOf ? {ca: clientsOf.cert, requestCert: true, rejectUnauthorized: true} : {}
  const server = createServer({cert, key, ...options}, ({socket, headers}, response) => {
    const name = (socket as TLSSocket).getPeerCertificate().subject?.CN
    response.end(JSON.stringify({name, token: headers.authorization}))
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** What a server answers to the user of a kubeconfig; `cluster` and `user` are its mappings. */
async function ask(port: number, cluster: object, user: object = {}): Promise<unknown> {
  const config = {
    'current-context': 'x',
    contexts: [{name: 'x', context: {cluster: 'c', user: 'u'}}],
    clusters: [{name: 'c', cluster: {server: `https://127.0.0.1:${port}`, ...cluster}}],
    users: [{name: 'u', user}],
  }
  writeFileSync(join(folder, 'config'), JSON.stringify(config))
  const client = apiClient(await fromKubeconfig(join(folder, 'config')))
  clients.push(client)
  return client.request('GET', '/x')
}
const data = (pem: string) => Buffer.from(pem).toString('base64')
const trusting = ({cert}: Issued) => ({'certificate-authority-data': data(cert)})
const signedIn = ({cert, key}: Issued) => ({
  'client-certificate-data': data(cert),
  'client-key-data': data(key),
})

describe('a server', () => {
  test('is asked when its certificate is of the authority that the kubeconfig names, and for its address', async () => {
    const port = await serve('127.0.0.1')
    expect(await ask(port, trusting(authority))).toEqual({})
    await expect(ask(port, trusting(stranger))).rejects.toThrow(/signature|certificate/)
    await expect(ask(port, {})).rejects.toThrow(/certificate/)
    expect(await ask(port, {'insecure-skip-tls-verify': true})).toEqual({})
  })

  test('has the name that the kubeconfig gives it, not the one by which it is reached', async () => {
    const port = await serve('api.test')
    await expect(ask(port, trusting(authority))).rejects.toThrow('127.0.0.1')
    expect(await ask(port, {...trusting(authority), 'tls-server-name': 'api.test'})).toEqual({})
    const other = ask(port, {...trusting(authority), 'tls-server-name': 'other.test'})
    await expect(other).rejects.toThrow('other.test')
  })

  test('that speaks no TLS gets nothing, least of all a token', async () => {
    const {createServer: plain} = await import('node:net')
    let heard = ''
    const server = plain(socket => {
      socket.on('error', () => {})
      socket.on('data', bytes => {
        heard += bytes
        socket.end('HTTP/1.1 200 OK\r\n\r\n')
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const {port} = server.address() as AddressInfo
    await expect(ask(port, trusting(authority), {token: 'secret'})).rejects.toThrow()
    expect(heard).not.toContain('secret')
    await new Promise(resolve => server.close(resolve))
  })
})

describe('the driver', () => {
  test('shows its client certificate, inline or from files', async () => {
    const port = await serve('127.0.0.1', authority)
    const user = certificate('system:node:node1', authority)
    expect(await ask(port, trusting(authority), signedIn(user))).toEqual({name: user.name})
    const files = {ca: authority.cert, cert: user.cert, key: user.key}
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const paths = {'client-certificate': 'cert', 'client-key': 'key'}
    expect(await ask(port, {'certificate-authority': 'ca'}, paths)).toEqual({name: user.name})
    await expect(ask(port, trusting(authority))).rejects.toThrow()
    await expect(ask(port, trusting(authority), signedIn(certificate('x', stranger)))).rejects.toThrow()
  })

  test("follows its pod's token, which kubelet renews in its file", async () => {
    const port = await serve('127.0.0.1')
    writeFileSync(join(folder, 'ca.crt'), authority.cert)
    const renew = (text: string) => writeFileSync(join(folder, 'token'), `${text}\n`)
    renew('first')
    const pod = {KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port)}
    const client = apiClient(await inCluster(pod, folder))
    clients.push(client)
    const token = async () => (await client.request('GET', '/x')) as {token: string}
    vi.useFakeTimers({toFake: ['Date']})
    expect(await token()).toEqual({token: 'Bearer first'})
    renew('second')
    // The first one is good for a while: kubelet renews long before the end.
    expect(await token()).toEqual({token: 'Bearer first'})
    vi.setSystemTime(Date.now() + 61_000)
    expect(await token()).toEqual({token: 'Bearer second'})
  })
})

/** An API server with what the driver asks of one, and nothing else: for tests of the whole program. */
import {writeFileSync} from 'node:fs'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import type {EventObject, ResourceClaim, ResourceSlice} from './kube-types.ts'

export type TestApi = {
  url: string
  slices: Map<string, ResourceSlice>
  events: EventObject[]
  /** Paths that are answered with 503 once each, as by a server that is not ready. */
  unready: Set<string>
  /** Makes a kubeconfig for it. */
  writeKubeconfig(path: string): void
  stop(): Promise<void>
}

/** `getClaim` answers for every claim that is asked for. */
export async function startTestApi(
  getClaim: (namespace: string, name: string) => ResourceClaim | undefined,
): Promise<TestApi> {
  const slices = new Map<string, ResourceSlice>()
  const events: EventObject[] = []
  const unready = new Set<string>()
  let version = 1

  const keep = (slice: ResourceSlice): ResourceSlice => {
    const metadata = {...slice.metadata, uid: `uid-${slice.metadata.name}`, resourceVersion: `${++version}`}
    const kept = {...slice, metadata}
    slices.set(metadata.name, kept)
    return kept
  }
  const answer = (method: string, path: string, body: unknown): unknown => {
    const [, namespace = '', name = ''] = /\/namespaces\/([^/]+)\/resourceclaims\/([^/]+)$/.exec(path) ?? []
    if (name) return getClaim(namespace, name)
    if (path === '/version') return {major: '1', minor: '36'}
    if (path === '/apis/resource.k8s.io') return {versions: [{version: 'v1'}]}
    if (path.endsWith('/events')) return {count: events.push(body as EventObject)}
    const slice = /\/resourceslices(?:\/(.+))?$/.exec(path)
    if (!slice) return undefined
    if (method === 'DELETE') return slices.delete(slice[1] ?? '') ? {} : undefined
    if (method === 'GET') return {metadata: {resourceVersion: `${version}`}, items: [...slices.values()]}
    return keep(body as ResourceSlice)
  }
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    // A watch in which nothing ever happens.
    if (url.searchParams.has('watch')) return void response.writeHead(200).flushHeaders()
    if (unready.delete(url.pathname)) return void response.writeHead(503).end()
    let text = ''
    for await (const part of request) text += part
    const found = answer(request.method ?? '', url.pathname, text && JSON.parse(text))
    response.writeHead(found === undefined ? 404 : 200, {'content-type': 'application/json'})
    response.end(JSON.stringify(found ?? {reason: 'NotFound', message: 'not found'}))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    slices,
    events,
    unready,
    writeKubeconfig(path) {
      const [cluster, user, context] = [{server: url}, {token: 't'}, {cluster: 'c', user: 'u'}]
      const config = {
        'current-context': 'x',
        clusters: [{name: 'c', cluster}],
        users: [{name: 'u', user}],
        contexts: [{name: 'x', context}],
      }
      // JSON is YAML.
      writeFileSync(path, JSON.stringify(config))
    },
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

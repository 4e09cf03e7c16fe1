import {createHash, randomUUID} from 'node:crypto'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

/** What goes wrong with a request that the server got. */
export type Fault =
  | {status: number; headers?: Record<string, string>; body?: string}
  /** The connection ends: before the request is read, after it was carried out, or amid the answer's body. */
  | 'cut-before'
  | 'cut-after'
  | 'cut-amid'
  /** Forgets every upload session first. */
  | 'lose-uploads'
  /** Answers with a digest, or bytes, that are not right. */
  | 'wrong-digest'

export type RegistryRequest = {method: string; path: string; query: URLSearchParams; number: number}

export type RegistryServerOptions = {
  /** Called for every request, in order of arrival. */
  fault?: (request: RegistryRequest) => Fault | undefined
  /** Serves the referrers API and answers OCI-Subject. */
  referrers?: boolean
  /** Wants this name and password, with Basic or through a token endpoint. */
  auth?: {scheme: 'basic' | 'bearer'; username: string; password: string; identityToken?: string}
  /** Value of OCI-Chunk-Min-Length; smaller chunks but the last are refused. */
  chunkMinimum?: number
}

export type RegistryServer = {
  /** `127.0.0.1:PORT` */
  host: string
  /** Every request, as `METHOD /path`. */
  requests: string[]
  repositories: Map<string, StoredRepository>
  close(): Promise<void>
}
export type StoredRepository = {
  blobs: Map<string, Buffer>
  manifests: Map<string, {mediaType: string; bytes: Buffer}>
  tags: Map<string, string>
}

/** A small, honest registry in memory (distribution-spec 1.1), whose honesty ends where a fault is asked for. */
export async function startRegistry(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const state: State = {options, repositories: new Map(), uploads: new Map(), tokens: new Map(), requests: []}
  const server = createServer((request, response) => {
    handle(state, request, response).catch(error => {
      if (!response.headersSent) send(response, 500, {}, String(error))
      else response.destroy()
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const {port} = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    requests: state.requests,
    repositories: state.repositories,
    close: () =>
      new Promise(done => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

type State = {
  options: RegistryServerOptions
  repositories: Map<string, StoredRepository>
  uploads: Map<string, Buffer[]>
  /** Scope by token. */
  tokens: Map<string, string>
  requests: string[]
}
type Exchange = {
  state: State
  request: IncomingMessage
  response: ServerResponse
  url: URL
  fault: Fault | undefined
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
  const method = request.method ?? 'GET'
  state.requests.push(`${method} ${url.pathname}`)
  const number = state.requests.length
  const fault = state.options.fault?.({method, path: url.pathname, query: url.searchParams, number})
  if (fault === 'cut-before') return void request.socket.destroy()
  if (fault === 'lose-uploads') state.uploads.clear()
  if (typeof fault === 'object') {
    request.resume()
    return send(response, fault.status, fault.headers ?? {}, fault.body ?? '')
  }
  if (url.pathname === '/token') return token(state, request, response, url)
  if (!authorized(state, request, url)) return challenge(state, response, url)
  const exchange = {state, request, response, url, fault}
  const [, name = '', kind = '', rest = ''] =
    /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests|tags|referrers)\/?(.*)$/.exec(url.pathname) ?? []
  if (kind === 'blobs/uploads') return upload(exchange, name, rest)
  if (kind === 'blobs') return blob(exchange, name, rest)
  if (kind === 'manifests') return manifest(exchange, name, rest)
  if (kind === 'tags') return tags(exchange, name)
  if (kind === 'referrers') return referrers(exchange, name, rest)
  return url.pathname === '/v2/' ? send(response, 200) : problem(response, 404, 'NAME_UNKNOWN')
}

async function upload(exchange: Exchange, name: string, session: string): Promise<void> {
  const {state, request, response, url} = exchange
  const place = (id: string) => `/v2/${name}/blobs/uploads/${id}?_state=a%3Db`
  const progress = (parts: Buffer[]) => {
    const size = parts.reduce((sum, p) => sum + p.length, 0)
    return {size, range: `0-${Math.max(0, size - 1)}`}
  }
  if (request.method === 'POST') {
    const [mount, from] = [url.searchParams.get('mount'), url.searchParams.get('from')]
    const found = mount && from ? state.repositories.get(from)?.blobs.get(mount) : undefined
    if (mount && found) {
      repositoryOf(state, name).blobs.set(mount, found)
      return answer(exchange, 201, {location: `/v2/${name}/blobs/${mount}`, 'docker-content-digest': mount})
    }
    const id = randomUUID()
    state.uploads.set(id, [])
    const minimum = state.options.chunkMinimum
    return answer(exchange, 202, {
      location: place(id),
      range: '0-0',
      ...(minimum ? {'oci-chunk-min-length': String(minimum)} : {}),
    })
  }
  const parts = state.uploads.get(session)
  if (!parts) {
    request.resume()
    return problem(response, 404, 'BLOB_UPLOAD_UNKNOWN')
  }
  if (request.method === 'GET')
    return answer(exchange, 204, {location: place(session), range: progress(parts).range})
  const body = await bytesOf(request)
  if (request.method === 'PATCH') {
    const start = Number(/^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1] ?? 0)
    if (start !== progress(parts).size)
      return answer(exchange, 416, {location: place(session), range: progress(parts).range})
    parts.push(body)
    return answer(exchange, 202, {location: place(session), range: progress(parts).range})
  }
  const whole = Buffer.concat([...parts, body])
  const digest = url.searchParams.get('digest') ?? ''
  if (digestOf(whole) !== digest) return problem(response, 400, 'DIGEST_INVALID')
  state.uploads.delete(session)
  repositoryOf(state, name).blobs.set(digest, whole)
  return answer(exchange, 201, {location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest})
}

async function blob(exchange: Exchange, name: string, digest: string): Promise<void> {
  const {state, request, response} = exchange
  const bytes = state.repositories.get(name)?.blobs.get(digest)
  if (!bytes) return problem(response, 404, 'BLOB_UNKNOWN')
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const range = start > 0 ? {'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`} : {}
  return answer(
    exchange,
    start > 0 ? 206 : 200,
    {'docker-content-digest': digest, ...range},
    bytes.subarray(start),
  )
}

async function manifest(exchange: Exchange, name: string, reference: string): Promise<void> {
  const {state, request, response} = exchange
  const repository = repositoryOf(state, name)
  if (request.method !== 'PUT') {
    const digest = reference.startsWith('sha256:') ? reference : (repository.tags.get(reference) ?? '')
    const found = repository.manifests.get(digest)
    if (!found) return problem(response, 404, 'MANIFEST_UNKNOWN')
    return answer(
      exchange,
      200,
      {'content-type': found.mediaType, 'docker-content-digest': digest},
      found.bytes,
    )
  }
  const bytes = await bytesOf(request)
  const digest = digestOf(bytes)
  if (reference.startsWith('sha256:') && reference !== digest) return problem(response, 400, 'DIGEST_INVALID')
  const data = JSON.parse(bytes.toString()) as Record<string, {digest: string}[] & {digest: string}>
  const blobs = [...(data.config ? [data.config] : []), ...(data.layers ?? [])]
  if (blobs.some(b => !repository.blobs.has(b.digest))) return problem(response, 404, 'MANIFEST_BLOB_UNKNOWN')
  if ((data.manifests ?? []).some(m => !repository.manifests.has(m.digest)))
    return problem(response, 404, 'MANIFEST_UNKNOWN')
  repository.manifests.set(digest, {mediaType: request.headers['content-type'] ?? '', bytes})
  if (!reference.startsWith('sha256:')) repository.tags.set(reference, digest)
  const subject = state.options.referrers && data.subject ? {'oci-subject': data.subject.digest} : {}
  return answer(exchange, 201, {
    location: `/v2/${name}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...subject,
  })
}

/** Pages of two, so that clients have to follow the links. */
async function tags(exchange: Exchange, name: string): Promise<void> {
  const {state, response, url} = exchange
  const repository = state.repositories.get(name)
  if (!repository) return problem(response, 404, 'NAME_UNKNOWN')
  const all = [...repository.tags.keys()].sort()
  const last = url.searchParams.get('last')
  const page = all.filter(t => last === null || t > last).slice(0, 2)
  const more = page.length > 0 && page.at(-1) !== all.at(-1)
  const link = more ? {link: `</v2/${name}/tags/list?last=${page.at(-1)}>; rel="next"`} : {}
  return answer(exchange, 200, link, Buffer.from(JSON.stringify({name, tags: page})))
}

async function referrers(exchange: Exchange, name: string, subject: string): Promise<void> {
  const {state, response} = exchange
  if (!state.options.referrers) return problem(response, 404, 'NOT_FOUND')
  const manifests = [...(state.repositories.get(name)?.manifests ?? [])].flatMap(
    ([digest, {mediaType, bytes}]) => {
      const data = JSON.parse(bytes.toString()) as {
        subject?: {digest: string}
        artifactType?: string
        config?: {mediaType: string}
        annotations?: unknown
      }
      if (data.subject?.digest !== subject) return []
      const artifactType = data.artifactType ?? data.config?.mediaType
      return [{mediaType, digest, size: bytes.length, artifactType, annotations: data.annotations}]
    },
  )
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  return answer(
    exchange,
    200,
    {'content-type': mediaType},
    Buffer.from(JSON.stringify({schemaVersion: 2, mediaType, manifests})),
  )
}

async function token(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const {auth} = state.options
  const form =
    request.method === 'POST' ? new URLSearchParams((await bytesOf(request)).toString()) : undefined
  const known = form
    ? form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === auth?.identityToken
    : request.headers.authorization === basicHeader(auth)
  if (!known) return problem(response, 401, 'UNAUTHORIZED')
  const scope = form ? (form.get('scope') ?? '') : url.searchParams.getAll('scope').join(' ')
  const value = randomUUID()
  state.tokens.set(value, scope)
  return send(
    response,
    200,
    {'content-type': 'application/json'},
    JSON.stringify({token: value, expires_in: 300}),
  )
}

function authorized({options: {auth}, tokens}: State, request: IncomingMessage, url: URL): boolean {
  if (!auth) return true
  const header = request.headers.authorization ?? ''
  if (auth.scheme === 'basic') return header === basicHeader(auth)
  const scope = tokens.get(header.replace(/^Bearer /, ''))
  if (scope === undefined) return false
  const name = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(url.pathname)?.[1]
  const needed = ['GET', 'HEAD'].includes(request.method ?? '') ? 'pull' : 'push'
  return scope
    .split(' ')
    .some(s => s.startsWith(`repository:${name}:`) && s.split(':').at(-1)?.split(',').includes(needed))
}

function basicHeader(auth: RegistryServerOptions['auth']): string {
  return `Basic ${Buffer.from(`${auth?.username}:${auth?.password}`).toString('base64')}`
}

function challenge({options: {auth}}: State, response: ServerResponse, url: URL): void {
  const header =
    auth?.scheme === 'basic'
      ? 'Basic realm="test"'
      : `Bearer realm="${url.origin}/token",service="test, registry"`
  response.setHeader('www-authenticate', header)
  problem(response, 401, 'UNAUTHORIZED')
}

/** The answer after the work was done, or what a fault makes of it. */
function answer(
  {fault, request, response}: Exchange,
  status: number,
  headers: Record<string, string>,
  body?: Buffer,
): void {
  request.resume()
  if (fault === 'cut-after') return void request.socket.destroy()
  if (fault === 'cut-amid' && body && body.length > 1) {
    response.writeHead(status, {...headers, 'content-length': String(body.length)})
    response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy())
    return
  }
  if (fault !== 'wrong-digest') {
    send(response, status, headers, body)
    return
  }
  const wrong = headers['docker-content-digest'] ? {'docker-content-digest': `sha256:${'0'.repeat(64)}`} : {}
  const spoiled = body && Buffer.from(body)
  if (spoiled?.length) spoiled[0] = (spoiled[0] ?? 0) ^ 1
  send(response, status, {...headers, ...wrong}, spoiled)
}

function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body: Buffer | string = '',
): void {
  const bytes = Buffer.from(body)
  // A 204 has no body and so no length.
  response.writeHead(status, {
    ...headers,
    ...(status === 204 ? {} : {'content-length': String(bytes.length)}),
  })
  response.end(bytes)
}

function problem(response: ServerResponse, status: number, code: string): void {
  send(
    response,
    status,
    {'content-type': 'application/json'},
    JSON.stringify({errors: [{code, message: code.toLowerCase()}]}),
  )
}

function repositoryOf(state: State, name: string): StoredRepository {
  const found = state.repositories.get(name) ?? {blobs: new Map(), manifests: new Map(), tags: new Map()}
  state.repositories.set(name, found)
  return found
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

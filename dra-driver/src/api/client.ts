/**
 * A client of the Kubernetes API that holds little: requests, and watches with a time-out of their own.
 * The common client library costs more memory than all of the driver.
 */
import {Agent as HttpAgent, request as httpRequest, type IncomingMessage} from 'node:http'
import {Agent, request as httpsRequest} from 'node:https'
import type {Credentials} from './credentials.ts'

/** What the server answered instead of the object: `reason` is Kubernetes' own (`NotFound`, `Conflict`…). */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

export type WatchEvent = {type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; object: unknown}

/** The server closed an idle connection at the moment in which it was used again. */
class StaleConnection extends Error {
  override readonly name = 'StaleConnection'
}

export type ApiClient = {
  /** @throws ApiError, or the connection's error */
  request(method: string, path: string, body?: unknown, options?: {signal?: AbortSignal}): Promise<unknown>
  /**
   * Calls `onEvent` for each event until the server ends the watch; resolves then.
   * @throws ApiError, or an error when nothing came for longer than the watch may last
   */
  watch(path: string, onEvent: (event: WatchEvent) => void, options?: WatchOptions): Promise<void>
  close(): void
}

/** Seconds after which the server shall end the watch. */
export type WatchOptions = {signal?: AbortSignal; seconds?: number}

type Exchange = {
  method: string
  path: string
  body?: string | undefined
  signal?: AbortSignal | undefined
  ms: number
}

const requestTimeout = 30_000
/** A whole list of slices of one node is far below this. */
const bodyMax = 64 * 1024 * 1024

export function apiClient(credentials: Credentials, userAgent = 'mock-accel-dra-driver'): ApiClient {
  const {ca, cert, key, insecure, serverName} = credentials
  const secure = credentials.server.startsWith('https:')
  const tls = {
    ...(ca === undefined ? {} : {ca}),
    ...(cert === undefined ? {} : {cert}),
    ...(key === undefined ? {} : {key}),
    ...(insecure ? {rejectUnauthorized: false} : {}),
    ...(serverName === undefined ? {} : {servername: serverName}),
  }
  const agent = secure
    ? new Agent({keepAlive: true, maxSockets: 16, ...tls})
    : new HttpAgent({keepAlive: true})

  const {protocol, hostname, port, pathname} = new URL(credentials.server)
  const start = protocol === 'https:' ? httpsRequest : httpRequest
  const target = {agent, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), ...(port === '' ? {} : {port})}
  const base = pathname.replace(/\/$/, '')

  /** One request, read by `read`; cut off after `ms`, or by the signal. */
  const exchange = async <T>(
    {method, path, body, signal, ms}: Exchange,
    read: (response: IncomingMessage) => Promise<T>,
  ): Promise<T> => {
    const token = await credentials.token?.()
    signal?.throwIfAborted()
    const headers: Record<string, string | number> = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(token ? {authorization: `Bearer ${token}`} : {}),
      ...(body === undefined
        ? {}
        : {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)}),
    }
    const outgoing = start({...target, method, path: base + path, headers})
    const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>()
    outgoing.on('response', resolve)
    outgoing.on('error', error => {
      const stale = outgoing.reusedSocket && 'code' in error && error.code === 'ECONNRESET'
      reject(stale ? new StaleConnection(error.message, {cause: error}) : error)
    })
    // Cheaper than AbortSignal's own time-outs, of which each request would leave one behind for half a minute.
    const late = setTimeout(() => outgoing.destroy(new Error(`no answer within ${ms / 1000} s`)), ms)
    const cut = () => outgoing.destroy(new Error('given up'))
    signal?.addEventListener('abort', cut)
    outgoing.end(body)
    try {
      return await read(await promise)
    } finally {
      clearTimeout(late)
      signal?.removeEventListener('abort', cut)
    }
  }

  return {
    request(method, path, body, {signal} = {}) {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const send = () =>
        exchange({method, path, body: text, signal, ms: requestTimeout}, async response => {
          const answer = await readAll(response)
          const status = response.statusCode ?? 0
          if (status < 200 || status > 299) throw toError(status, answer, `${method} ${path}`)
          return JSON.parse(answer)
        })
      return send().catch(error => {
        if (method === 'GET' && error instanceof StaleConnection) return send()
        throw error
      })
    },

    watch(path, onEvent, {signal, seconds = 240} = {}) {
      const join = path.includes('?') ? '&' : '?'
      const query = `${join}watch=true&allowWatchBookmarks=true&timeoutSeconds=${seconds}`
      // A connection that died without a word: the server ends a watch in time, so silence beyond that is a fault.
      const ms = (seconds + 30) * 1000
      return exchange({method: 'GET', path: path + query, signal, ms}, async response => {
        const status = response.statusCode ?? 0
        if (status !== 200) throw toError(status, await readAll(response), `watch ${path}`)
        for await (const line of lines(response)) onEvent(JSON.parse(line))
      })
    },

    close: () => agent.destroy(),
  }
}

/** By events: an iterator over each small answer costs more than the answer. */
function readAll(response: IncomingMessage): Promise<string> {
  const {promise, resolve, reject} = Promise.withResolvers<string>()
  const parts: Buffer[] = []
  let size = 0
  response.on('data', (part: Buffer) => {
    size += part.length
    if (size > bodyMax) response.destroy(new Error('the API server answered more than 64 MiB'))
    else parts.push(part)
  })
  response.on('error', reject)
  response.on('close', () => reject(new Error('the connection was cut')))
  response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')))
  return promise
}

async function* lines(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8')
  let rest = ''
  for await (const part of response) {
    const all = (rest + part).split('\n')
    rest = all.pop() ?? ''
    if (rest.length > bodyMax) throw new Error('an event of a watch has more than 64 MiB')
    for (const line of all) if (line.trim() !== '') yield line
  }
}

/** The server's Status object says why; anything else (a proxy's page) is quoted. */
function toError(status: number, answer: string, what: string): ApiError {
  try {
    const {reason, message} = JSON.parse(answer) as {reason?: unknown; message?: unknown}
    if (typeof message === 'string') return new ApiError(status, String(reason ?? ''), `${what}: ${message}`)
  } catch {
    // Not JSON: quoted below.
  }
  return new ApiError(status, '', `${what}: HTTP ${status} ${answer.slice(0, 200)}`)
}

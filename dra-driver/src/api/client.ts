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

  const send = async (method: string, path: string, text: string | undefined, signal?: AbortSignal) => {
    const token = await credentials.token?.()
    const headers: Record<string, string | number> = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(token ? {authorization: `Bearer ${token}`} : {}),
      ...(text === undefined
        ? {}
        : {'content-type': 'application/json', 'content-length': Buffer.byteLength(text)}),
    }
    const url = new URL(credentials.server + path)
    const start = secure ? httpsRequest : httpRequest
    return new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = start(url, {agent, method, headers, ...(signal ? {signal} : {})}, resolve)
      outgoing.on('error', reject)
      outgoing.end(text)
    })
  }

  return {
    async request(method, path, body, {signal} = {}) {
      const limit = AbortSignal.timeout(requestTimeout)
      const both = signal ? AbortSignal.any([signal, limit]) : limit
      const text = body === undefined ? undefined : JSON.stringify(body)
      const response = await send(method, path, text, both)
      const answer = await readAll(response)
      const status = response.statusCode ?? 0
      if (status < 200 || status > 299) throw toError(status, answer, `${method} ${path}`)
      return JSON.parse(answer)
    },

    async watch(path, onEvent, {signal, seconds = 240} = {}) {
      // A connection that died without a word: the server ends a watch in time, so silence beyond that is a fault.
      const silent = AbortSignal.timeout((seconds + 30) * 1000)
      const both = signal ? AbortSignal.any([signal, silent]) : silent
      const join = path.includes('?') ? '&' : '?'
      const query = `${join}watch=true&allowWatchBookmarks=true&timeoutSeconds=${seconds}`
      const response = await send('GET', path + query, undefined, both)
      const status = response.statusCode ?? 0
      if (status !== 200) throw toError(status, await readAll(response), `watch ${path}`)
      for await (const line of lines(response)) onEvent(JSON.parse(line))
    },

    close: () => agent.destroy(),
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response) {
    size += part.length
    if (size > bodyMax) throw new Error('the API server answered more than 64 MiB')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
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

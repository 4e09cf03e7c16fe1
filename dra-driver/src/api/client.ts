/**
 * A client of the Kubernetes API that holds little: requests, and watches with a time-out of their own.
 * The common client library costs more memory than all of the driver.
 */
import {StringDecoder} from 'node:string_decoder'
import {connections, StaleConnection} from './connections.ts'
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
  const {protocol, hostname, port, host, pathname} = new URL(credentials.server)
  const isSecure = protocol === 'https:'
  const tls = {
    ...(ca === undefined ? {} : {ca}),
    ...(cert === undefined ? {} : {cert}),
    ...(key === undefined ? {} : {key}),
    ...(insecure ? {rejectUnauthorized: false} : {}),
    ...(serverName === undefined ? {} : {servername: serverName}),
  }
  const server = connections({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || (isSecure ? 443 : 80)),
    ...(isSecure ? {tls} : {}),
  })
  const base = pathname.replace(/\/$/, '')

  const compose = async (method: string, path: string, body?: unknown): Promise<string> => {
    const token = await credentials.token?.()
    const text = body === undefined ? '' : JSON.stringify(body)
    const lines = [
      `${method} ${base}${path} HTTP/1.1`,
      `Host: ${host}`,
      'Accept: application/json',
      `User-Agent: ${userAgent}`,
      ...(token ? [`Authorization: Bearer ${token}`] : []),
      ...(text ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`] : []),
    ]
    const bad = lines.find(line => /[^\x20-\x7e]/.test(line))
    // A token is never shown, also not one that a line end came with.
    if (bad?.startsWith('Authorization:')) throw new Error('the token has characters that no token has')
    if (bad) throw new Error(`a request cannot have the line ${JSON.stringify(bad)}`)
    return `${lines.join('\r\n')}\r\n\r\n${text}`
  }

  return {
    async request(method, path, body, {signal} = {}) {
      const request = await compose(method, path, body)
      signal?.throwIfAborted()
      const send = async (fresh: boolean) => {
        const answer = collector()
        const {add: onBody} = answer
        const status = await server.exchange({request, onBody, signal, ms: requestTimeout, fresh})
        if (status < 200 || status > 299) throw toError(status, answer.text(), `${method} ${path}`)
        return JSON.parse(answer.text())
      }
      return send(false).catch(error => {
        // A server that restarted has closed all of them.
        if (method === 'GET' && error instanceof StaleConnection) return send(true)
        throw error
      })
    },

    async watch(path, onEvent, {signal, seconds = 240} = {}) {
      const join = path.includes('?') ? '&' : '?'
      const query = `${join}watch=true&allowWatchBookmarks=true&timeoutSeconds=${seconds}`
      const request = await compose('GET', path + query)
      signal?.throwIfAborted()
      // A connection that died without a word: the server ends a watch in time, so silence beyond that is a fault.
      const ms = (seconds + 30) * 1000
      const lines = lineReader(line => onEvent(JSON.parse(line)))
      const refusal = collector()
      const onBody = (bytes: Buffer, code: number) => (code === 200 ? lines : refusal).add(bytes)
      const status = await server.exchange({request, onBody, signal, ms})
      if (status !== 200) throw toError(status, refusal.text(), `watch ${path}`)
    },

    close: () => server.close(),
  }
}

function collector() {
  const parts: Buffer[] = []
  let size = 0
  return {
    add(part: Buffer): void {
      size += part.length
      if (size > bodyMax) throw new Error('the API server answered more than 64 MiB')
      parts.push(part)
    },
    text: (): string => Buffer.concat(parts).toString('utf8'),
  }
}

/** Hands on each whole line that is not empty. */
function lineReader(onLine: (line: string) => void) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    add(part: Buffer): void {
      const all = (rest + decoder.write(part)).split('\n')
      rest = all.pop() ?? ''
      if (rest.length > bodyMax) throw new Error('an event of a watch has more than 64 MiB')
      for (const line of all) if (line.trim() !== '') onLine(line)
    },
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

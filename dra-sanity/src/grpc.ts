import {Client, credentials, Metadata, type ServiceError, status} from '@grpc/grpc-js'
import type {Method} from '#lib/protobuf/service.ts'

/** What a call came to. `code` is gRPC's number, `name` its name, for example `DEADLINE_EXCEEDED`. */
export type Answer<T> =
  | {ok: true; value: T; ms: number}
  | {ok: false; code: number; name: string; details: string; ms: number}

export type CallOptions = {
  /** Milliseconds until the caller gives up, as kubelet does. */
  timeout: number
  /** Gives up at once. */
  signal?: AbortSignal
}

/** A stream of messages from the server, in order, until it ends or is closed. */
export type Stream<T> = {
  /** The next message; undefined when none came within `timeout` milliseconds or the stream has ended. */
  next(timeout: number): Promise<T | undefined>
  /** How it ended; undefined while it is open. */
  ended(): {code: number; name: string; details: string} | undefined
  close(): void
}

/** One connection to a Unix socket, of its own: closing it is what the other side sees. */
export type Connection = {
  /** Resolves when it stands, or after so many milliseconds. */
  ready(timeout: number): Promise<void>
  call<Q, R>(method: Method<Q, R>, request: Q, options: CallOptions): Promise<Answer<R>>
  stream<Q, R>(method: Method<Q, R>, request: Q): Stream<R>
  close(): void
}

/**
 * Connects to a socket the way kubelet does (`unix:` and its path, which makes the authority `localhost`), or
 * with an `:authority` of another kubelet.
 */
export function connect(path: string, options: {authority?: string} = {}): Connection {
  const client = new Client(`unix:${path}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 500,
    // A proxy of the environment is not meant for sockets.
    'grpc.enable_http_proxy': 0,
    ...(options.authority === undefined ? {} : {'grpc.default_authority': options.authority}),
  })
  return {
    ready: timeout => new Promise(resolve => client.waitForReady(Date.now() + timeout, () => resolve())),
    call: (method, request, call) => unary(client, method, request, call),
    stream: (method, request) => serverStream(client, method, request),
    close: () => client.close(),
  }
}

const nameOf = (code: number): string => status[code] ?? `code ${code}`

function unary<Q, R>(
  client: Client,
  method: Method<Q, R>,
  request: Q,
  options: CallOptions,
): Promise<Answer<R>> {
  const started = performance.now()
  return new Promise(resolve => {
    const done = (error: ServiceError | null, value?: R) => {
      const ms = performance.now() - started
      if (!error && value !== undefined) return resolve({ok: true, value, ms})
      const code = error?.code ?? status.INTERNAL
      resolve({ok: false, code, name: nameOf(code), details: error?.details ?? 'no answer', ms})
    }
    const call = client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      new Metadata(),
      {deadline: Date.now() + options.timeout},
      done,
    )
    if (options.signal?.aborted) call.cancel()
    options.signal?.addEventListener('abort', () => call.cancel(), {once: true})
  })
}

function serverStream<Q, R>(client: Client, method: Method<Q, R>, request: Q): Stream<R> {
  const call = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    new Metadata(),
  )
  const queue: R[] = []
  let end: {code: number; name: string; details: string} | undefined
  let wake = () => {}
  const finish = (code: number, details: string) => {
    end ??= {code, name: nameOf(code), details}
    wake()
  }
  call.on('data', (value: R) => {
    queue.push(value)
    wake()
  })
  call.on('error', (error: ServiceError) => finish(error.code, error.details))
  call.on('end', () => finish(status.OK, ''))
  return {
    async next(timeout) {
      if (queue.length === 0 && !end)
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, timeout)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      return queue.shift()
    },
    ended: () => end,
    close: () => call.cancel(),
  }
}

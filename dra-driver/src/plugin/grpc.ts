/** gRPC servers on Unix sockets. */
import {mkdirSync, renameSync, rmSync} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import {fail} from '#lib/diagnostics.ts'
import {type Log, reason} from '../log.ts'

export type Service = {definition: ServiceDefinition; handlers: UntypedServiceImplementation}

export type SocketServer = {
  path: string
  /** Takes no more calls, lets those under way end, and removes the socket. */
  stop(graceMs: number): Promise<void>
}

/**
 * Serves on `path`, which nothing else may have.
 *
 * Bound under another name first, which kubelet passes over since it begins with a dot: the socket has its own name
 * only once somebody answers there. kubelet dials at once, and other starts of the driver remove what does not answer.
 * @throws DiagnosticError exit 3: N021 the socket can't be made
 */
export async function serveOn(path: string, services: readonly Service[]): Promise<SocketServer> {
  const server = new Server()
  for (const {definition, handlers} of services) server.addService(definition, handlers)
  try {
    mkdirSync(dirname(path), {recursive: true, mode: 0o750})
    const hidden = hiddenName(path)
    await bind(server, hidden)
    renameSync(hidden, path)
  } catch (cause) {
    server.forceShutdown()
    const hint = 'is the folder mounted, and writable?'
    fail({code: 'N021', message: `${path}: ${reason(cause)}`, hint}, 3, {cause})
  }
  return {
    path,
    async stop(graceMs) {
      // Closing the server removes the name that was bound, which is not this one.
      rmSync(path, {force: true})
      const {promise, resolve} = Promise.withResolvers<void>()
      const late = setTimeout(() => {
        server.forceShutdown()
        resolve()
      }, graceMs)
      server.tryShutdown(() => resolve())
      await promise
      clearTimeout(late)
    },
  }
}

/** What a socket is called while it is being made; no longer than its own name, whose length was looked at. */
export function hiddenName(path: string): string {
  return join(dirname(path), `.${basename(path, '.sock')}`)
}

async function bind(server: Server, path: string): Promise<void> {
  const {promise, resolve, reject} = Promise.withResolvers<void>()
  server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), error => {
    if (error) reject(error)
    else resolve()
  })
  await promise
}

const over = new Error('the caller has gone')

/** A handler that answers once: what `work` throws becomes the call's status. */
export function unary<Request, Response>(
  log: Log,
  work: (request: Request, signal: AbortSignal) => Promise<Response> | Response,
) {
  return async (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => {
    const gone = new AbortController()
    // Emitted at the end of every call; without a reason each would make an exception with its stack.
    call.on('cancelled', () => gone.abort(over))
    try {
      answer(null, await work(call.request, gone.signal))
    } catch (error) {
      log('error', 'a call failed', {error: reason(error)})
      answer({code: status.INTERNAL, details: reason(error)})
    }
  }
}

/** gRPC servers on Unix sockets. */
import {randomBytes} from 'node:crypto'
import {lstatSync, mkdirSync, renameSync, rmSync} from 'node:fs'
import {dirname, join} from 'node:path'
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
 * Serves on `path`. A socket that is there already is a dead instance's, and is replaced.
 *
 * Bound under another name first: whoever bound a name removes it when it closes (libuv), even if the name is a
 * successor's by then. kubelet passes over names that begin with a dot, and hears of the renamed one.
 * @throws DiagnosticError exit 3: N021 the socket can't be made
 */
export async function serveOn(path: string, services: readonly Service[]): Promise<SocketServer> {
  const server = new Server()
  for (const {definition, handlers} of services) server.addService(definition, handlers)
  const cannot = (cause: unknown) =>
    fail(
      {code: 'N021', message: `${path}: ${reason(cause)}`, hint: 'is the folder mounted, and writable?'},
      3,
      {
        cause,
      },
    )
  try {
    mkdirSync(dirname(path), {recursive: true, mode: 0o750})
    const there = lstatSync(path, {throwIfNoEntry: false})
    if (there && !there.isSocket()) throw new Error('there is something else than a socket')
    // No longer than the socket's own name, whose length was looked at.
    const hidden = join(dirname(path), `.${randomBytes(3).toString('hex')}`)
    await bind(server, hidden)
    if (there) rmSync(path, {force: true})
    renameSync(hidden, path)
  } catch (error) {
    server.forceShutdown()
    cannot(error)
  }
  const inode = lstatSync(path).ino

  return {
    path,
    async stop(graceMs) {
      // Only one's own: a successor may have put its socket there meanwhile.
      if (lstatSync(path, {throwIfNoEntry: false})?.ino === inode) rmSync(path, {force: true})
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

/** gRPC servers on Unix sockets. */
import {lstatSync, mkdirSync, rmSync} from 'node:fs'
import {dirname} from 'node:path'
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
 * Serves on `path`. A socket that is there already is a dead instance's: binding over it would fail.
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
    if (lstatSync(path, {throwIfNoEntry: false})?.isSocket()) rmSync(path)
  } catch (error) {
    cannot(error)
  }
  const {promise, resolve, reject} = Promise.withResolvers<void>()
  server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), error => {
    if (error) reject(error)
    else resolve()
  })
  await promise.catch(cannot)
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

/** A handler that answers once: what `work` throws becomes the call's status. */
export function unary<Request, Response>(
  log: Log,
  work: (request: Request, signal: AbortSignal) => Promise<Response> | Response,
) {
  return async (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => {
    const gone = new AbortController()
    call.on('cancelled', () => gone.abort())
    try {
      answer(null, await work(call.request, gone.signal))
    } catch (error) {
      log('error', 'a call failed', {error: reason(error)})
      answer({code: status.INTERNAL, details: reason(error)})
    }
  }
}

import {mkdirSync, rmSync} from 'node:fs'
import {dirname} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {hasInheritedSocket, serveControl} from './control-socket.ts'
import {makeLog} from './log.ts'
import type {Machine} from './machine.ts'
import {metricsText} from './metrics.ts'
import {Server} from './server.ts'
import type {ServeSettings} from './server-options.ts'
import type {Transport} from './transport.ts'

/**
 * Serves until `close` is called.
 * @throws DiagnosticError U004 when a socket cannot be had, and as the topology file and the addon do
 */
export async function serve(settings: ServeSettings): Promise<{server: Server; close: () => void}> {
  const log = makeLog(settings.logLevel, line => process.stderr.write(line))
  const machine = await machineOf(settings.machine)
  const transport = await transportOf(settings)
  const server = new Server(machine, {transport, socketOf: settings.socketOf, log})
  for (const {path} of server.functions) mkdirSync(dirname(path), {recursive: true})
  await reachable(() => server.listen())
  const inherited = hasInheritedSocket(process.env, process.pid)
  const control = await reachable(() => serveControl(server, settings.control, inherited))
  const metrics = settings.metrics && (await reachable(() => serveMetrics(server, settings)))
  log('info', 'serving', {functions: server.functions.length, control: settings.control})
  const close = () => {
    server.close()
    control.close()
    metrics?.close()
    for (const {path} of server.functions) rmSync(path, {force: true})
    if (!inherited) rmSync(settings.control, {force: true})
  }
  return {server, close}
}

/** Loads the YAML reader only when it is needed: it is a third of the memory. */
async function machineOf(machine: ServeSettings['machine']): Promise<Machine> {
  if (!('file' in machine)) return machine
  const {readTopology} = await import('./topology/read.ts')
  return readTopology(machine.file)
}

async function transportOf({transport, busyPollUs}: ServeSettings): Promise<Transport> {
  if (transport === 'plain') return (await import('./plain-transport.ts')).plainTransport
  const {nativeTransport} = await import('../native/transport.ts')
  return nativeTransport({busyPollUs})
}

async function serveMetrics(server: Server, {metrics}: ServeSettings) {
  const {createServer} = await import('node:http')
  const listener = createServer((request, response) => {
    const found = request.url === '/metrics'
    response.writeHead(found ? 200 : 404, {'content-type': 'text/plain; version=0.0.4; charset=utf-8'})
    response.end(found ? metricsText(server.functions, process.memoryUsage.rss()) : 'see /metrics\n')
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(metrics?.port, metrics?.host, resolve)
  })
  return listener
}

async function reachable<T>(listen: () => Promise<T>): Promise<T> {
  try {
    return await listen()
  } catch (error) {
    const {code = '', message, path} = error as NodeJS.ErrnoException
    if (!code) throw error
    const inUse = code === 'EADDRINUSE'
    fail(
      {
        code: 'U004',
        message: inUse ? `${path ?? 'the address'} is in use: ${message}` : `cannot listen: ${message}`,
        hint: inUse
          ? 'another server is running there; end it, or choose another --socket'
          : 'look at the folder, its owner and the length of the path (107 bytes at most)',
      },
      3,
      {cause: error},
    )
  }
}

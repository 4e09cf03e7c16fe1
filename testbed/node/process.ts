/**
 * The process of a cluster: `unshare --net node testbed/node/process.ts`, with a channel to who started it. All that it
 * starts dies with it, so that there is one thing to end, and nothing left when it is killed.
 */
import {writeFileSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import {connect, createServer, type Server, type Socket} from 'node:net'
import {join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {Progress} from '#release/lib/effects.ts'
import type {Machine} from '../guest/machine.ts'
import {type RunningCluster, startCluster} from './cluster.ts'
import {type Answer, controlSocket, type Order, type Report, type Request, shellSocket} from './messages.ts'

const report = (message: Report) => void (process.connected && process.send?.(message))

process.once('message', (order: Order, listening: Server) => {
  serve(order, listening).catch(error => {
    const known = error instanceof DiagnosticError
    if (!known) console.error(error)
    const problems = known
      ? error.diagnostics
      : [{code: 'B530', severity: 'error' as const, message: String(error)}]
    report({failed: problems, exit: known ? error.exit : 3})
    process.exit(1)
  })
})

async function serve({folder, wish, port}: Order, listening: Server): Promise<void> {
  const {promise: told, resolve: end} = Promise.withResolvers<'end'>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end('end'))
  relay(listening)
  const starting = startCluster(wish, folder, reporting())
  const first = await Promise.race([starting, told])
  if (first === 'end') process.exit(1)
  writeKubeconfig(folder, first, port)
  const control = await listen(controlSocket(folder), socket => answerOne(first, folder, socket))
  const shells = wish.shell
    ? await Promise.all(
        [...first.nodes].map(([name, {guest}]) =>
          listen(shellSocket(folder, name), socket => joinShell(socket, guest.shell)),
        ),
      )
    : []
  report({ready: true})
  await told
  for (const server of [control, listening, ...shells]) server.close()
  await first.stop()
  await rm(controlSocket(folder), {force: true})
  process.exit(0)
}

/** From the host's loopback to the API server in here: a listening socket keeps the namespace that it was made in. */
function relay(listening: Server): void {
  listening.on('connection', from => {
    const to = connect(443, '127.0.0.1')
    from.pipe(to).pipe(from)
    from.on('error', () => to.destroy())
    to.on('error', () => from.destroy())
  })
}

function reporting(): Progress {
  let last = 0
  return {
    task(title) {
      const task = ++last
      report({task, title, state: 'begun'})
      return {
        update() {},
        done: () => report({task, title, state: 'done'}),
        failed: () => report({task, title, state: 'failed'}),
      }
    },
  }
}

/** The administrator's, by the host's port. */
function writeKubeconfig(folder: string, {plane}: RunningCluster, port: number): void {
  const text = plane.kubeconfigText.replace(/https:\/\/127\.0\.0\.1:443\b/, `https://127.0.0.1:${port}`)
  writeFileSync(join(folder, 'kubeconfig'), text, {mode: 0o600})
}

async function listen(path: string, each: (socket: Socket) => void): Promise<Server> {
  await rm(path, {force: true})
  const server = createServer(each)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return server
}

/** One line of JSON, one answer. */
function answerOne(cluster: RunningCluster, folder: string, socket: Socket): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  socket.on('data', part => {
    text += part
    if (!text.endsWith('\n')) return
    answer(cluster, folder, JSON.parse(text) as Request)
      .then(
        (result): Answer => ({result: result ?? null}),
        (error: unknown): Answer => ({
          problems:
            error instanceof DiagnosticError
              ? error.diagnostics
              : [{code: 'B552', severity: 'error', message: String(error)}],
        }),
      )
      .then(one => socket.end(`${JSON.stringify(one)}\n`))
  })
}

async function answer(cluster: RunningCluster, folder: string, request: Request): Promise<unknown> {
  if (request.method === 'folders') return {logs: cluster.plane.folder, folder}
  const machine = machineOf(cluster, request.node)
  switch (request.method) {
    case 'run':
      return machine.guest.run(request.script, request.timeout)
    case 'reset':
      // As a reboot in good order: kubelet does not start again without the certificate that it wrote a moment ago.
      await machine.guest.get('sync')
      return machine.guest.reset()
    case 'console':
      return machine.guest.console()
    case 'inject':
      return machine.server.inject(request.function, request.fault, request.value)
    case 'clear':
      return machine.server.clear(request.function)
  }
}

function machineOf({nodes}: RunningCluster, name: string): Machine {
  const message = `there is no node ${name}`
  return nodes.get(name) ?? fail({code: 'B553', message, expected: [...nodes.keys()].join(', ')})
}

/** One person at a time has the terminal's line. */
function joinShell(socket: Socket, line: Socket | undefined): void {
  if (!line) return void socket.destroy()
  const forward = (bytes: Buffer) => void socket.write(bytes)
  line.on('data', forward)
  socket.on('data', bytes => void line.write(bytes))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => line.off('data', forward))
}

import {type ChildProcess, spawn} from 'node:child_process'
import {closeSync, openSync} from 'node:fs'
import {mkdir, readFile} from 'node:fs/promises'
import {createServer, type Server} from 'node:net'
import {join} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {Progress, ProgressTask} from '#release/lib/effects.ts'
import {type KubectlResult, runKubectl} from '../cluster/control-plane.ts'
import type {Results} from '../guest/channel.ts'
import {tool} from '../tools/tool.ts'
import type {ClusterWish} from './cluster.ts'
import {askCluster, type Order, type Report} from './messages.ts'

const program = join(import.meta.dirname, 'process.ts')

/** A node of a running cluster. */
export type NodeHandle = {
  readonly name: string
  /** Runs a script beside the node, in the initial RAM disk; `node COMMAND` in it runs on the node's own disk. */
  run(script: string, timeout?: number): Promise<Results>
  /** The output of a script that must succeed. @throws DiagnosticError B515 */
  get(script: string, timeout?: number): Promise<string>
  /** Writes out what is in memory, presses the reset button, and waits until scripts run again: before kubelet does. */
  reset(): Promise<void>
  console(): Promise<string>
  /** A fault of an emulated device, as `mock-accel-ctl` injects it. */
  inject(name: string, fault: string, value?: string): Promise<unknown>
  clear(name: string): Promise<unknown>
}

/** A running cluster, whose process may be ours or not. */
export type Cluster = {
  readonly folder: string
  readonly kubeconfig: string
  node(name: string): NodeHandle
  kubectl(args: readonly string[], options?: {stdin?: string}): Promise<KubectlResult>
}

/** Speaks to the cluster that lives in a folder. */
export async function openCluster(folder: string): Promise<Cluster> {
  const kubeconfig = join(folder, 'kubeconfig')
  const kubectl = await tool('kubectl')
  return {
    folder,
    kubeconfig,
    node: name => nodeHandle(folder, name),
    kubectl: (args, {stdin} = {}) => runKubectl(kubectl, kubeconfig, args, stdin ?? ''),
  }
}

function nodeHandle(folder: string, name: string): NodeHandle {
  const run: NodeHandle['run'] = async (script, timeout) =>
    (await askCluster(folder, {
      method: 'run',
      node: name,
      script,
      ...(timeout === undefined ? {} : {timeout}),
    })) as Results
  return {
    name,
    run,
    async get(script, timeout) {
      const {output, code} = await run(script, timeout)
      if (code === 0) return output
      return fail({code: 'B515', message: `${script.trim().slice(0, 60)} ended with ${code}:\n${output}`})
    },
    async reset() {
      await askCluster(folder, {method: 'reset', node: name})
    },
    console: async () => String(await askCluster(folder, {method: 'console', node: name})),
    inject: (device, fault, value) =>
      askCluster(folder, {
        ...{method: 'inject', node: name, function: device, fault},
        ...(value === undefined ? {} : {value}),
      }),
    clear: device => askCluster(folder, {method: 'clear', node: name, function: device}),
  }
}

export type Launched = {
  pid: number
  /** Asks it to end, and waits. */
  stop(): Promise<void>
  /** Lets it live on without this process. */
  release(): void
}

/**
 * Starts a cluster's process in a network namespace of its own, and waits until all its nodes are Ready.
 * @param folder exists; gets `kubeconfig`, `log` and sockets
 * @param detached lives on when this process ends; otherwise it dies with it, however that ends
 * @throws DiagnosticError what `startCluster` throws; B551 when the process ends without a word
 */
export async function launch(
  folder: string,
  wish: ClusterWish,
  {detached, progress, signal}: {detached: boolean; progress: Progress; signal?: AbortSignal},
): Promise<Launched> {
  // What is temporary lies there too, so that a cluster that was killed leaves nothing elsewhere.
  const temporary = join(folder, 'tmp')
  await mkdir(temporary, {recursive: true, mode: 0o700})
  const {server, port} = await listenOnHost()
  const log = openSync(join(folder, 'log'), 'w')
  const [name = '', ...args] = [...(detached ? [] : ['setpriv', '--pdeathsig=KILL']), ...ownNetwork()]
  const child = spawn(name, [...args, process.execPath, program], {
    stdio: ['ignore', log, log, 'ipc'],
    env: {...process.env, TMPDIR: temporary},
    detached,
  })
  closeSync(log)
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  const abort = () => void stop()
  signal?.addEventListener('abort', abort, {once: true})
  try {
    const order: Order = {folder, wish, port}
    child.send(order, server, () => server.close())
    await ready(child, folder, progress)
  } catch (error) {
    await stop()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  return {
    pid: child.pid ?? 0,
    stop,
    release() {
      child.disconnect()
      child.unref()
    },
  }
}

/** Root may make namespaces as it likes; others become root of a user namespace first. */
function ownNetwork(): string[] {
  return ['unshare', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), '--net', '--']
}

async function listenOnHost(): Promise<{server: Server; port: number}> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {server, port: typeof address === 'object' && address ? address.port : 0}
}

function ready(child: ChildProcess, folder: string, progress: Progress): Promise<void> {
  const tasks = new Map<number, ProgressTask>()
  return new Promise((resolve, reject) => {
    child.on('message', (message: Report) => {
      if ('ready' in message) resolve()
      else if ('failed' in message) reject(new DiagnosticError(message.failed, message.exit))
      else if (message.state === 'begun') tasks.set(message.task, progress.task(message.title))
      else tasks.get(message.task)?.[message.state]()
    })
    child.once('error', reject)
    child.once('close', () => lastWords(folder).then(problem => reject(new DiagnosticError([problem], 3))))
  })
}

async function lastWords(folder: string): Promise<Diagnostic> {
  const text = await readFile(join(folder, 'log'), 'utf8').catch(() => '')
  return {
    code: 'B551',
    severity: 'error',
    message: `the cluster's process ended: ${text.trim().split('\n').slice(-8).join('\n')}`,
    hint: 'running it needs network namespaces: root, or user namespaces for everybody',
  }
}

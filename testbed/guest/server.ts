import {execFile, spawn} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {fail} from '#lib/diagnostics.ts'
import {ask} from '../../vfio-user-server/src/control-socket.ts'

const program = join(import.meta.dirname, '../../vfio-user-server/src/main.ts')

/** A running mock-accel-server. */
export type DeviceServer = {
  /** Holds its sockets. */
  readonly folder: string
  /** QEMU's arguments for the machine. */
  readonly qemu: readonly string[]
  /** @throws DiagnosticError B519 when the server refuses */
  control(method: string, params?: Readonly<Record<string, unknown>>): Promise<unknown>
  /** `mock-accel-ctl fault inject`: function, fault, and perhaps a value. */
  inject(name: string, fault: string, value?: string): Promise<unknown>
  clear(name: string): Promise<unknown>
  /** Without a word to anybody. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a server for a machine, as a person would, and waits until it is ready.
 * @param topology text of a topology file
 * @throws DiagnosticError B519 with its words when it ends instead
 */
export async function startServer(topology: string): Promise<DeviceServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mock-accel-'))
  const file = join(folder, 'topology.yaml')
  await writeFile(file, topology)
  const child = spawn(
    'setpriv',
    ['--pdeathsig=KILL', process.execPath, program, '--socket', folder, '--topology', file],
    {stdio: ['ignore', 'pipe', 'pipe']},
  )
  let words = ''
  child.stderr.on('data', chunk => {
    words += chunk
  })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const ready = new Promise<'ready'>(resolve => child.stdout.once('data', () => resolve('ready')))
  const refuse = (text: string) => fail({code: 'B519', message: `mock-accel-server: ${text.trim()}`})
  if ((await Promise.race([ready, ended])) !== 'ready') {
    await rm(folder, {recursive: true, force: true})
    return refuse(words)
  }
  const control: DeviceServer['control'] = async (method, params) => {
    const answer = await ask(join(folder, 'control.sock'), {method, ...(params ? {params} : {})})
    return 'error' in answer ? refuse(answer.error.message) : answer.result
  }
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await ended
  }
  return {
    folder,
    qemu: await qemuArguments(file, folder),
    control,
    inject: (name, fault, value) =>
      control('fault.inject', {function: name, fault, ...(value === undefined ? {} : {value})}),
    clear: name => control('fault.clear', {function: name}),
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      await rm(folder, {recursive: true, force: true})
    },
  }
}

async function qemuArguments(topology: string, sockets: string): Promise<string[]> {
  const {stdout} = await promisify(execFile)(process.execPath, [
    ...[program, 'qemu-args', '--topology', topology, '--sockets', sockets, '--output', 'json'],
  ])
  return JSON.parse(stdout) as string[]
}

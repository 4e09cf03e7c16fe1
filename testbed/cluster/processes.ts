import {type ChildProcess, spawn} from 'node:child_process'
import {createWriteStream} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {createServer} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {DiagnosticError} from '#lib/diagnostics.ts'

/** A program that serves until it is stopped. */
export type Server = {
  /** @throws DiagnosticError B530 when it has ended by itself, with its last words */
  check(): Promise<void>
  /** Asks it to end, waits, and ends it for good after ten seconds. */
  stop(): Promise<void>
}

/** Starts a static program of the host; it dies with this process. Its output goes to `log`. */
export function startServer(
  command: readonly string[],
  log: string,
  env: Readonly<Record<string, string>> = {},
): Server {
  const child = spawn('setpriv', ['--pdeathsig=KILL', ...command], {
    env: {...process.env, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return serverOf(child, command[0] ?? '', log)
}

/** The same for a child that is running already, for example one of the toolbox. */
export function serverOf(child: ChildProcess, name: string, log: string): Server {
  const file = createWriteStream(log)
  child.stdout?.pipe(file, {end: false})
  child.stderr?.pipe(file, {end: false})
  const ended = new Promise<void>(resolve => {
    child.on('error', () => resolve())
    child.on('close', () => file.end(() => resolve()))
  })
  return {
    async check() {
      if (child.exitCode === null && child.signalCode === null && child.pid) return
      await ended
      throw problem('B530', `${name} has ended: ${await lastLines(log)}`)
    },
    async stop() {
      child.kill('SIGTERM')
      await Promise.race([ended, sleep(10_000, undefined, {ref: false})])
      child.kill('SIGKILL')
      await ended
    },
  }
}

export const problem = (code: string, message: string) =>
  new DiagnosticError([{code, severity: 'error', message, hint: 'try again; the log is quoted above'}], 3)

async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.trim().split('\n').slice(-8).join('\n')
}

/** Asks until the answer is yes, while the servers live. @throws DiagnosticError B530, B531 (too late) */
export async function until(
  what: string,
  ask: () => Promise<boolean>,
  servers: readonly Server[] = [],
  timeout = 60_000,
): Promise<void> {
  const end = Date.now() + timeout
  while (!(await ask().catch(() => false))) {
    for (const server of servers) await server.check()
    if (Date.now() > end) throw problem('B531', `${what} did not come within ${timeout / 1000} s`)
    await sleep(100)
  }
}

/** Ports of the loopback that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({length: count}, async () => {
      const server = createServer()
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  return Promise.all(
    servers.map(async server => {
      const address = server.address()
      await new Promise(resolve => server.close(resolve))
      return typeof address === 'object' && address ? address.port : 0
    }),
  )
}

import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {copyFile, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {build} from 'esbuild'
import {ensureAddon} from '../../vfio-user-server/native/build.ts'
import {addonFile} from '../../vfio-user-server/native/load.ts'

/** A server in a process of its own, and what to do with it. */
export type Running = {
  pid: number
  /** Resident memory, MiB: all of it, and what is the process's own. */
  memory(): Promise<{total: number; own: number}>
  stop(): Promise<void>
}

/** Processor numbers as `taskset -c` takes them; absent: wherever the kernel puts it. */
export type Pin = string | undefined

/**
 * `command` on the processors of `pin`; it dies with this process, also when this is killed. BENCH_REALTIME puts both
 * sides before all else that a busy machine does.
 */
export function pinned(pin: Pin, command: readonly string[]): string[] {
  const first = process.env.BENCH_REALTIME === undefined ? [] : ['chrt', '--fifo', '50']
  const where = pin === undefined ? [] : ['taskset', '-c', pin]
  return ['setpriv', '--pdeathsig=KILL', ...first, ...where, ...command]
}

/** Starts a server and waits until it says that it listens. */
export async function start(pin: Pin, command: readonly string[]): Promise<Running> {
  const [program = '', ...args] = pinned(pin, command)
  const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'inherit']})
  const ended = once(child, 'exit')
  await Promise.race([
    once(createInterface({input: child.stdout}), 'line'),
    ended.then(([code]) => Promise.reject(new Error(`${command.join(' ')} ended with ${code}`))),
  ])
  return running(child, ended)
}

function running(child: ChildProcess, ended: Promise<unknown>): Running {
  const pid = child.pid ?? 0
  return {
    pid,
    async memory() {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      const mebibytes = (field: string) =>
        Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
      return {total: mebibytes('VmRSS'), own: mebibytes('RssAnon')}
    },
    async stop() {
      child.kill()
      await ended
    },
  }
}

/** The command that serves ours: `pf0`, `pf1`… in `folder`. */
export const oursAt = (script: string, folder: string, devices: number, busyPollUs: number): string[] => [
  ...[process.execPath, script, folder],
  ...[`${devices}`, `${busyPollUs}`],
]

/**
 * Ours as it ships: one script with the addon beside it (run from its sources, Node keeps a TypeScript compiler in
 * memory).
 * @returns the script's path
 */
export async function bundleOurs(folder: string): Promise<string> {
  const outfile = join(folder, 'serve.cjs')
  const define = {'import.meta.dirname': '__dirname', 'import.meta.main': 'false'}
  const bundle = {bundle: true, platform: 'node', target: 'node24', format: 'cjs', logLevel: 'error'} as const
  await build({...bundle, define, outfile, entryPoints: [join(import.meta.dirname, 'serve.ts')]})
  await copyFile(await ensureAddon(), join(folder, addonFile))
  return outfile
}

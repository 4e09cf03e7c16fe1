import {type ChildProcess, spawn} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {setTimeout as sleep} from 'node:timers/promises'
import {fail} from '#lib/diagnostics.ts'

export type Signal = 'SIGTERM' | 'SIGKILL'

/** What scenarios can do to a plugin besides calling it; what is absent makes them skip. */
export type Hooks = {
  /** Ends the plugin with a signal and starts it again; it may not be ready when this answers. */
  restart?: (signal: Signal) => Promise<void>
  /** Starts a second instance beside the first, as a rolling update does. */
  second?: () => Promise<{stop(): Promise<void>}>
  /** Makes a device ill or well. */
  fault?: (device: {pool: string; device: string}, health: 'unhealthy' | 'healthy') => Promise<void>
}

/** A plugin that this process runs by a shell command, in a process group of its own. */
export type Owned = {
  restart(signal: Signal): Promise<void>
  stop(): Promise<void>
  /** Its last words, for reports. */
  output(): string
}

/** Starts a plugin. `$POD_UID` is its own, and the same when it starts again: a container's restart keeps its pod. */
export function own(command: string, env: Readonly<Record<string, string>> = {}): Owned {
  const podUid = randomUUID()
  let tail = ''
  const start = () => {
    const child = spawn('sh', ['-c', command], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {...process.env, POD_UID: podUid, ...env},
    })
    const keep = (chunk: Buffer) => {
      tail = (tail + chunk).slice(-4000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    return child
  }
  let child = start()
  return {
    async restart(signal) {
      await end(child, signal)
      child = start()
    },
    stop: () => end(child, 'SIGTERM'),
    output: () => tail,
  }
}

/** Ends a process group; one that does not heed SIGTERM within ten seconds is killed. */
async function end(child: ChildProcess, signal: Signal): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = new Promise(resolve => child.once('close', resolve))
  signalGroup(child.pid, signal)
  await Promise.race([closed, sleep(10_000, undefined, {ref: false})])
  signalGroup(child.pid, 'SIGKILL')
  await closed
}

function signalGroup(pid: number, signal: Signal): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended already.
  }
}

/**
 * Runs a hook of the user's to its end.
 * @throws DiagnosticError F020 exit 3 when it fails
 */
export function runHook(command: string, env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', command], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {...process.env, ...env},
    })
    let words = ''
    child.stderr.on('data', chunk => {
      words = (words + chunk).slice(-2000)
    })
    child.on('error', reject)
    // `exit`, not `close`: what the hook leaves running may hold its standard error open.
    child.on('exit', code => {
      if (code === 0) return resolve()
      try {
        fail(
          {
            code: 'F020',
            message: `\`${command}\` ended with ${code}: ${words.trim()}`,
            hint: 'run it by hand',
          },
          3,
        )
      } catch (error) {
        reject(error)
      }
    })
  })
}

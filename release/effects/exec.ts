import type {ChildProcess} from 'node:child_process'
import {fail} from '#lib/diagnostics.ts'
import type {Exec, ExecOptions, ExecResult} from '../lib/effects.ts'
import {endGroup, endWithMe} from './process-group.ts'

/**
 * Runs programs for real. The exit code is for the caller to judge; a program ended by a signal or by the
 * time limit counts as 128 plus the signal's number, as shells count.
 * @throws E020 the program is not there or can't be started, E021 it took too long
 */
export const realExec: Exec = {
  run: async (command, options = {}) => {
    // Loads Node's network stack as well, for which most commands have no use.
    const {spawn} = await import('node:child_process')
    return new Promise<ExecResult>((resolve, reject) => {
      const [program = '', ...args] = command
      if (options.signal?.aborted) return reject(options.signal.reason)
      const child = spawn(program, args, {
        ...(options.cwd === undefined ? {} : {cwd: options.cwd}),
        ...(options.env === undefined ? {} : {env: options.env}),
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: options.group !== undefined,
      })
      const limits = limit(child, program, options)
      const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
      child.stdout.on('data', (part: Buffer) => stdout.push(part))
      child.stderr.on('data', (part: Buffer) => stderr.push(part))
      // A program that does not read what it is given is no error of ours.
      child.stdin.on('error', () => {})
      child.stdin.end(options.stdin ?? '')
      child.once('error', cause => {
        void limits.over()
        reject(notStarted(program, cause))
      })
      child.once('close', async (code, signal) => {
        const cut = await limits.over()
        if (cut) return reject(cut.why)
        resolve({
          code: code ?? 128 + signalNumber(signal),
          stdout: Buffer.concat(stdout),
          stderr: Buffer.concat(stderr),
        })
      })
    })
  },
}

/**
 * Ends a child at its time limit, at its signal, and with this process.
 * @returns `over`, for when it has ended: waits for the rest of its group, and says why it was cut off, if it was
 */
function limit(child: ChildProcess, program: string, {group, timeout, signal}: ExecOptions) {
  let cut: {why: unknown; gone: Promise<void>} | undefined
  const end = (why: unknown, by: 'SIGTERM' | 'SIGKILL') => {
    if (!group) child.kill(by)
    cut ??= {why, gone: group ? endGroup(child, group.grace) : Promise.resolve()}
  }
  const timer =
    timeout === undefined ? undefined : setTimeout(() => end(tooLong(program, timeout), 'SIGKILL'), timeout)
  const stop = () => end(signal?.reason, 'SIGTERM')
  signal?.addEventListener('abort', stop)
  const alone = group ? endWithMe(child) : () => {}
  return {
    over: async (): Promise<{why: unknown} | undefined> => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      await cut?.gone
      alone()
      return cut
    },
  }
}

function signalNumber(signal: NodeJS.Signals | null): number {
  const {signals} = process.getBuiltinModule('node:os').constants
  return signal ? signals[signal] : 0
}

function notStarted(program: string, cause: Error): unknown {
  return thrown(() =>
    fail(
      {
        code: 'E020',
        message: `${program} can't be started: ${cause.message}`,
        hint: `install it, or look at PATH; \`lockstep doctor\` tells what is needed`,
      },
      3,
      {cause},
    ),
  )
}

function tooLong(program: string, timeout: number): unknown {
  return thrown(() => fail({code: 'E021', message: `${program} was ended after ${timeout} ms`}, 3))
}

function thrown(work: () => never): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

import {fail} from '#lib/diagnostics.ts'
import type {Exec, ExecOptions, ExecResult} from '../lib/effects.ts'

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
      const child = spawn(program, args, {
        ...(options.cwd === undefined ? {} : {cwd: options.cwd}),
        ...(options.env === undefined ? {} : {env: options.env}),
        ...(options.signal === undefined ? {} : {signal: options.signal}),
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let late = false
      const end = () => {
        late = true
        child.kill('SIGKILL')
      }
      const limit = options.timeout === undefined ? undefined : setTimeout(end, options.timeout)
      const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
      child.stdout.on('data', (part: Buffer) => stdout.push(part))
      child.stderr.on('data', (part: Buffer) => stderr.push(part))
      // A program that does not read what it is given is no error of ours.
      child.stdin.on('error', () => {})
      child.stdin.end(options.stdin ?? '')
      child.once('error', cause => {
        clearTimeout(limit)
        reject(notStarted(program, cause))
      })
      child.once('close', (code, signal) => {
        clearTimeout(limit)
        if (signal === 'SIGKILL' && late) return reject(tooLong(program, options))
        resolve({
          code: code ?? 128 + signalNumber(signal),
          stdout: Buffer.concat(stdout),
          stderr: Buffer.concat(stderr),
        })
      })
    })
  },
}

function signalNumber(signal: NodeJS.Signals | null): number {
  const {signals} = process.getBuiltinModule('node:os').constants
  return signal ? signals[signal] : 0
}

function notStarted(program: string, cause: Error): unknown {
  if (cause.name === 'AbortError') return cause
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

function tooLong(program: string, {timeout}: ExecOptions): unknown {
  return thrown(() => fail({code: 'E021', message: `${program} was ended after ${timeout} ms`}, 3))
}

function thrown(work: () => never): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

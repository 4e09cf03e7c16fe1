import {spawn} from 'node:child_process'
import {performance} from 'node:perf_hooks'

/** Runs a program to its end with nothing shown; milliseconds from start to end. @throws Error with what it said */
export function timed(
  command: readonly string[],
  options: {cwd?: string; env?: NodeJS.ProcessEnv; codes?: number[]} = {},
): Promise<number> {
  const start = performance.now()
  const [program = '', ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', data => {
      said += data
    })
    child.on('error', reject)
    child.on('close', code => {
      if ((options.codes ?? [0]).includes(code ?? -1)) resolve(performance.now() - start)
      else reject(new Error(`${command.join(' ')} ended with ${code}: ${said}`))
    })
  })
}

import {spawn} from 'node:child_process'
import {join} from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** Runs a program to its end, or ours, with this terminal as its output; answers its exit code. */
export function show(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise(resolve => {
    const child = spawn('setpriv', ['--pdeathsig=TERM', ...command], {
      cwd: root,
      env: {...process.env, ...env},
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', () => resolve(127))
    child.on('close', code => resolve(code ?? 1))
  })
}

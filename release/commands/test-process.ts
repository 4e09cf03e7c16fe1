/** The whole process, `./lockstep`, for tests: run to its end, or ended by kill -9 at a step of its work. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {expect} from 'vitest'

export const lockstep = join(process.cwd(), 'lockstep')
const dying = pathToFileURL(join(import.meta.dirname, 'dying.ts')).href

export type Run = {
  /** The checkout. */
  root: string
  env?: NodeJS.ProcessEnv
  /** The step at which it is killed. */
  dieAt?: number
  /** A file that the steps' names are written to, one a line. */
  stepsTo?: string
}
export type Ended = {status: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string}

export function run(args: readonly string[], {root, env, dieAt, stepsTo}: Run): Promise<Ended> {
  return ended([lockstep, ...args, '--root', root], root, {
    ...process.env,
    ...env,
    ...(dieAt || stepsTo ? {NODE_OPTIONS: `--import=${dying}`} : {}),
    ...(dieAt ? {DIE_AT: String(dieAt)} : {}),
    ...(stepsTo ? {STEPS_TO: stepsTo} : {}),
  })
}

/** Not waiting in place: registries of the test's own process have to answer. */
export async function ended(
  [program = '', ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Ended> {
  const child = spawn(program, args, {env, cwd, stdio: ['ignore', 'pipe', 'pipe']})
  const said = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', part => {
      said[name] += part
    })
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return {status, signal, ...said}
}

export function done({status, stderr}: Ended, what: string): void {
  expect({what, status, stderr}).toEqual({what, status: 0, stderr: ''})
}

/** The names of the steps of a run that nothing disturbs, in order; work that goes on at once may come in another. */
export async function stepsOf(args: readonly string[], {root, env}: Run, work: string): Promise<string[]> {
  const stepsTo = join(work, 'steps')
  done(await run(args, {root, stepsTo, ...(env ? {env} : {})}), args.join(' '))
  const names = readFileSync(stepsTo, 'utf8').split('\n')
  rmSync(stepsTo)
  return names
}

/** So many numbers from 1 to `most`, one in each of as many equal parts: spread, and the same for the same seed. */
export function points(count: number, most: number, seed: number): number[] {
  let state = seed
  return Array.from({length: count}, (_, i) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return 1 + Math.floor(((i + state / 2 ** 32) * most) / count)
  })
}

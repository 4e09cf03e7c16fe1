import {resolve} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {DiagnosticError} from '#lib/diagnostics.ts'
import type {World} from '#release/run/world.ts'
import type {Answer, Call} from '#release/upgrade/actions/call.ts'
import type {Exec, Fetch, Files} from '../../lib/effects.ts'

type Around = {
  exec: Exec
  files: Files
  fetch: Fetch
  /** Where programs run and files lie. */
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  signal: AbortSignal
  /** Milliseconds that a program has to end in order when its time is over, or the run is asked to stop. */
  grace?: number
}

/** Terraform writes its state, and Helm its release, when they are asked to end. */
const usualGrace = 30_000

/** setTimeout takes no more. */
const longest = 2 ** 31 - 1

/**
 * The world for real. A program that takes too long ends with 124, as timeout(1) has it, and what it began ends with it. None
 * has a terminal: nobody may be asked for a password in the middle of a step.
 */
export function realWorld(around: Around): World {
  return {
    now: () => Date.now(),
    sleep: async milliseconds => {
      for (let left = milliseconds; left > 0; left -= longest)
        await sleep(Math.min(left, longest), undefined, {signal: around.signal})
    },
    call: (call, timeout) => {
      if ('read' in call) return read(resolve(around.cwd, call.read), around.files)
      if ('write' in call) return write(resolve(around.cwd, call.write), call.text, around.files)
      return 'url' in call ? request(call, timeout, around) : run(call, timeout, around)
    },
  }
}

async function read(path: string, files: Files): Promise<Answer> {
  const found = await files.stat(path)
  if (found?.kind !== 'file') return {code: 1, stdout: '', stderr: `there is no file ${path}`}
  return {code: 0, stdout: (await files.read(path)).toString('utf8'), stderr: ''}
}

async function write(path: string, text: string, files: Files): Promise<Answer> {
  // Who may read it is not ours to change.
  const mode = (await files.stat(path))?.mode
  await files.write(path, Buffer.from(text), mode === undefined ? {} : {mode})
  return {code: 0, stdout: '', stderr: ''}
}

async function request(
  {url, method = 'GET', body}: Extract<Call, {url: string}>,
  timeout: number,
  {fetch, signal}: Around,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      signal: AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeout, 30_000))]),
      ...(body === undefined ? {} : {body, headers: {'content-type': 'application/json'}}),
    })
    return {code: response.status, stdout: await response.text(), stderr: ''}
  } catch (error) {
    if (signal.aborted) throw error
    return {code: 0, stdout: '', stderr: wordsOf(error)}
  }
}

async function run(
  {argv, stdin, into, folder}: Extract<Call, {argv: readonly string[]}>,
  timeout: number,
  {exec, files, cwd, env, signal, grace = usualGrace}: Around,
): Promise<Answer> {
  try {
    const {code, stdout, stderr} = await exec.run(argv, {
      cwd: resolve(cwd, folder ?? '.'),
      env: defined(env),
      timeout,
      signal,
      group: {grace},
      ...(stdin === undefined ? {} : {stdin}),
    })
    if (into !== undefined && code === 0) await files.write(resolve(cwd, into), stdout, {mode: 0o600})
    return {code, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8')}
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.diagnostics[0]?.code !== 'E021') throw error
    return {code: 124, stdout: '', stderr: wordsOf(error)}
  }
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])))
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

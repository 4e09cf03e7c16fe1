/** What the process of a cluster and those who started it, or ask it, say to each other. */
import {connect} from 'node:net'
import {join} from 'node:path'
import type {Diagnostic, ExitCode} from '#lib/diagnostics.ts'
import {fail} from '#lib/diagnostics.ts'
import type {ClusterWish} from './cluster.ts'

/** To a fresh process, with the host's listening socket for the API server. */
export type Order = {folder: string; wish: ClusterWish; port: number}

/** From it, until it is ready or gives up. */
export type Report =
  | {task: number; title: string; state: 'begun' | 'done' | 'failed'}
  | {ready: true}
  | {failed: readonly Diagnostic[]; exit: ExitCode}

/** A line of JSON to its control socket. */
export type Request =
  | {method: 'run'; node: string; script: string; timeout?: number}
  | {method: 'reset'; node: string}
  | {method: 'console'; node: string}
  | {method: 'inject'; node: string; function: string; fault: string; value?: string}
  | {method: 'clear'; node: string; function: string}
  | {method: 'folders'}

export type Answer = {result: unknown} | {problems: readonly Diagnostic[]}

export const controlSocket = (folder: string) => join(folder, 'control.sock')
export const shellSocket = (folder: string, node: string) => join(folder, `${node}.sock`)

/**
 * Asks a cluster's process one thing.
 * @throws DiagnosticError B552 when nobody answers; what it answers with
 */
export async function askCluster(folder: string, request: Request): Promise<unknown> {
  const text = await exchange(controlSocket(folder), `${JSON.stringify(request)}\n`).catch(cause =>
    fail({code: 'B552', message: `the cluster does not answer: ${cause.message}`}, 3, {cause}),
  )
  const answer = JSON.parse(text) as Answer
  if ('result' in answer) return answer.result
  const [first] = answer.problems
  return fail(first ?? {code: 'B552', message: 'the cluster refused without a word'})
}

function exchange(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(line))
    let text = ''
    socket.setEncoding('utf8')
    socket.once('error', reject)
    socket.on('data', part => {
      text += part
    })
    socket.once('close', () => (text.endsWith('\n') ? resolve(text) : reject(new Error('it hung up'))))
  })
}

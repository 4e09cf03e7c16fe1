import {setTimeout as sleep} from 'node:timers/promises'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {type Log, reason} from '../log.ts'
import {ApiError} from './client.ts'

/** Milliseconds between attempts, the last for ever after. */
const pauses = [500, 1_000, 2_000, 5_000, 10_000]

/**
 * Asks until the API server answers: while a node boots, or a control plane is upgraded, it is not there, and ending would
 * only make kubelet wait longer and longer before the next start. An answer that says no (a refusal, or a Diagnostic) is
 * passed on at once.
 * @throws what `ask` throws, but for errors of the connection and of a server that is not ready; and the signal's reason
 */
export async function untilAnswered<T>(ask: () => Promise<T>, log: Log, signal: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof DiagnosticError || (error instanceof ApiError && !isBusy(error))) throw error
      log('warn', 'the API server does not answer; asking again', {error: reason(error)})
    }
    await sleep(pauses[Math.min(attempt, pauses.length - 1)], undefined, {signal})
  }
}

/** Not ready, or asked by too many at once (429): after an outage of the control plane every node comes back together. */
function isBusy({status}: ApiError): boolean {
  return status >= 500 || status === 429
}

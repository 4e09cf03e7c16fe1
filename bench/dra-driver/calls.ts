/** Calls timed as kubelet sees them, of all contenders in turn. */
import type {TestClaim} from '../../dra-sanity/src/claims.ts'
import {processorSeconds, type Running} from './drivers.ts'

/** Milliseconds of each call; and of processor time for a pair of them, which a busy machine changes less. */
export type Times = {prepare: number[]; unprepare: number[]; processor: number}

/** `rounds` times `block` pairs of calls for each in turn; the first round is not counted. */
export async function timeCalls(
  contenders: readonly {running: Running; claim: TestClaim}[],
  {rounds, block}: {rounds: number; block: number},
): Promise<Times[]> {
  const times = contenders.map((): Times => ({prepare: [], unprepare: [], processor: 0}))
  for (let round = -1; round < rounds; round++)
    for (const [i, {running, claim}] of contenders.entries()) {
      const before = processorSeconds(running.pid)
      const pairs: [number, number][] = []
      for (let call = 0; call < block; call++) pairs.push(await pair(running, claim))
      const own = times[i]
      if (round < 0 || !own) continue
      own.prepare.push(...pairs.map(([prepare]) => prepare))
      own.unprepare.push(...pairs.map(([, unprepare]) => unprepare))
      own.processor += ((processorSeconds(running.pid) - before) * 1000) / (rounds * block)
    }
  return times
}

async function pair({plugin}: Running, {namespace, name, uid}: TestClaim): Promise<[number, number]> {
  const claims = [{namespace, name, uid}]
  const start = performance.now()
  const prepared = await plugin.prepare(claims)
  const between = performance.now()
  const unprepared = await plugin.unprepare(claims)
  const end = performance.now()
  const error = prepared.ok ? prepared.value.claims.get(uid)?.error : prepared.details
  const other = unprepared.ok ? unprepared.value.claims.get(uid)?.error : unprepared.details
  if (error || other) throw new Error(error || other)
  return [between - start, end - between]
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

import {execFile, spawn} from 'node:child_process'
import {once} from 'node:events'
import {promisify} from 'node:util'
import {median, type Row} from '../measure.ts'
import {type Pin, pinned} from './servers.ts'

/** Per second, and nanoseconds (0 where a mode has no latencies). */
export type Sample = {rate: number; p50: number; p99: number; p999: number}
export type Mode = 'read' | 'flight' | 'posted'

/** One run of the client. */
export async function sample(
  client: string,
  pin: Pin,
  mode: Mode,
  socket: string,
  count: number,
  rate?: number,
): Promise<Sample> {
  const [program = '', ...args] = pinned(pin, [
    ...[client, mode, socket, String(count)],
    ...(rate ? [`${rate}`] : []),
  ])
  const {stdout} = await promisify(execFile)(program, args)
  const [perSecond = Number.NaN, p50 = 0, p99 = 0, p999 = 0] = stdout.trim().split(' ').map(Number)
  return {rate: perSecond, p50, p99, p999}
}

/** Reads from another function, `rate` in a second, for as long as `work` takes. */
export async function beside<T>(
  client: string,
  pin: Pin,
  socket: string,
  rate: number,
  work: () => Promise<T>,
): Promise<T> {
  const [program = '', ...args] = pinned(pin, [client, 'read', socket, String(rate * 3600), String(rate)])
  const child = spawn(program, args, {stdio: 'ignore'})
  const ended = once(child, 'exit')
  try {
    return await work()
  } finally {
    child.kill()
    await ended
  }
}

export type Pair = {theirs: Sample; ours: Sample}

/** All sides in turn, round for round, so that whatever else the machine does hits all; each side's samples. */
export async function inTurn(rounds: number, sides: readonly (() => Promise<Sample>)[]): Promise<Sample[][]> {
  const samples = sides.map((): Sample[] => [])
  for (let i = 0; i < rounds; i++) for (const [n, side] of sides.entries()) samples[n]?.push(await side())
  return samples
}

/** Samples of the same round are compared with each other. */
export const pairs = (theirs: readonly Sample[], ours: readonly Sample[]): Pair[] =>
  theirs.flatMap((one, i) => (ours[i] ? [{theirs: one, ours: ours[i]}] : []))

/** How many times as much as theirs ours makes: the median of all pairs' ratios. */
export const rateRatio = (all: readonly Pair[]): number =>
  median(all.map(pair => pair.ours.rate / pair.theirs.rate))

/** The median of one figure of one side, in milliseconds. */
const middle = (pairs: readonly Pair[], side: 'theirs' | 'ours', figure: 'p50' | 'p99' | 'p999') =>
  median(pairs.map(pair => pair[side][figure])) / 1e6

/** Ours must make at least `reach` times as many in a second as theirs. */
export function rateRow(what: string, pairs: readonly Pair[], reach: number, theirName: string): Row {
  const value = rateRatio(pairs)
  const thousand = (side: 'theirs' | 'ours') => 1e6 / median(pairs.map(pair => pair[side].rate))
  return {
    what: `${what}, a thousand of them`,
    ours: {name: 'ours', ms: thousand('ours')},
    theirs: {name: theirName, ms: thousand('theirs')},
    ratio: {value, kind: 'faster', reach, met: value >= reach},
  }
}

/** Ours may take at most `reach` times as long as theirs, in the slow tail. */
export function tailRow(
  what: string,
  pairs: readonly Pair[],
  figure: 'p99' | 'p999',
  reach: number,
  theirName: string,
): Row {
  const value = median(pairs.map(pair => pair.ours[figure] / pair.theirs[figure]))
  const us = (side: 'theirs' | 'ours') => `${(middle(pairs, side, 'p50') * 1000).toFixed(1)} µs`
  return {
    what,
    ours: {name: 'ours', ms: middle(pairs, 'ours', figure)},
    theirs: {name: theirName, ms: middle(pairs, 'theirs', figure)},
    ratio: {value, kind: 'of the time', reach, met: value <= reach},
    note: `medians: ours ${us('ours')}, theirs ${us('theirs')}`,
  }
}

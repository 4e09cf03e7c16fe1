import {performance} from 'node:perf_hooks'
import type {Progress} from '#release/lib/effects.ts'

/** One side of a comparison; answers milliseconds, its own or the time around the call. */
export type Side = {name: string; run(): Promise<number | undefined>; before?(): Promise<void>}

/** A time, an amount of memory, or thousandths of a processor. */
export type Amount = {ms: number} | {mib: number} | {millicores: number}
export type Figure = {name: string} & Amount

export type Row = {
  what: string
  ours: Figure
  theirs?: Figure
  /** `theirs / ours` as "how many times faster", or `ours / theirs` as "how many times the time". */
  ratio?: {value: number; kind: 'faster' | 'of the time'; reach: number; met: boolean}
  /** Where no ratio is asked for: the most it may be. */
  limit?: Amount & {met: boolean}
  note?: string
}

/** One file of this folder: what it compares, measured. */
export type Bench = (world: {progress: Progress}) => Promise<Row[]>

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** Runs the sides in turn (ABAB…), so that whatever else the machine does hits both; medians in milliseconds. */
export async function interleaved(sides: readonly Side[], rounds: number): Promise<number[]> {
  const times = sides.map((): number[] => [])
  for (let round = -1; round < rounds; round++)
    for (const [i, side] of sides.entries()) {
      await side.before?.()
      const start = performance.now()
      const own = await side.run()
      const took = own ?? performance.now() - start
      // The first round fills caches on both sides.
      if (round >= 0) times[i]?.push(took)
    }
  return times.map(median)
}

type Comparison = [what: string, ours: Side, theirs: Side, reach: number, rounds?: number]

/** Ours must be at least `reach` times as fast as theirs. */
export const faster = (...given: Comparison) => compared('faster', ...given)

/** Ours may take at most `reach` times theirs. */
export const within = (...given: Comparison) => compared('of the time', ...given)

async function compared(
  kind: NonNullable<Row['ratio']>['kind'],
  ...[what, ours, theirs, reach, rounds = 9]: Comparison
): Promise<Row> {
  const [a = 0, b = 0] = await interleaved([ours, theirs], rounds)
  const value = kind === 'faster' ? b / a : a / b
  const met = kind === 'faster' ? value >= reach : value <= reach
  return {
    what,
    ours: {name: ours.name, ms: a},
    theirs: {name: theirs.name, ms: b},
    ratio: {value, kind, reach, met},
  }
}

/** Ours must take less than `ms`. */
export async function below(what: string, ours: Side, ms: number, rounds = 5): Promise<Row> {
  const [a = 0] = await interleaved([ours], rounds)
  return {what, ours: {name: ours.name, ms: a}, limit: {ms, met: a < ms}}
}

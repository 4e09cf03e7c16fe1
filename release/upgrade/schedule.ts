import {openingAt, type Window} from '../lib/windows.ts'
import type {UpgradePlan} from './plan.ts'

export type ScheduleOptions = {
  /** Milliseconds since 1970: nothing begins before. */
  readonly start: number
  /** Without any, it is always open. */
  readonly windows: readonly Window[]
  /** Milliseconds that a hop is taken to last; nobody knows beforehand. */
  readonly hopTime: number
}

/** Instants are ISO 8601 in UTC. */
export type ScheduledHop = {
  number: number
  begins: string
  ends: string
  /** The window that it begins in, as it was written. */
  window?: string
  /** The next hop does not begin before. */
  soakedAt?: string
  /** From then on it cannot be undone any more. */
  undoUntil?: string
  /** What does not fit. */
  problems: string[]
}

/** When each hop of a plan may begin: in a window that leaves time for it, and after the soak of the one before. */
export function schedulePlan({hops}: UpgradePlan, options: ScheduleOptions): ScheduledHop[] {
  const {windows, hopTime} = options
  let earliest = options.start
  let latest: number | undefined
  const begins = new Map<number, number>()
  const scheduled = hops.map(({number, soak, reversible}): ScheduledHop & {within: number | undefined} => {
    const {at, window, problems} = placeOf(windows, earliest, hopTime)
    if (latest !== undefined && at > latest)
      problems.push(`the hop before may soak until ${textOf(latest)} at most`)
    const end = at + hopTime
    earliest = end + (soak?.min ?? 0)
    latest = soak?.max === undefined ? undefined : end + soak.max
    begins.set(number, at)
    return {
      number,
      begins: textOf(at),
      ends: textOf(end),
      ...(window ? {window: window.text} : {}),
      ...(soak?.min === undefined ? {} : {soakedAt: textOf(earliest)}),
      problems,
      within: reversible.within === undefined ? undefined : end + reversible.within,
    }
  })
  return scheduled.map(({within, problems, ...hop}, i) => {
    const lostAt = begins.get(hops[i]?.reversible.lostAfter ?? -1)
    const until = Math.min(within ?? Infinity, lostAt ?? Infinity)
    return {...hop, ...(until === Infinity ? {} : {undoUntil: textOf(until)}), problems}
  })
}

/** The first window that is open long enough; where none ever is, the first one at all. */
function placeOf(
  windows: readonly Window[],
  earliest: number,
  hopTime: number,
): {at: number; window?: Window; problems: string[]} {
  const long = windows.filter(w => (w.to - w.from) * 60_000 >= hopTime)
  if (windows.length === 0) return {at: earliest, problems: []}
  if (long.length === 0) {
    const first = openingAt(windows, earliest)
    return {
      at: Math.max(earliest, first?.from ?? earliest),
      ...(first ? {window: first.window} : {}),
      problems: ['no window is as long as the hop is taken to last'],
    }
  }
  for (let from = earliest; ; ) {
    const opening = openingAt(long, from)
    if (!opening) return {at: from, problems: []}
    const at = Math.max(opening.from, earliest)
    if (opening.to - at >= hopTime) return {at, window: opening.window, problems: []}
    from = opening.to
  }
}

function textOf(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 16)}Z`
}

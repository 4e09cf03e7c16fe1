/** Maintenance windows: when in a week something may be changed. */

export type Window = {
  /** As it was written. */
  readonly text: string
  /** From Sunday on; the day on which the window opens. */
  readonly days: readonly boolean[]
  /** Minutes after midnight; `to` at or before `from` is on the next day. */
  readonly from: number
  readonly to: number
  /** An IANA time zone. */
  readonly zone: string
}

export const windowExample = 'Sat,Sun 22:00-04:00 Europe/Berlin'

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Reads `DAYS FROM-TO [ZONE]`: days as `Sat`, `Mon-Fri`, `Tue,Thu` or `*`; UTC unless said. Undefined when it is none. */
export function parseWindow(text: string): Window | undefined {
  const [, dayText = '', h1, m1, h2, m2, zone = 'UTC'] =
    /^(\S+) (\d\d):(\d\d)-(\d\d):(\d\d)(?: (\S+))?$/.exec(text.trim()) ?? []
  const days = daysOf(dayText)
  const [from, to] = [minutes(h1, m1), minutes(h2, m2)]
  if (!days || from === undefined || to === undefined || !isZone(zone)) return undefined
  return {text: text.trim(), days, from, to: to > from ? to : to + 1440, zone}
}

function daysOf(text: string): boolean[] | undefined {
  if (text === '*') return dayNames.map(() => true)
  const days = dayNames.map(() => false)
  for (const part of text.split(',')) {
    const [first = '', last = first, ...more] = part.split('-')
    const [a, b] = [dayNames.indexOf(first), dayNames.indexOf(last)]
    if (a === -1 || b === -1 || more.length > 0) return undefined
    // Fri-Mon goes over the week's end.
    for (let day = a; ; day = (day + 1) % 7) {
      days[day] = true
      if (day === b) break
    }
  }
  return days
}

function minutes(hours = '', rest = ''): number | undefined {
  const [h, m] = [Number(hours), Number(rest)]
  return hours === '' || h > 24 || m > 59 || (h === 24 && m > 0) ? undefined : h * 60 + m
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', {timeZone: zone})
    return true
  } catch {
    return false
  }
}

/** From when to when, in milliseconds since 1970. */
export type Opening = {readonly from: number; readonly to: number; readonly window: Window}

/**
 * The opening that holds an instant, or else the next one. Undefined without windows: then it is always open.
 */
export function openingAt(windows: readonly Window[], instant: number): Opening | undefined {
  const openings = windows.flatMap(window => openingsOf(window, instant))
  return openings
    .filter(({to}) => to > instant)
    .sort((a, b) => Math.max(a.from, instant) - Math.max(b.from, instant) || b.to - a.to)[0]
}

const day = 86_400_000

/** Those of the day before (it may still be open) and of the eight days from an instant. */
function openingsOf(window: Window, instant: number): Opening[] {
  const {zone, days, from, to} = window
  const {year, month, date} = localDay(instant, zone)
  return Array.from({length: 10}, (_, i) => i - 1).flatMap(offset => {
    const midnight = Date.UTC(year, month - 1, date) + offset * day
    if (days[new Date(midnight).getUTCDay()] !== true) return []
    return [
      {from: instantOf(midnight + from * 60_000, zone), to: instantOf(midnight + to * 60_000, zone), window},
    ]
  })
}

function localDay(instant: number, zone: string): {year: number; month: number; date: number} {
  const at = new Date(instant + offsetOf(instant, zone))
  return {year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, date: at.getUTCDate()}
}

/** When a zone's clocks show a time, given as if it were UTC. A time that a change of clocks leaves out comes later. */
function instantOf(local: number, zone: string): number {
  const first = local - offsetOf(local, zone)
  const second = local - offsetOf(first, zone)
  return offsetOf(second, zone) === local - second ? second : Math.max(first, second)
}

/** Milliseconds that a zone's clocks are ahead of UTC. */
function offsetOf(instant: number, zone: string): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(instant)
      .map(({type, value}) => [type, Number(value)]),
  )
  const shown = Date.UTC(
    parts.year ?? 0,
    (parts.month ?? 1) - 1,
    parts.day ?? 1,
    parts.hour ?? 0,
    parts.minute ?? 0,
    parts.second ?? 0,
  )
  return shown - Math.floor(instant / 1000) * 1000
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, format)
  return format
}

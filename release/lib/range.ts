/** Version ranges as sets: read from text, compared, combined, written. */
import {compareVersions, type Scheme, type Version} from './versions.ts'

/** A place between versions: right before or right after one. */
export type Cut = {readonly at: Version; readonly side: 'before' | 'after'}

/** From one cut to another; a side left out is open without end. */
export type Span = {readonly from?: Cut | undefined; readonly to?: Cut | undefined}

/** A set of versions: spans in order, none empty, no two that touch. */
export type Range = {readonly scheme: Scheme; readonly spans: readonly Span[]}

function compareCuts(a: Cut, b: Cut): number {
  const order = compareVersions(a.at, b.at)
  if (order !== 0 || a.side === b.side) return order
  return a.side === 'before' ? -1 : 1
}

const startsBefore = (a: Cut | undefined, b: Cut | undefined) =>
  b !== undefined && (a === undefined || compareCuts(a, b) < 0)
const endsBefore = (a: Cut | undefined, b: Cut | undefined) =>
  a !== undefined && (b === undefined || compareCuts(a, b) < 0)

/** The range that holds what any of the spans holds. */
export function rangeOf(scheme: Scheme, spans: readonly Span[]): Range {
  const sorted = spans
    .filter(span => !isEmptySpan(span))
    .sort((a, b) => (startsBefore(a.from, b.from) ? -1 : startsBefore(b.from, a.from) ? 1 : 0))
  const merged: Span[] = []
  for (const span of sorted) {
    const last = merged.at(-1)
    const apart = last && span.from && last.to && compareCuts(last.to, span.from) < 0
    if (!last || apart) merged.push(span)
    else if (endsBefore(last.to, span.to)) merged[merged.length - 1] = {from: last.from, to: span.to}
  }
  return {scheme, spans: merged}
}

function isEmptySpan({from, to}: Span): boolean {
  return from !== undefined && to !== undefined && compareCuts(from, to) >= 0
}

/** All versions of a scheme. */
export function everything(scheme: Scheme): Range {
  return {scheme, spans: [{}]}
}

export function isEmpty(range: Range): boolean {
  return range.spans.length === 0
}

export function contains(range: Range, version: Version): boolean {
  return range.spans.some(
    ({from, to}) =>
      (from === undefined || compareCuts(from, {at: version, side: 'after'}) < 0) &&
      (to === undefined || compareCuts({at: version, side: 'before'}, to) < 0),
  )
}

/** What both hold. */
export function intersection(a: Range, b: Range): Range {
  const spans = a.spans.flatMap(x =>
    b.spans.map(y => ({
      from: startsBefore(x.from, y.from) ? y.from : x.from,
      to: endsBefore(x.to, y.to) ? x.to : y.to,
    })),
  )
  return rangeOf(a.scheme, spans)
}

/** What either holds. */
export function union(a: Range, b: Range): Range {
  return rangeOf(a.scheme, [...a.spans, ...b.spans])
}

/** What the range does not hold. */
export function complement(range: Range): Range {
  const spans: Span[] = []
  let from: Cut | undefined
  for (const span of range.spans) {
    if (span.from) spans.push({from, to: span.from})
    if (!span.to) return rangeOf(range.scheme, spans)
    from = span.to
  }
  return rangeOf(range.scheme, [...spans, {from, to: undefined}])
}

export function intersects(a: Range, b: Range): boolean {
  return !isEmpty(intersection(a, b))
}

/** Whether everything that `a` holds is also in `b`. */
export function isSubset(a: Range, b: Range): boolean {
  return isEmpty(intersection(a, complement(b)))
}

/** The range in its shortest usual words; what `parseRange` reads back as the same set. */
export function formatRange(range: Range): string {
  if (isEmpty(range)) return 'no version'
  return range.spans.map(span => formatSpan(span, range.scheme)).join(' || ')
}

function formatSpan({from, to}: Span, scheme: Scheme): string {
  const whole = from && to && wholeSeries(from, to)
  if (whole) return numbersText(whole, scheme)
  if (from && to && from.side === 'before' && to.side === 'after' && compareVersions(from.at, to.at) === 0)
    return cutText(to, scheme)
  const words = [
    ...(from ? [`${from.side === 'before' ? '>=' : '>'}${cutText(from, scheme)}`] : []),
    ...(to ? [`${to.side === 'before' ? '<' : '<='}${cutText(to, scheme)}`] : []),
  ]
  return words.join(' ') || '*'
}

/** `[1, 36]` for everything from 1.36's first prerelease to before that of 1.37. */
function wholeSeries(from: Cut, to: Cut): number[] | undefined {
  if (!isFloor(from) || !isFloor(to)) return undefined
  for (const length of [2, 1]) {
    const numbers = Array.from({length}, (_, i) => from.at.numbers[i] ?? 0)
    const next = [...numbers.slice(0, -1), (numbers.at(-1) ?? 0) + 1]
    if (compareCuts(floorCut(numbers), from) === 0 && compareCuts(floorCut(next), to) === 0) return numbers
  }
  return undefined
}

/** Before the very first prerelease of a series: where `1.36`, which is all of 1.36.x, begins. */
export function floorCut(numbers: readonly number[]): Cut {
  return {at: {text: numbers.join('.'), numbers, prerelease: [0]}, side: 'before'}
}

function isFloor({at, side}: Cut): boolean {
  return side === 'before' && at.prerelease.length === 1 && at.prerelease[0] === 0
}

function cutText(cut: Cut, scheme: Scheme): string {
  const {numbers, prerelease, text} = cut.at
  if (scheme === 'opaque' || (scheme === 'calendar' && !isFloor(cut))) return text
  const [major = 0, minor = 0, patch = 0] = numbers
  if (isFloor(cut) && patch === 0) return numbersText([major, minor], scheme)
  const full = numbersText([major, minor, patch], scheme)
  if (prerelease.length === 0) return full
  return `${full}-${scheme === 'kernel' && prerelease[0] === 'rc' ? prerelease.join('') : prerelease.join('.')}`
}

function numbersText(numbers: readonly number[], scheme: Scheme): string {
  if (scheme !== 'calendar') return numbers.join('.')
  return numbers.map((n, i) => (i === 0 ? String(n) : String(n).padStart(2, '0'))).join('.')
}

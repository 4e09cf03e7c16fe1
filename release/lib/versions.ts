/** Versions of every scheme that a matrix knows, with one order. */

/**
 * How versions are read and ordered: `semver` three numbers and perhaps a prerelease; `minor` two numbers whose
 * patches are not told apart; `calendar` two or three numbers; `kernel` an upstream kernel version;
 * `opaque` words without an order.
 */
export type Scheme = 'semver' | 'minor' | 'calendar' | 'kernel' | 'opaque'

export type Version = {
  /** As it was written, or as a bound is best written. */
  readonly text: string
  /** Most significant first; missing ones count as 0. An opaque version has none. */
  readonly numbers: readonly number[]
  /** Ordered as https://semver.org/#spec-item-11 says; a version with any comes before the one without. */
  readonly prerelease: readonly (number | string)[]
}

const number = '(0|[1-9]\\d{0,14})'
const prereleaseWord = '(?:0|[1-9]\\d{0,14}|\\d*[A-Za-z-][0-9A-Za-z-]*)'

const grammars: Record<Scheme, RegExp> = {
  semver: new RegExp(`^${number}\\.${number}\\.${number}(?:-(${prereleaseWord}(?:\\.${prereleaseWord})*))?$`),
  minor: new RegExp(`^${number}\\.${number}$`),
  calendar: /^(\d{2}|\d{4})[.-](\d{1,2})(?:[.-](\d{1,2}))?$/,
  kernel: new RegExp(`^${number}\\.${number}(?:\\.${number})?(?:-(rc\\d{1,3}))?$`),
  opaque: /^[^\s|<>=~^*,]+$/,
}

/** What a version of a scheme looks like, for messages. */
export const schemeExample: Record<Scheme, string> = {
  semver: 'three numbers such as 0.2.0 or 1.4.0-rc.1',
  minor: 'two numbers such as 1.36',
  calendar: 'a date such as 2026.11 or 2026-11-21',
  kernel: 'an upstream kernel version such as 6.12 or 6.12.107',
  opaque: 'one word',
}

/** Reads a version exactly as its scheme writes it; undefined when it is no such version. */
export function parseVersion(text: string, scheme: Scheme): Version | undefined {
  const match = grammars[scheme].exec(text)
  if (!match) return undefined
  // The words have no meaning, but sets of them need an order; it is that of the text.
  if (scheme === 'opaque') return {text, numbers: [], prerelease: [text]}
  const numbers = match
    .slice(1, 4)
    .flatMap(part => (part !== undefined && /^\d+$/.test(part) ? [Number(part)] : []))
  const words = scheme === 'semver' || scheme === 'kernel' ? match[4] : undefined
  return {text, numbers, prerelease: words === undefined ? [] : prereleaseOf(words, scheme)}
}

/** The words of a prerelease; a kernel's `rc10` becomes "rc" and 10, so that it comes after rc9. */
export function prereleaseOf(text: string, scheme: Scheme): (number | string)[] {
  const rc = scheme === 'kernel' ? /^rc(\d+)$/.exec(text) : null
  if (rc) return ['rc', Number(rc[1])]
  return text.split('.').map(word => (/^\d+$/.test(word) ? Number(word) : word))
}

/**
 * What runs somewhere, as people and machines name it, made into the words of its scheme: `v1.36.4+k3s1` is
 * "1.36" of a `minor` scheme, `6.12.107+deb13-amd64` the kernel "6.12.107".
 */
export function runningVersion(text: string, scheme: Scheme): string {
  const bare = text.trim()
  if (scheme === 'opaque') return bare
  const plain = bare.replace(/^v(?=\d)/, '')
  if (scheme === 'minor') return /^\d+\.\d+(?=[.+-])/.exec(plain)?.[0] ?? plain
  if (scheme === 'kernel') return /^\d+\.\d+(?:\.\d+)?(?:-rc\d+(?!\d))?/.exec(plain)?.[0] ?? plain
  return plain.replace(/\+.*$/, '')
}

/** Less than 0 when `a` comes before `b`, 0 when neither does. Both are of the same scheme. */
export function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.numbers.length, b.numbers.length)
  for (let i = 0; i < length; i++) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0)
    if (difference !== 0) return difference
  }
  return comparePrerelease(a.prerelease, b.prerelease)
}

function comparePrerelease(a: Version['prerelease'], b: Version['prerelease']): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]]
    if (x === undefined) return -1
    if (y === undefined) return 1
    if (x === y) continue
    if (typeof x === 'number' && typeof y === 'number') return x - y
    if (typeof x !== typeof y) return typeof x === 'number' ? -1 : 1
    return x < y ? -1 : 1
  }
  return 0
}

/** `1.36` of 1.36.4: the first two numbers. */
export function minorOf(version: Version): string {
  return `${version.numbers[0] ?? 0}.${version.numbers[1] ?? 0}`
}

/** How many minors `a` is ahead of `b`; undefined when their majors differ, where minors cannot be counted. */
export function minorsAhead(a: Version, b: Version): number | undefined {
  if (a.numbers[0] !== b.numbers[0]) return undefined
  return (a.numbers[1] ?? 0) - (b.numbers[1] ?? 0)
}

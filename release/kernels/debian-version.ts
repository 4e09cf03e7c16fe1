/**
 * The order of Debian versions (https://www.debian.org/doc/debian-policy/ch-controlfields.html#version): epoch,
 * upstream version, revision; `~` sorts before everything, even the end.
 * @returns a negative number when `a` is older, 0 when both are the same, a positive one when `a` is newer
 */
export function compareDebianVersions(a: string, b: string): number {
  const [x, y] = [split(a), split(b)]
  return x.epoch - y.epoch || compareParts(x.upstream, y.upstream) || compareParts(x.revision, y.revision)
}

function split(version: string): {epoch: number; upstream: string; revision: string} {
  const colon = version.indexOf(':')
  const rest = version.slice(colon + 1)
  const dash = rest.lastIndexOf('-')
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  }
}

/** Texts and numbers in turn: `1.2~rc` is ['', 1, '.', 2, '~rc']. */
function compareParts(a: string, b: string): number {
  const [x, y] = [a.split(/(\d+)/), b.split(/(\d+)/)]
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [p = '', q = ''] = [x[i], y[i]]
    const order = i % 2 === 0 ? compareTexts(p, q) : compareNumbers(p, q)
    if (order !== 0) return order
  }
  return 0
}

function compareTexts(a: string, b: string): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = weight(a[i]) - weight(b[i])
    if (order !== 0) return order
  }
  return 0
}

/** `~`, the end, letters, everything else. */
function weight(c: string | undefined): number {
  if (c === '~') return -1
  if (c === undefined) return 0
  return /[A-Za-z]/.test(c) ? c.charCodeAt(0) : c.charCodeAt(0) + 256
}

// Not through Number: a date with a time in it does not fit.
function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0)
}

import {fail} from '#lib/diagnostics.ts'
import {compareBytewise} from './bytes.ts'
import {type Digest, hexOf} from './digest.ts'

/**
 * The text of a SHA256SUMS file, as `sha256sum -c --strict` reads it, sorted bytewise by name.
 * @throws A030 a name twice, empty, or -
 */
export function formatSums(sums: ReadonlyMap<string, Digest> | Iterable<readonly [string, Digest]>): string {
  const sorted = [...sums].sort(([a], [b]) => compareBytewise(a, b))
  return sorted
    .map(([name, digest], i) => {
      // coreutils takes the name - for its standard input.
      if (name === '' || name === '-' || name.includes('\0') || sorted[i - 1]?.[0] === name)
        fail({
          code: 'A030',
          message: `the name ${JSON.stringify(name)} can't stand in a list of sums, or stands twice`,
        })
      const escaped = escapeName(name)
      // A leading backslash tells the reader that the name is escaped (coreutils manual, "cksum output modes").
      return `${escaped === name ? '' : '\\'}${hexOf(digest)}  ${escaped}\n`
    })
    .join('')
}

/**
 * Reads what `formatSums` or coreutils wrote (text and binary marks, escaped names).
 * @throws A031 with file, line and column of the first line that is not a sum; A030 a name twice
 */
export function parseSums(text: string, file = 'SHA256SUMS'): Map<string, Digest> {
  const sums = new Map<string, Digest>()
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  for (const [i, line] of lines.entries()) {
    const place = {file, line: i + 1, col: 1}
    const found = /^(\\?)([0-9a-f]{64}) [ *](.+)$/s.exec(line)
    const name = found?.[1] ? unescapeName(found[3] ?? '') : found?.[3]
    if (!found || name === undefined)
      fail({
        code: 'A031',
        message: `line ${i + 1} is no SHA-256 sum`,
        place,
        expected: '64 lower-case hex digits, two spaces, a file name',
        hint: 'write the file anew with `lockstep release build`',
      })
    if (sums.has(name)) fail({code: 'A030', message: `the name ${JSON.stringify(name)} stands twice`, place})
    sums.set(name, `sha256:${found[2]}`)
  }
  return sums
}

function escapeName(name: string): string {
  return name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}

/** Undefined when a backslash stands before anything else than what `escapeName` writes. */
function unescapeName(name: string): string | undefined {
  if (/\\(?:[^\\nr]|$)/.test(name.replaceAll('\\\\', ''))) return undefined
  return name.replace(/\\([\\nr])/g, (_, c: string) => (c === 'n' ? '\n' : c === 'r' ? '\r' : '\\'))
}

/** YAML that is written the same way for ever: block style, keys in the order given, LF, lines never folded. */

/** What a literal block may hold; everything else with a line break is double-quoted. */
const literalSafe = /^[^\s\p{C}#](?:[\n\t]|[^\p{C}\p{Zl}\p{Zp}])*$/u
/** Ordinary words, paths and URLs; no character that YAML gives a meaning where it stands. */
const plainSafe = /^[A-Za-z0-9_./$^(](?:[A-Za-z0-9_./$^()+=~@\\,; -]|:(?=[A-Za-z0-9/]))*$/
/**
 * Plain scalars that some reader takes for something else than text. Kubernetes' and Helm's reader speaks
 * YAML 1.1 (yes, on, 0o, 1:30, dates), editors speak 1.2: a word that means something to either is quoted.
 */
const meaningful = /^(?:y|n|yes|no|on|off|true|false|null|~|=|\.+|\.inf|\.nan)$/i
const startsLikeNumber = /^[-+._]*[0-9]|^[-+._eE0-9]+$/

/**
 * A value as a YAML document with a final newline. Takes null, booleans, finite numbers, text, lists and plain
 * objects; undefined entries are left out, as in JSON. Text comes back as the same text from every YAML reader.
 * @throws TypeError for anything else
 */
export function toYaml(value: unknown): string {
  return isBlock(value) ? block(value, '').join('') : `${inline(value, '')}\n`
}

/** Several lines of text as comment lines. */
export function comment(text: string): string {
  return text
    .split('\n')
    .map(line => `# ${line}`.trimEnd())
    .map(line => `${line}\n`)
    .join('')
}

/** One scalar as it stands in YAML when it fits on a line, for texts that are put together by hand. */
export function yamlScalar(value: string | number | boolean | null): string {
  return typeof value === 'string' ? quoted(value) : inline(value, '')
}

function isBlock(value: unknown): value is object {
  if (Array.isArray(value)) return value.length > 0
  return typeof value === 'object' && value !== null && entriesOf(value).length > 0
}

function entriesOf(value: object): [string, unknown][] {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError(`YAML cannot hold ${value}`)
  return Object.entries(value).filter(([, v]) => v !== undefined)
}

/** The lines of a list or map that is not empty, each with its newline. */
function block(value: object, indent: string): string[] {
  const lines: string[] = []
  const add = (head: string, child: unknown, childIndent: string) => {
    if (!isBlock(child)) lines.push(`${indent}${head} ${inline(child, childIndent)}\n`)
    else if (head === '-') {
      const [first = '', ...rest] = block(child, childIndent)
      lines.push(`${indent}- ${first.slice(childIndent.length)}`, ...rest)
    } else lines.push(`${indent}${head}\n`, ...block(child, childIndent))
  }
  if (Array.isArray(value)) for (const item of value) add('-', item, `${indent}  `)
  else for (const [key, item] of entriesOf(value)) add(`${quoted(key)}:`, item, `${indent}  `)
  return lines
}

/** A value that begins on its parent's line: a scalar or an empty collection. */
function inline(value: unknown, indent: string): string {
  if (typeof value === 'string') return value.includes('\n') ? literal(value, indent) : quoted(value)
  if (typeof value === 'number' && Number.isFinite(value)) return number(value)
  if (typeof value === 'boolean' || value === null) return String(value)
  if (Array.isArray(value)) return '[]'
  if (typeof value === 'object') return '{}'
  throw new TypeError(`YAML cannot hold ${String(value)}`)
}

function number(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  // YAML 1.1 asks for a dot in a number with an exponent.
  return /^-?\d+e/.test(text) ? text.replace('e', '.0e') : text
}

function quoted(text: string): string {
  if (plainSafe.test(text) && !text.endsWith(' ') && !meaningful.test(text) && !startsLikeNumber.test(text))
    return text
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes("'")) return `'${text}'`
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function literal(text: string, indent: string): string {
  const body = text.replace(/\n+$/, '')
  const newlines = text.length - body.length
  // The first character settles the indentation, so an empty or indented first line has to be quoted.
  if (!literalSafe.test(body)) return quoted(text)
  const keep = newlines === 0 ? '-' : newlines === 1 ? '' : '+'
  const pad = indent === '' ? '  ' : indent
  const lines = `${body}${'\n'.repeat(Math.max(0, newlines - 1))}`.split('\n')
  return `|${keep}\n${lines.map(line => (line === '' ? '' : pad + line)).join('\n')}`
}

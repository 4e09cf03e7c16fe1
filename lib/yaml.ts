import {type Document, isMap, isSeq, LineCounter, type Node, parseDocument, visit} from 'yaml'
import type {Diagnostic, Place} from './diagnostics.ts'

export type YamlPath = readonly (string | number)[]

/** A parsed YAML text that still knows where everything stood. */
export type YamlSource = {
  file: string
  text: string
  /**
   * Plain data in which **every scalar is text** (`1.30` stays "1.30", `no` stays "no"), except the empty
   * value and `~`/`null`, which are null. Undefined when the text has syntax errors.
   */
  value: unknown
  diagnostics: Diagnostic[]
  /** Where the value at a path stands; the nearest existing parent when there is none. */
  locate(path: YamlPath): Place
  /** Where the key of the mapping entry at a path stands. */
  locateKey(path: YamlPath): Place
}

/** Files above this are refused: no hand-written matrix comes near it. */
export const maxYamlBytes = 4 * 1024 * 1024
const maxAliases = 100

/**
 * Reads YAML 1.2 with positions.
 *
 * Problems are reported, never thrown: Y001 not UTF-8, Y002 too large, Y003 syntax, Y004 duplicate key,
 * Y005 more than one document, Y006 too many aliases.
 */
export function parseYaml(bytes: Uint8Array | string, file: string): YamlSource {
  const bad = (code: string, message: string, place: Place, hint?: string): YamlSource => ({
    file,
    text: typeof bytes === 'string' ? bytes : '',
    value: undefined,
    diagnostics: [{code, severity: 'error', message, place, ...(hint ? {hint} : {})}],
    locate: () => place,
    locateKey: () => place,
  })
  const start = {file, line: 1, col: 1}
  if (bytes.length > maxYamlBytes)
    return bad('Y002', `the file has ${bytes.length} bytes; the limit is ${maxYamlBytes}`, start, 'split it')
  let text: string
  try {
    text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch {
    return bad('Y001', 'the file is not UTF-8', badUtf8Place(bytes as Uint8Array, file), 'save it as UTF-8')
  }

  const lines = new LineCounter()
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    keepSourceTokens: false,
  })
  const span = (from: number, to: number): Place => {
    const [a, b] = [lines.linePos(from), lines.linePos(Math.max(from, to))]
    return {file, line: a.line, col: a.col, endLine: b.line, endCol: b.col}
  }
  const diagnostics: Diagnostic[] = document.errors.map(e => ({
    code: e.code === 'DUPLICATE_KEY' ? 'Y004' : e.code === 'MULTIPLE_DOCS' ? 'Y005' : 'Y003',
    severity: 'error',
    message: e.message.replace(/ at line \d+, column \d+:?[\s\S]*$/, ''),
    place: span(e.pos[0], e.pos[1]),
  }))
  const source: YamlSource = {
    file,
    text,
    value: undefined,
    diagnostics,
    locate: path => place(document, path, false, span) ?? start,
    locateKey: path => place(document, path, true, span) ?? start,
  }
  if (diagnostics.length > 0) return source
  emptyScalarsToNull(document)
  try {
    source.value = document.toJS({maxAliasCount: maxAliases})
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    return bad(
      'Y006',
      'the file expands too many aliases',
      start,
      `write the values out; at most ${maxAliases} are expanded`,
    )
  }
  return source
}

// The failsafe schema has no null: an empty value would be '' and an optional key with no value would count as given.
function emptyScalarsToNull(document: Document): void {
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || node.type !== 'PLAIN') return
      if (node.value === '' || node.value === '~' || node.value === 'null') node.value = null
    },
  })
}

function place(
  document: Document,
  path: YamlPath,
  ofKey: boolean,
  span: (from: number, to: number) => Place,
): Place | undefined {
  let node: unknown = document.contents
  let found = rangeOf(node)
  for (const [i, step] of path.entries()) {
    let next: unknown
    if (isMap(node)) {
      const pair = node.items.find(p => String((p.key as {value?: unknown})?.value) === String(step))
      if (!pair) break
      const key = rangeOf(pair.key)
      next = pair.value
      if (ofKey && i === path.length - 1) return key && span(...key)
      found = rangeOf(next) ?? key ?? found
    } else if (isSeq(node)) {
      next = node.items[Number(step)]
      if (next === undefined) break
      found = rangeOf(next) ?? found
    } else break
    node = next
  }
  return found && span(...found)
}

function rangeOf(node: unknown): [number, number] | undefined {
  const range = (node as Node | null | undefined)?.range
  return range ? [range[0], range[1]] : undefined
}

function badUtf8Place(bytes: Uint8Array, file: string): Place {
  const good = new TextDecoder('utf-8').decode(bytes).split('\ufffd', 1)[0] ?? ''
  const before = good.split('\n')
  return {file, line: before.length, col: (before.at(-1)?.length ?? 0) + 1}
}

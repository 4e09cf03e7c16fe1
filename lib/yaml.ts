import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml'
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
/** In the whole file: looking up each of them takes longer the more there are. */
const maxAliasNodes = 1000
// Counted in nodes of the tree: a key and its value are two.
const maxDepth = 100

/**
 * Reads YAML 1.2 with positions.
 *
 * Problems are reported, never thrown: Y001 not UTF-8, Y002 too large, Y003 syntax, Y004 duplicate key,
 * Y005 more than one document, Y006 too many aliases, Y007 an alias within its own anchor, Y008 too deep.
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
  // UTF-16 of plain English is valid UTF-8, with a NUL beside every letter.
  if (text.includes('\0')) return bad('Y001', 'the file holds NUL characters', start, 'save it as UTF-8')

  const lines = new LineCounter()
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    keepSourceTokens: false,
    // Compares each with all the others: `prepare` looks in less time.
    uniqueKeys: false,
  })
  const span: Span = (from, to) => {
    const [a, b] = [lines.linePos(from), lines.linePos(Math.max(from, to))]
    return {file, line: a.line, col: a.col, endLine: b.line, endCol: b.col}
  }
  const diagnostics = document.errors.map(error => syntaxProblem(error, span))
  const source: YamlSource = {
    file,
    text,
    value: undefined,
    diagnostics,
    locate: path => place(document, path, false, span) ?? start,
    locateKey: path => place(document, path, true, span) ?? start,
  }
  if (diagnostics.length > 0) return source
  diagnostics.push(...prepare(document, text, span))
  if (diagnostics.length > 0) return source
  try {
    source.value = document.toJS({maxAliasCount: maxAliases})
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const hint = `write the values out; at most ${maxAliases} are expanded`
    const message = 'the file expands too many aliases'
    diagnostics.push({
      code: 'Y006',
      severity: 'error',
      message,
      place: lastAlias(document, span) ?? start,
      hint,
    })
  }
  return source
}

type Span = (from: number, to: number) => Place

/**
 * Makes empty scalars null, in one walk with the search for keys that stand twice, and for what would make the plain
 * value endless or too deep for those that walk through it. The failsafe schema has no null: an empty value would be '', and an optional
 * key with no value would count as given.
 */
function prepare(document: Document, text: string, span: Span): Diagnostic[] {
  const problems: Diagnostic[] = []
  const report = (node: Node, code: string, message: string, hint: string) => {
    const [from, to] = rangeOf(node) ?? [0, 0]
    problems.push({code, severity: 'error', message, place: span(from, to), hint})
  }
  const anchors = new Map<string, Node>()
  let aliases = 0
  visit(document, {
    Scalar(key, node) {
      if (node.anchor) anchors.set(node.anchor, node)
      if (key === 'key' || node.type !== 'PLAIN') return
      if (node.value === '' || node.value === '~' || node.value === 'null') node.value = null
    },
    Collection(_, node, ancestors) {
      if (node.anchor) anchors.set(node.anchor, node)
      if (isMap(node)) problems.push(...repeatedKeys(node, text, span))
      if (ancestors.length <= maxDepth) return undefined
      report(node, 'Y008', 'this is nested too deeply', `at most ${maxDepth} levels are read`)
      return visit.SKIP
    },
    Alias(_, node, ancestors) {
      if (++aliases > maxAliasNodes) {
        report(node, 'Y006', 'the file holds too many aliases', `at most ${maxAliasNodes} may stand in it`)
        return visit.BREAK
      }
      const target = anchors.get(node.source)
      if (!target)
        report(
          node,
          'Y003',
          `the alias *${node.source} refers to no anchor`,
          `mark a value with &${node.source} before it`,
        )
      else if (ancestors.includes(target))
        report(node, 'Y007', `the alias *${node.source} stands within its own anchor`, 'write the value out')
      return undefined
    },
  })
  return problems
}

function repeatedKeys(map: YAMLMap, text: string, span: Span): Diagnostic[] {
  const seen = new Set<unknown>()
  return map.items.flatMap(({key}): Diagnostic[] => {
    const [at, end] = rangeOf(key) ?? [0, 0]
    const value = isScalar(key) ? key.value : key
    if (!seen.has(value)) {
      seen.add(value)
      return []
    }
    const written = /^(?:"[^"\n]*"|'[^'\n]*'|[^\s:,{}[\]]+)/.exec(text.slice(at, end))?.[0] ?? ''
    return [
      {
        code: 'Y004',
        severity: 'error',
        message: `the key \`${written}\` is given twice`,
        place: span(at, at + Math.max(1, written.length)),
        hint: 'keep one of them, or give this entry its own name',
      },
    ]
  })
}

function syntaxProblem({code, message, pos}: YAMLParseError, span: Span): Diagnostic {
  if (code === 'MULTIPLE_DOCS')
    return {
      code: 'Y005',
      severity: 'error',
      message: 'a second document begins here',
      place: span(pos[0], pos[1]),
      hint: 'a file holds one document: remove the line ---, or split the file',
    }
  const said = message.replace(/ at line \d+, column \d+:?[\s\S]*$/, '')
  return {code: 'Y003', severity: 'error', message: said, place: span(pos[0], pos[1])}
}

/** Where the last alias stands: in what multiplies, the outermost comes last. */
function lastAlias(document: Document, span: Span): Place | undefined {
  let last: Place | undefined
  visit(document, {
    Alias(_, node) {
      const range = rangeOf(node)
      last = range && span(...range)
    },
  })
  return last
}

function place(document: Document, path: YamlPath, ofKey: boolean, span: Span): Place | undefined {
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

/** The grammar of version ranges. */
import {type Cut, everything, floorCut, intersection, type Range, rangeOf, type Span, union} from './range.ts'
import {prereleaseOf, runningVersion, type Scheme, schemeExample} from './versions.ts'

/** What is wrong with a range, and where: `offset` and `length` count UTF-16 units in its text. */
export type RangeProblem = {offset: number; length: number; message: string; expected: string; hint?: string}

export type ParsedRange = {range: Range; problem?: undefined} | {range?: undefined; problem: RangeProblem}

type Operator = '=' | '>=' | '>' | '<=' | '<' | '~' | '^'

/** A version, perhaps with its last numbers left out: `1.36`, `1.x`, `1.2.3-rc.1`, `*`. */
type Operand = {text: string; numbers: number[]; prerelease: (number | string)[]; parts: number}

/** How many numbers name one version; fewer name all that begin so. A minor always stands for its patches. */
const precision: Record<Scheme, number> = {semver: 3, minor: 3, calendar: 3, kernel: 3, opaque: 0}

const expected = 'a range such as >=1.34 <1.38, 1.36, ~2.5, ^1.2.0, or several joined by ||'

/**
 * Reads a range: comparators (`>=` `>` `<` `<=` `=` `~` `^`) joined by spaces must all hold, `||` joins
 * alternatives. A version with fewer numbers stands for all that begin with them, so `<=1.37` holds 1.37.9 and
 * `1.36` is 1.36.x; `*` is everything. Prereleases are ordinary members of the order (npm's
 * `includePrerelease`): `<1.38` holds none of 1.38's, `<1.38.0` does.
 */
export function parseRange(text: string, scheme: Scheme): ParsedRange {
  let range: Range = {scheme, spans: []}
  let offset = 0
  for (const alternative of text.split('||')) {
    const parsed = parseAll(alternative, offset, scheme)
    if (parsed.problem) return parsed
    range = union(range, parsed.range)
    offset += alternative.length + 2
  }
  return {range}
}

/**
 * What a version that runs somewhere stands for: `1.36.4` of a `minor` scheme is 1.36, `2.5` of `semver` some 2.5.x.
 */
export function parseRunning(text: string, scheme: Scheme): ParsedRange {
  const version = runningVersion(text, scheme)
  const operand = parseOperand(version, scheme)
  if (operand && operand.parts > 0) return {range: spanRange('=', operand, scheme)}
  const message = `\`${text}\` is not a version`
  return {problem: {offset: 0, length: text.length, message, expected: schemeExample[scheme]}}
}

function parseAll(text: string, start: number, scheme: Scheme): ParsedRange {
  const bad = (offset: number, length: number, message: string, hint?: string): ParsedRange => ({
    problem: {
      offset: start + offset,
      length: Math.max(1, length),
      message,
      expected,
      ...(hint ? {hint} : {}),
    },
  })
  if (text.trim() === '') return bad(0, text.length, 'an alternative is empty', 'write * for any version')
  const foreign = foreignWords.find(([pattern]) => pattern.test(text))
  const found = foreign?.[0].exec(text)
  if (foreign && found)
    return bad(found.index, found[0].length, `\`${found[0].trim()}\` is not part of a range`, foreign[1])
  let range = everything(scheme)
  for (const word of text.matchAll(/(>=|<=|>|<|=|~|\^)?[ \t]*([^\s<>=~^]*)/g)) {
    const [whole, operator, operandText] = word
    if (whole.trim() === '') continue
    const at = word.index + whole.length - (operandText?.length ?? 0)
    if (!operandText) return bad(word.index, whole.length, `no version follows \`${operator}\``)
    if (scheme === 'opaque' && operator !== undefined && operator !== '=')
      return bad(word.index, operator.length, 'these versions have no order', 'name them: one || another')
    const operand = parseOperand(operandText, scheme)
    if (!operand)
      return bad(
        at,
        operandText.length,
        `\`${operandText}\` is not a version`,
        operandHint(operandText, scheme),
      )
    range = intersection(range, spanRange((operator as Operator | undefined) ?? '=', operand, scheme))
  }
  return {range}
}

/** What other range languages have and this one has not, with the way to say it here. */
const foreignWords: [RegExp, string][] = [
  [/,/, 'a space means "and", || means "or"'],
  [/\s-\s/, 'write both ends: >=1.2 <=1.4'],
  [/&&?/, 'a space means "and"'],
  [/(?<!\|)\|(?!\|)/, 'write || for "or"'],
  [/!=?/, 'leave a version out with two alternatives: <1.2.3 || >1.2.3'],
  [/=[<>]/, 'write >= or <='],
  [/==+/, 'write the version alone: 1.2.3'],
  [/[≤≥]/, 'write <= or >='],
]

function operandHint(text: string, scheme: Scheme): string | undefined {
  if (/^v\d/.test(text)) return `write it without the v: ${text.slice(1)}`
  if (text.includes('+')) return `leave out the build metadata: ${text.replace(/\+.*$/, '')}`
  if (scheme === 'minor' && /^\d+\.\d+\.\w+/.test(text))
    return `these versions are minors: write ${text.split('.').slice(0, 2).join('.')}`
  return `write ${schemeExample[scheme]}`
}

const [n, any] = ['(\\d{1,15})', '[xX*]']
const word = '[0-9A-Za-z-]+'
const partials = [
  new RegExp(`^${any}(?:\\.${any}){0,2}$`),
  new RegExp(`^${n}(?:\\.${any}){0,2}$`),
  new RegExp(`^${n}\\.${n}(?:\\.${any})?$`),
  new RegExp(`^${n}\\.${n}\\.${n}(?:-(${word}(?:\\.${word})*))?$`),
]

function parseOperand(text: string, scheme: Scheme): Operand | undefined {
  if (scheme === 'opaque') {
    if (text === '*') return {text, numbers: [], prerelease: [], parts: 0}
    return /^[^\s|<>=~^*,]+$/.test(text) ? {text, numbers: [], prerelease: [text], parts: 1} : undefined
  }
  const plain = scheme === 'calendar' ? text.replaceAll('-', '.') : text
  const match = partials.map(partial => partial.exec(plain)).find(found => found !== null)
  if (!match) return undefined
  const words = match[4]
  const numbers = match.slice(1, 4).flatMap(part => (part === undefined ? [] : [Number(part)]))
  if (numbers.length > (scheme === 'minor' ? 2 : 3)) return undefined
  if (words !== undefined && scheme === 'kernel' && !/^(?:rc\d+|0)$/.test(words)) return undefined
  return {
    text,
    numbers,
    prerelease: words === undefined ? [] : prereleaseOf(words, scheme),
    parts: numbers.length,
  }
}

function spanRange(operator: Operator, operand: Operand, scheme: Scheme): Range {
  return rangeOf(scheme, spans(operator, operand, operand.parts >= precision[scheme]))
}

/** The spans of one comparator; `exact` tells that the operand names one version and not a series. */
function spans(operator: Operator, operand: Operand, exact: boolean): Span[] {
  const {numbers, parts} = operand
  if (parts === 0 && operand.prerelease.length === 0) return operator === '<' || operator === '>' ? [] : [{}]
  const point = (side: Cut['side']): Cut => ({at: operand, side})
  const begin = exact ? point('before') : floorCut(numbers)
  const end = exact ? point('after') : floorCut(next(numbers))
  if (operator === '=') return [{from: begin, to: end}]
  if (operator === '>=') return [{from: begin}]
  if (operator === '>') return [{from: end}]
  if (operator === '<') return [{to: begin}]
  if (operator === '<=') return [{to: end}]
  return [{from: begin, to: floorCut(next(numbers.slice(0, operator === '~' ? 2 : caretParts(numbers))))}]
}

/** `^` keeps everything up to the first number that is not 0. */
function caretParts(numbers: readonly number[]): number {
  const first = numbers.findIndex(n => n !== 0)
  return first < 0 ? numbers.length : first + 1
}

function next(numbers: readonly number[]): number[] {
  return [...numbers.slice(0, -1), (numbers.at(-1) ?? 0) + 1]
}

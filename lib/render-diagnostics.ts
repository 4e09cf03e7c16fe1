import {stripVTControlCharacters, styleText} from 'node:util'
import {type Diagnostic, type Place, sortDiagnostics} from './diagnostics.ts'

type Style = Parameters<typeof styleText>[0]

export type RenderOptions = {
  /** ANSI colours; off gives plain text. */
  color: boolean
  /** The text of a file by its name as it stands in a Place; `undefined` leaves the excerpt out. */
  source: (file: string) => string | undefined
}

/** Longest excerpt line shown; a longer one is cut around the caret. */
const excerptWidth = 120

/** One text for a whole list of problems, in reading order, ending with a count; empty when there are none. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  if (diagnostics.length === 0) return ''
  const sorted = sortDiagnostics(diagnostics)
  const errors = sorted.filter(d => d.severity === 'error').length
  const warnings = sorted.length - errors
  const count = [plural(errors, 'error'), plural(warnings, 'warning')].filter(Boolean).join(', ')
  const codes = [...new Set(sorted.map(d => d.code))]
  const more = codes[0] ? `; \`lockstep explain ${codes[0]}\` tells more` : ''
  return `${sorted.map(d => renderDiagnostic(d, options)).join('\n')}\n${count}${more}\n`
}

function plural(n: number, noun: string): string {
  return n === 0 ? '' : `${n} ${noun}${n === 1 ? '' : 's'}`
}

function renderDiagnostic(d: Diagnostic, {color, source}: RenderOptions): string {
  const paint = (style: Style, text: string) =>
    color ? styleText(style, text, {validateStream: false}) : text
  const tone: Style = d.severity === 'error' ? ['red', 'bold'] : ['yellow', 'bold']
  const lines: string[] = []
  const where = d.place ? `${placeText(d.place)}: ` : ''
  lines.push(`${paint('bold', where)}${paint(tone, `${d.severity}[${d.code}]`)}: ${clean(d.message)}`)
  if (d.place) lines.push(...excerpt(d.place, source(d.place.file), text => paint(tone, text)))
  if (d.expected) lines.push(`  ${paint('cyan', 'expected:')} ${clean(d.expected)}`)
  if (d.hint) lines.push(`  ${paint('cyan', 'hint:')} ${clean(d.hint)}`)
  for (const r of d.related ?? []) {
    lines.push(`  ${paint('cyan', 'see:')} ${placeText(r.place)}: ${clean(r.message)}`)
    lines.push(...excerpt(r.place, source(r.place.file), text => paint('cyan', text)))
  }
  return `${lines.join('\n')}\n`
}

export function placeText(place: Place): string {
  return `${place.file}:${place.line}:${place.col}`
}

// Text from a user's file must not steer the terminal.
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '\ufffd')
}

function excerpt(place: Place, text: string | undefined, mark: (text: string) => string): string[] {
  const line = text?.split(/\r?\n/, place.line)[place.line - 1]
  if (line === undefined) return []
  const end =
    place.endLine === undefined || place.endLine === place.line
      ? (place.endCol ?? place.col + 1)
      : line.length + 1
  const from = Math.max(0, Math.min(place.col - 1, Math.max(0, line.length - excerptWidth), place.col - 41))
  const shown = clean(line.slice(from, from + excerptWidth).replaceAll('\t', ' '))
  const width = Math.max(1, Math.min(end, from + excerptWidth + 1) - place.col)
  const gutter = String(place.line)
  const cut = from > 0 ? '…' : ''
  return [
    `  ${gutter} | ${cut}${shown}`,
    `  ${' '.repeat(gutter.length)} | ${' '.repeat(place.col - 1 - from + cut.length)}${mark('^'.repeat(width))}`,
  ]
}

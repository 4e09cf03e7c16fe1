import {styleText} from 'node:util'
import {toYaml} from '#lib/yaml-out.ts'
import type {Context, Format} from './command.ts'

type Style = Parameters<typeof styleText>[0]
/** Paints text, or leaves it plain. */
export type Paint = (style: Style, text: string) => string

export function painter(color: boolean): Paint {
  return (style, text) => (color ? styleText(style, text, {validateStream: false}) : text)
}

/** Writes a command's result: the data themselves, or what `text` makes of them for people. */
export function print(context: Context, data: unknown, text: (paint: Paint) => string): void {
  const shown = context.format === 'text' ? text(painter(context.color)) : serialize(data, context.format)
  context.out(shown === '' || shown.endsWith('\n') ? shown : `${shown}\n`)
}

/** Data as JSON or YAML, with a final newline. */
export function serialize(data: unknown, format: Exclude<Format, 'text'>): string {
  if (format === 'json') return `${JSON.stringify(data, undefined, 2)}\n`
  return toYaml(data)
}

/**
 * Columns under a heading, two spaces apart; the last column is wrapped to `width`.
 * Cells are plain or coloured text without line breaks.
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  width?: number,
): string {
  const all = [heading.map(h => paint('bold', h)), ...rows]
  const last = heading.length - 1
  const widths = heading.map((_, i) => Math.max(...all.map(row => visible(row[i] ?? ''))))
  const indent = widths.slice(0, last).reduce((sum, w) => sum + w + 2, 0)
  const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(20, width - indent)
  return all
    .map(row => {
      const lead = row
        .slice(0, last)
        .map((cell, i) => `${cell}${' '.repeat((widths[i] ?? 0) - visible(cell))}  `)
      const tail = wrap(row[last] ?? '', room).join(`\n${' '.repeat(indent)}`)
      return `${lead.join('')}${tail}`.trimEnd()
    })
    .join('\n')
    .concat('\n')
}

/** Words of a text in lines of at most `width` columns; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && visible(line) + 1 + visible(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** A paragraph wrapped to the terminal and indented. */
export function paragraph(
  text: string,
  {width = 80, indent = 0}: {width?: number; indent?: number} = {},
): string {
  const pad = ' '.repeat(indent)
  return wrap(text, Math.min(width, 100) - indent)
    .map(line => `${pad}${line}\n`)
    .join('')
}

/** `1 file`, `2 files` */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
const colours = /\u001b\[[\d;]*m/g

function visible(text: string): number {
  return text.replace(colours, '').length
}

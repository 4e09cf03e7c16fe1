import {fail, type Place} from '#lib/diagnostics.ts'
import type {YamlPath, YamlSource} from '#lib/yaml.ts'

/*
 * Edits of a matrix that people wrote: only the words that change are touched, so that comments, order and form stay.
 */

/** Characters `from` to `to` become `text`. */
export type Edit = {from: number; to: number; text: string}

/** The text after all edits, which must not overlap. */
export function edited(text: string, edits: readonly (Edit | undefined)[]): string {
  // From the end, so that places before an edit stay right.
  return edits
    .flatMap(edit => edit ?? [])
    .sort((a, b) => b.from - a.from)
    .reduce((all, {from, to, text: put}) => all.slice(0, from) + put + all.slice(to), text)
}

/**
 * Another value for a scalar, in the quotes that it has; undefined when it is that value already.
 * @throws L032 no scalar stands there
 */
export function scalarEdit(source: YamlSource, path: YamlPath, text: string): Edit | undefined {
  const found = valueAt(source.value, path)
  if (found === text) return undefined
  if (typeof found !== 'string') return unusual(source, path)
  const place = source.locate(path)
  const from = offsetOf(source.text, place.line, place.col)
  const to = offsetOf(source.text, place.endLine ?? place.line, place.endCol ?? place.col)
  const [quote = ''] = /^['"]/.exec(source.text.slice(from, to)) ?? []
  return {from, to, text: `${quote}${text}${quote}`}
}

/**
 * A new item behind another one of a list in block form.
 * @param lines the item without its `- ` and indentation
 * @throws L032 the list is written otherwise
 */
export function itemAfter(source: YamlSource, path: YamlPath, index: number, lines: readonly string[]): Edit {
  const place: Place = source.locate([...path, index])
  const all = source.text.split('\n')
  const indent = /^( *)- /.exec(all[place.line - 1] ?? '')?.[1]
  if (indent === undefined || index < 0) return unusual(source, path)
  const end = endOfItem(all, place.line, indent.length)
  const at = Math.min(offsetOf(source.text, end + 1, 1), source.text.length)
  // The file's last line may lack its end.
  const open = at === source.text.length && !source.text.endsWith('\n')
  return {from: at, to: at, text: `${open ? '\n' : ''}${itemText(lines, indent)}`}
}

/** A new item at the end of a top-level list, which is made when it is not there. @throws L032 */
export function itemAtEnd(source: YamlSource, key: string, lines: readonly string[]): Edit {
  const list = valueAt(source.value, [key])
  if (Array.isArray(list) && list.length > 0) return itemAfter(source, [key], list.length - 1, lines)
  if (list !== undefined) return unusual(source, [key])
  const at = source.text.length
  return {from: at, to: at, text: `\n${key}:\n${itemText(lines, '  ')}`}
}

/** The lines of a list's item in block form, without its `- ` and indentation. @throws L032 */
export function itemLines(source: YamlSource, path: YamlPath): string[] {
  const place = source.locate(path)
  const all = source.text.split('\n')
  const indent = /^( *)- /.exec(all[place.line - 1] ?? '')?.[1]
  if (indent === undefined) return unusual(source, path)
  const skip = indent.length + 2
  return all.slice(place.line - 1, endOfItem(all, place.line, indent.length)).map(line => line.slice(skip))
}

export function valueAt(value: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>((v, key) => (v as Record<string | number, unknown> | undefined)?.[key], value)
}

function itemText(lines: readonly string[], indent: string): string {
  return lines.map((line, i) => `${`${indent}${i === 0 ? '- ' : '  '}${line}`.trimEnd()}\n`).join('')
}

/** The last line of a list's item, without the empty lines and comments behind it. */
function endOfItem(lines: readonly string[], start: number, indent: number): number {
  let end = start
  for (let i = start; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line.trim() === '') continue
    if (line.search(/\S/) <= indent) break
    end = i + 1
  }
  return end
}

/** Offset of a line and column, both from 1. */
function offsetOf(text: string, line: number, col: number): number {
  let at = 0
  for (let i = 1; i < line; i++) {
    const end = text.indexOf('\n', at)
    if (end < 0) return text.length
    at = end + 1
  }
  return at + col - 1
}

export function unusual(source: YamlSource, path: YamlPath): never {
  fail({
    code: 'L032',
    message: `${path.join('.')} can't be edited in place`,
    place: source.locate(path),
    expected: 'a plain value, or a list with one `- ` for each item',
    hint: 'write it there by hand, then run the command again',
  })
}

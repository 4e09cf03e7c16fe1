import {catalogue, type FindingCode} from './catalogue.ts'

/** `unknown`: it could not be seen, and may be either. */
export type Level = 'problem' | 'warning' | 'unknown'

export type Finding = {
  readonly code: FindingCode
  readonly level: Level
  /** The object, `poddisruptionbudget team/db`. */
  readonly about: string
  readonly what: string
  readonly why: string
  readonly todo: string
  readonly source: string
}

/** A finding in the words of its code; `more` replaces what is known better here. */
export function finding(
  code: FindingCode,
  about: string,
  what: string,
  more: Partial<Pick<Finding, 'level' | 'todo' | 'source' | 'why'>> = {},
): Finding {
  const {level, why, todo, source} = catalogue[code]
  return {code, level, about, what, why, todo, source, ...more}
}

/** `a, b, c and 12 more` */
export function some(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${names.length - most} more` : shown
}

const units = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const

/** `3 days`: how long ago, roughly. */
export function ageText(seconds: number): string {
  const [size, unit] = units.find(([unitSize]) => seconds >= unitSize) ?? [1, 'second']
  const n = Math.max(0, Math.floor(seconds / size))
  return `${n} ${unit}${n === 1 ? '' : 's'}`
}

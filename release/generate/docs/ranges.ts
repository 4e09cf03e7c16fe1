import type {Component} from '#release/matrix/schema/components.ts'

type Scheme = Component['scheme']
type Bounds = {from: string | undefined; to: string | undefined}

/** A range in words: `1.34 to 1.37`, `2.4 to 2.x`, `1.7 or later`, `any`; as written when it is more than that. */
export function rangeText(range: string, scheme: Scheme): string {
  const found = bounds(range, scheme)
  if (!found) return range === '*' ? 'any' : `\`${range}\``
  const {from, to} = found
  if (from && to) return from === to || to === `${from}.x` ? to : `${from} to ${to}`
  if (from) return from.startsWith('after ') ? from : `${from} or later`
  return to ? `up to ${to}` : 'any'
}

/** The lowest and the highest version of a simple range, for people; undefined when it is not so simple. */
export function bounds(range: string, scheme: Scheme): Bounds | undefined {
  const found: Bounds = {from: undefined, to: undefined}
  const parts = range.trim().split(/\s+/)
  for (const part of parts) {
    const [, operator = '', version = ''] = /^(>=|>|<=|<|=)?(\d[\w.+-]*)$/.exec(part) ?? []
    if (version === '') return undefined
    if (operator === '>=') found.from = version
    else if (operator === '>') found.from = `after ${version}`
    else if (operator === '<=') found.to = version
    else if (operator === '<') found.to = below(version, scheme)
    else return parts.length === 1 ? {from: version, to: version} : undefined
  }
  return found
}

/** The last version below an exclusive bound: `1.37` below `1.38`, `2.x` below `3.0`. */
function below(version: string, scheme: Scheme): string {
  const parts = version.split('.').map(Number)
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop()
  const last = parts.at(-1) ?? 0
  if (parts.some(Number.isNaN) || last === 0) return `below ${version}`
  const before = [...parts.slice(0, -1), last - 1].join('.')
  return scheme === 'minor' && parts.length > 1 ? before : `${before}.x`
}

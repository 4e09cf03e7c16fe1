import {listAt, textAt, textsAt} from '../lib/fields.ts'

/** A label selector as objects hold it: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ */
export type Selector = {
  readonly labels: Readonly<Record<string, string>>
  readonly expressions: readonly {key: string; operator: string; values: readonly string[]}[]
}

const nothing: Selector = {labels: {}, expressions: [{key: '', operator: 'In', values: []}]}

/** None at all takes nothing, unlike one that is empty. */
export function selectorOf(value: unknown): Selector {
  if (value === undefined || value === null) return nothing
  const expressions = listAt(value, 'matchExpressions').map(one => ({
    key: textAt(one, 'key') ?? '',
    operator: textAt(one, 'operator') ?? '',
    values: listAt(one, 'values').filter(v => typeof v === 'string'),
  }))
  return {labels: textsAt(value, 'matchLabels'), expressions}
}

/** An empty selector takes everything. */
export function selects({labels, expressions}: Selector, of: Readonly<Record<string, string>>): boolean {
  const has = (key: string) => Object.hasOwn(of, key)
  return (
    Object.entries(labels).every(([key, value]) => has(key) && of[key] === value) &&
    expressions.every(({key, operator, values}) => {
      const inside = has(key) && values.includes(of[key] ?? '')
      if (operator === 'In') return inside
      if (operator === 'NotIn') return !inside
      return operator === 'Exists' ? has(key) : !has(key)
    })
  )
}

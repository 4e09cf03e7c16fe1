import {complement, intersection, isEmpty, isSubset, type Range} from '#release/lib/range.ts'
import type {Condition} from '../schema/rules.ts'
import {type Context, rangeIn} from './context.ts'

/** A set of combinations: each named component within its range, each named value as it says; all others are free. */
export type Box = {
  versions: ReadonlyMap<string, Range>
  values: ReadonlyMap<string, string | null>
  /** False when the condition says more than a box can hold (skew, "not"): the box is then larger than what is meant. */
  exact: boolean
}

export const anything: Box = {versions: new Map(), values: new Map(), exact: true}
const inexact: Box = {...anything, exact: false}

/** More alternatives than anybody writes; beyond it the rule is not judged against others. */
const maxBoxes = 64

/** The combinations of a condition as boxes, one for each way to fulfil it; undefined when there are too many. */
export function boxesOf(context: Context, condition: Condition | undefined): Box[] | undefined {
  if (!condition) return [anything]
  const versions = Object.entries(condition.versions).map(([component, text]): Box => {
    return {...anything, versions: new Map([[component, rangeIn(context, component, text)]])}
  })
  const values = {...anything, values: new Map(Object.entries(condition.values ?? {}))}
  let boxes: Box[] | undefined = [values, ...versions].reduce<Box[]>(
    (all, box) => both(all, [box]),
    [anything],
  )
  if (condition.skew) boxes = both(boxes, [inexact])
  for (const part of condition.all ?? []) boxes = limited(boxes, boxesOf(context, part))
  if (condition.any) boxes = limited(boxes, union(condition.any.map(part => boxesOf(context, part))))
  if (condition.not) boxes = limited(boxes, outside(context, condition.not))
  return boxes
}

function limited(a: Box[] | undefined, b: Box[] | undefined): Box[] | undefined {
  return a && b && a.length * b.length <= maxBoxes ? both(a, b) : undefined
}

function union(parts: (Box[] | undefined)[]): Box[] | undefined {
  return parts.every(part => part !== undefined) ? parts.flat() : undefined
}

function both(a: readonly Box[], b: readonly Box[]): Box[] {
  return a.flatMap(x => b.flatMap(y => joint(x, y) ?? []))
}

/** "Not this range" is the range's complement; whatever is more involved is only known to be somewhere. */
function outside(context: Context, condition: Condition): Box[] {
  const [[component, text] = [], ...more] = Object.entries(condition.versions)
  const involved =
    more.length > 0 || condition.all || condition.any || condition.not || condition.skew || condition.values
  if (component === undefined || text === undefined || involved) return [inexact]
  const range = complement(rangeIn(context, component, text))
  // Not even there at all is another way not to be within it, so this is never exact.
  return [isEmpty(range) ? inexact : {...inexact, versions: new Map([[component, range]])}]
}

/** What lies in both boxes; undefined when nothing does. */
export function joint(a: Box, b: Box): Box | undefined {
  const versions = new Map(a.versions)
  for (const [component, range] of b.versions) {
    const own = versions.get(component)
    const shared = own ? intersection(own, range) : range
    if (isEmpty(shared)) return undefined
    versions.set(component, shared)
  }
  const values = new Map(a.values)
  for (const [key, value] of b.values) {
    if (values.has(key) && values.get(key) !== value) return undefined
    values.set(key, value)
  }
  return {versions, values, exact: a.exact && b.exact}
}

/** Whether everything in `inner` is certainly in `outer`. */
export function within(inner: Box, outer: Box): boolean {
  if (!outer.exact) return false
  for (const [component, range] of outer.versions) {
    const own = inner.versions.get(component)
    if (!own || !isSubset(own, range)) return false
  }
  for (const [key, value] of outer.values) if (inner.values.get(key) !== value) return false
  return true
}

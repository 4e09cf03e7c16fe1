import {contains, everything} from '../lib/range.ts'
import {parseRange} from '../lib/range-text.ts'
import {minorsAhead, type Version} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Condition} from '../matrix/schema/rules.ts'
import {absent} from './absent.ts'

/** `open`: it asks about something that the site does not have or did not say. */
export type Truth = 'yes' | 'no' | 'open'

/** What stands for a component: a variable of the search, with its versions. */
export type Subject = {readonly index: number; readonly versions: readonly Version[]}

/** A condition made ready to be asked many times; `scope` are the variables that it reads. */
export type Compiled = {
  readonly scope: ReadonlySet<number>
  readonly truth: (state: ArrayLike<number>) => Truth
}

export type Subjects = ReadonlyMap<string, Subject>

/** Each range is looked up once for each version; asking is then a matter of table look-ups. */
export function compileCondition(
  condition: Condition,
  subjects: Subjects,
  matrix: Matrix,
  values: Readonly<Record<string, string | null>>,
): Compiled {
  const parts: Compiled[] = [
    ...Object.entries(condition.versions).map(([component, range]) =>
      inRange(component, range, subjects, matrix),
    ),
    ...Object.entries(condition.values ?? {}).map(([name, wanted]) => hasValue(name, wanted, matrix, values)),
    ...(condition.skew ? [inSkew(condition.skew, subjects)] : []),
    ...(condition.all ?? []).map(part => compileCondition(part, subjects, matrix, values)),
    ...(condition.any
      ? [anyOf(condition.any.map(part => compileCondition(part, subjects, matrix, values)))]
      : []),
    ...(condition.not ? [not(compileCondition(condition.not, subjects, matrix, values))] : []),
  ]
  return allOf(parts)
}

function constant(truth: Truth): Compiled {
  return {scope: new Set(), truth: () => truth}
}

function inRange(component: string, text: string, subjects: Subjects, matrix: Matrix): Compiled {
  const subject = subjects.get(component)
  if (!subject) return constant('open')
  const scheme = matrix.components[component]?.scheme ?? 'semver'
  const range = parseRange(text, scheme).range ?? everything(scheme)
  const {index, versions} = subject
  const truths = versions.map(
    (version): Truth => (version === absent ? 'open' : contains(range, version) ? 'yes' : 'no'),
  )
  return {scope: new Set([index]), truth: state => truths[state[index] ?? 0] ?? 'open'}
}

function hasValue(
  name: string,
  wanted: string | null,
  matrix: Matrix,
  values: Readonly<Record<string, string | null>>,
): Compiled {
  const fallback = Object.values(matrix.components).find(c => Object.hasOwn(c.values, name))?.values[name]
    ?.default
  const actual = Object.hasOwn(values, name) ? values[name] : fallback
  if (actual === undefined) return constant('open')
  return constant(actual === wanted ? 'yes' : 'no')
}

function inSkew({of, to, min, max}: NonNullable<Condition['skew']>, subjects: Subjects): Compiled {
  const [a, b] = [subjects.get(of), subjects.get(to)]
  if (!a || !b) return constant('open')
  const truths = a.versions.map(x =>
    b.versions.map((y): Truth => {
      if (x === absent || y === absent) return 'open'
      const ahead = minorsAhead(x, y)
      return ahead !== undefined && ahead >= min && ahead <= max ? 'yes' : 'no'
    }),
  )
  const truth = (state: ArrayLike<number>) => truths[state[a.index] ?? 0]?.[state[b.index] ?? 0] ?? 'open'
  return {scope: new Set([a.index, b.index]), truth}
}

function allOf(parts: readonly Compiled[]): Compiled {
  const [only] = parts
  if (only && parts.length === 1) return only
  return joined(parts, state => {
    let open = false
    for (const part of parts) {
      const truth = part.truth(state)
      if (truth === 'no') return 'no'
      open ||= truth === 'open'
    }
    return open ? 'open' : 'yes'
  })
}

function anyOf(parts: readonly Compiled[]): Compiled {
  return joined(parts, state => {
    let open = false
    for (const part of parts) {
      const truth = part.truth(state)
      if (truth === 'yes') return 'yes'
      open ||= truth === 'open'
    }
    return open ? 'open' : 'no'
  })
}

function not(part: Compiled): Compiled {
  const flipped = {yes: 'no', no: 'yes', open: 'open'} as const
  return joined([part], state => flipped[part.truth(state)])
}

function joined(parts: readonly Compiled[], truth: Compiled['truth']): Compiled {
  return {scope: new Set(parts.flatMap(part => [...part.scope])), truth}
}

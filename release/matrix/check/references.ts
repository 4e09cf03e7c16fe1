import type {Diagnostic} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import {isMapping} from '#lib/schema-walk.ts'
import type {YamlPath} from '#lib/yaml.ts'
import {reservedConditionKeys} from '../schema/rules.ts'
import {atomsOf, conditionsOf} from './conditions.ts'
import {type Context, problem} from './context.ts'

/** Names that nothing has: M101 component, M102 source, M103 rule, M104 procedure, M105 value, M106 channel. */
export function* references(context: Context): Generator<Diagnostic> {
  yield* components(context)
  yield* conditions(context)
  yield* sources(context)
  yield* transitions(context)
  const {release} = context.matrix
  if (release && !Object.hasOwn(release.channels, release.channel))
    yield unknown(
      context,
      ['release', 'channel'],
      'M106',
      'channel',
      release.channel,
      Object.keys(release.channels),
    )
}

function unknown(
  context: Context,
  path: YamlPath,
  code: string,
  kind: string,
  name: string,
  known: readonly string[],
  at?: 'key',
): Diagnostic {
  const meant = didYouMean(name, known)
  const some = known.length > 0 && known.length <= 12 ? `one of ${[...known].sort().join(', ')}` : undefined
  return problem(context, path, {
    code,
    message: `there is no ${kind} \`${name}\``,
    ...(at ? {at} : {}),
    ...(meant ? {hint: `did you mean \`${meant}\`?`} : some ? {expected: some} : {}),
  })
}

/** Undefined when a used matrix may bring any component, so that none can be called unknown. */
function knownComponents({matrix}: Context): string[] | undefined {
  const imported = matrix.uses.map(use => use.components)
  if (imported.includes(undefined)) return undefined
  return [...Object.keys(matrix.components), ...imported.flatMap(names => names ?? [])]
}

function* components(context: Context): Generator<Diagnostic> {
  const {matrix} = context
  const known = knownComponents(context)
  if (!known) return
  const named: [YamlPath, string | undefined][] = [
    [['product', 'component'], matrix.product.component],
    ...matrix.procedures.map((p, i): [YamlPath, string | undefined] => [
      ['procedures', i, 'component'],
      p.component,
    ]),
    ...(matrix.reference?.featureGates ?? []).map((gate, i): [YamlPath, string] => [
      ['reference', 'featureGates', i, 'component'],
      gate.component,
    ]),
  ]
  for (const [path, name] of named)
    if (name !== undefined && !known.includes(name))
      yield unknown(context, path, 'M101', 'component', name, known)
  const speakers = [...known, ...(matrix.release?.components ?? [])]
  for (const [i, api] of (matrix.release?.apis ?? []).entries())
    if (!speakers.includes(api.component))
      yield unknown(
        context,
        ['release', 'apis', i, 'component'],
        'M101',
        'component',
        api.component,
        speakers,
      )
}

function* conditions(context: Context): Generator<Diagnostic> {
  const known = knownComponents(context)
  const values = Object.values(context.matrix.components).flatMap(c => Object.keys(c.values))
  for (const {condition, path} of conditionsOf(context))
    for (const atom of atomsOf(condition, path)) {
      if (atom.kind === 'value') {
        if (!values.includes(atom.key) && context.matrix.uses.length === 0)
          yield unknown(context, atom.path, 'M105', 'value', atom.key, values, 'key')
      } else if (atom.kind === 'version') {
        if (known && !known.includes(atom.component))
          yield unknown(
            context,
            atom.path,
            'M101',
            'component',
            atom.component,
            [...known, ...reservedConditionKeys],
            'key',
          )
      } else {
        for (const side of ['of', 'to'] as const)
          if (known && !known.includes(atom[side]))
            yield unknown(context, [...atom.path, side], 'M101', 'component', atom[side], known)
      }
    }
}

/** Every `source` of the whole file, wherever it stands; conditions have none. */
function* sources(context: Context): Generator<Diagnostic> {
  const {matrix} = context
  const known = [...Object.keys(matrix.sources), ...matrix.evidence.map(e => e.id)]
  for (const [path, name] of citations(context.matrix, []))
    if (!known.includes(name)) yield unknown(context, path, 'M102', 'source', name, known)
}

const withoutCitations = new Set(['sources', 'when', 'requires', 'claims', 'values', 'parameters'])

function* citations(value: unknown, path: YamlPath): Generator<[YamlPath, string]> {
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* citations(item, [...path, i])
  if (!isMapping(value)) return
  // A component may itself be called `source`; there it is a mapping.
  if (typeof value.source === 'string') yield [[...path, 'source'], value.source]
  for (const [key, inner] of Object.entries(value))
    if (!withoutCitations.has(key) || path.at(-1) === 'components') yield* citations(inner, [...path, key])
}

function* transitions(context: Context): Generator<Diagnostic> {
  const {matrix} = context
  const known = knownComponents(context)
  const groups = Object.values(matrix.components).flatMap(c => (c.group === undefined ? [] : [c.group]))
  const rules = matrix.rules.map(r => r.id)
  const procedures = matrix.procedures.map(p => p.id)
  for (const [i, transition] of matrix.transitions.entries()) {
    const path = ['transitions', i] as const
    const movers = [...(known ?? []), ...groups]
    if (known && !movers.includes(transition.component))
      yield unknown(
        context,
        [...path, 'component'],
        'M101',
        'component or group',
        transition.component,
        movers,
      )
    for (const [j, guard] of transition.guards.entries())
      if (!rules.includes(guard)) yield unknown(context, [...path, 'guards', j], 'M103', 'rule', guard, rules)
    const back = transition.back?.procedure
    if (back !== undefined && !procedures.includes(back))
      yield unknown(context, [...path, 'back', 'procedure'], 'M104', 'procedure', back, procedures)
  }
}

import type {YamlPath} from '#lib/yaml.ts'
import type {Condition, Rule} from '../schema/rules.ts'
import type {Context} from './context.ts'

/** One elementary statement of a condition, with its path in the file. */
export type Atom = {path: YamlPath} & (
  | {kind: 'version'; component: string; range: string}
  | {kind: 'value'; key: string; value: string | null}
  | {kind: 'skew'; of: string; to: string; min: number; max: number}
)

/** All elementary statements of a condition, however deep. */
export function* atomsOf(condition: Condition, path: YamlPath): Generator<Atom> {
  for (const [component, range] of Object.entries(condition.versions))
    yield {kind: 'version', component, range, path: [...path, component]}
  for (const [key, value] of Object.entries(condition.values ?? {}))
    yield {kind: 'value', key, value, path: [...path, 'values', key]}
  if (condition.skew) yield {kind: 'skew', ...condition.skew, path: [...path, 'skew']}
  for (const word of ['all', 'any'] as const)
    for (const [i, part] of (condition[word] ?? []).entries()) yield* atomsOf(part, [...path, word, i])
  if (condition.not) yield* atomsOf(condition.not, [...path, 'not'])
}

/** The conditions of all rules, with what they are for. */
export function* conditionsOf({
  matrix,
}: Context): Generator<{condition: Condition; path: YamlPath; part: 'when' | 'requires'}> {
  for (const [i, rule] of matrix.rules.entries()) {
    if (rule.when) yield {condition: rule.when, path: ['rules', i, 'when'], part: 'when'}
    if (rule.requires) yield {condition: rule.requires, path: ['rules', i, 'requires'], part: 'requires'}
  }
}

/** The components that a rule names anywhere. */
export function componentsNamed({when, requires}: Rule): Set<string> {
  const atoms = [when, requires].flatMap(part => (part ? [...atomsOf(part, [])] : []))
  return new Set(
    atoms.flatMap(atom =>
      atom.kind === 'version' ? [atom.component] : atom.kind === 'skew' ? [atom.of, atom.to] : [],
    ),
  )
}

import {fail} from '#lib/diagnostics.ts'
import {isMapping} from '#lib/schema-walk.ts'
import {parseYaml, type YamlPath} from '#lib/yaml.ts'
import {toYaml} from '#lib/yaml-out.ts'
import {gapAt} from '../matrix/compat/covers.ts'
import {edited, itemAtEnd, scalarEdit} from '../matrix/edit.ts'
import type {Evidence} from '../matrix/schema/evidence.ts'
import type {Level} from '../matrix/schema/facts.ts'
import type {Matrix} from '../matrix/schema/index.ts'

/** What became of a fact that a record names. */
export type Outcome = {
  id: string
  /** `unknown`: the matrix has no such fact; `short`: it says more than was tested. */
  result: 'raised' | 'tested' | 'broken' | 'short' | 'unknown'
  from?: Level
  why?: string
}

export type Applied = {text: string; outcomes: Outcome[]}

/**
 * The matrix with one more run among its evidence, and with the level `tested` for every fact that its records prove
 * and cover; nothing else changes. Applied again, it changes nothing.
 * @throws H011 it is of another product or of a version that the matrix does not list, L032 the matrix has another form
 */
export function applyEvidence(
  text: string,
  file: string,
  matrix: Matrix,
  {product, ...evidence}: Evidence & {product: string},
): Applied {
  refuseOthers(matrix, product, evidence)
  const source = parseYaml(text, file)
  const there = matrix.evidence.find(e => e.statement === evidence.statement)
  const all = there ? matrix.evidence : [...matrix.evidence, evidence]
  const facts = factsOf(matrix, [])
  const outcomes: Outcome[] = []
  const edits = there ? [] : [itemAtEnd(source, 'evidence', toYaml(evidence).trimEnd().split('\n'))]
  for (const id of [...new Set(evidence.records.flatMap(r => r.proves))].sort()) {
    const named = facts.filter(fact => fact.id === id)
    if (named.length === 0) outcomes.push({id, result: 'unknown', why: 'the matrix has no fact of this name'})
    for (const fact of named) {
      const outcome = outcomeOf(matrix, fact, all)
      outcomes.push(outcome)
      if (outcome.result !== 'raised') continue
      for (const [key, value] of [
        ['level', 'tested'],
        ['source', evidence.id],
        ['asOf', evidence.date],
      ] as const) {
        const edit = scalarEdit(source, [...fact.path, key], value)
        if (edit) edits.push(edit)
      }
    }
  }
  return {text: edited(text, edits), outcomes}
}

type Fact = {path: YamlPath; id: string; level: Level}

function outcomeOf(matrix: Matrix, {id, level, path}: Fact, all: readonly Evidence[]): Outcome {
  // That something does not work is not undone by a test that went well beside it.
  if (level === 'broken') return {id, result: 'broken', why: 'the matrix says that it does not work'}
  const gap = gapAt(matrix, path, all)
  if (gap !== undefined) return {id, result: 'short', from: level, why: gap}
  return level === 'tested' ? {id, result: 'tested'} : {id, result: 'raised', from: level}
}

/** Everything that has a name and a level, with its place. */
function factsOf(value: unknown, path: YamlPath): Fact[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => factsOf(item, [...path, i]))
  if (!isMapping(value)) return []
  const {id, level} = value
  const own = typeof id === 'string' && typeof level === 'string' ? [{path, id, level: level as Level}] : []
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => factsOf(inner, [...path, key]))]
}

function refuseOthers(matrix: Matrix, product: string, {version}: Evidence): void {
  const own = matrix.components[matrix.product.component]?.versions.map(v => v.version) ?? []
  if (product === matrix.product.id && own.includes(version)) return
  fail({
    code: 'H011',
    message: `this is evidence of ${product} ${version}`,
    expected: `${matrix.product.id}, in one of the versions ${own.join(', ')}`,
  })
}

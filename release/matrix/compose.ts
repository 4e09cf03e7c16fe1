import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {compareVersions, parseVersion} from '../lib/versions.ts'
import {componentsNamed} from './check/conditions.ts'
import type {Component, ComponentVersion} from './schema/components.ts'
import type {Matrix} from './schema/index.ts'
import type {Rule, Transition} from './schema/rules.ts'

/** A matrix that another builds on; `components` says what is taken of it, everything if left out. */
export type Used = {readonly matrix: Matrix; readonly components?: readonly string[] | undefined}

/**
 * One matrix of several. What they have in common is joined: the versions of a component that both list, each once, as
 * the first says it. Rules, transitions, procedures and sources of the same id that differ both stay; the later one's
 * id then begins with its product. Rules about components that nobody brought are left out.
 * @throws DiagnosticError C083 a component whose versions the matrices order differently, all at once
 */
export function composeMatrices(own: Matrix, used: readonly Used[]): Matrix {
  const composed = used.reduce((whole, one) => joined(whole, taken(one)), own)
  const known = new Set(Object.keys(composed.components))
  const speaks = (rule: Rule) => [...componentsNamed(rule)].every(name => known.has(name))
  // Its own rules keep their places, by which they are found in its file.
  const rules = [...own.rules, ...composed.rules.slice(own.rules.length).filter(speaks)]
  return {...composed, uses: [], rules}
}

function taken({matrix, components}: Used): Matrix {
  if (components === undefined) return matrix
  const wanted = new Set(components)
  const groups = new Set(components.flatMap(name => matrix.components[name]?.group ?? []))
  const transitions = matrix.transitions.filter(t => wanted.has(t.component) || groups.has(t.component))
  const backwards = new Set(transitions.map(t => t.back?.procedure))
  return {
    ...matrix,
    components: Object.fromEntries(Object.entries(matrix.components).filter(([name]) => wanted.has(name))),
    transitions,
    procedures: matrix.procedures.filter(
      p => (p.component !== undefined && wanted.has(p.component)) || backwards.has(p.id),
    ),
  }
}

function joined(first: Matrix, second: Matrix): Matrix {
  const problems: Diagnostic[] = []
  const sources = renamed(Object.entries(first.sources), Object.entries(second.sources), second.product.id)
  const evidence = facts(first.evidence, second.evidence, second.product.id)
  // Evidence is cited as a source is.
  const cited = new Map([...sources.names, ...evidence.names])
  const cite = <T>(value: T): T => recited(value, cited) as T
  const components = {...first.components}
  for (const [name, theirs] of Object.entries(second.components)) {
    const ours = components[name]
    if (ours && ours.scheme !== theirs.scheme)
      problems.push({
        code: 'C083',
        severity: 'error',
        message: `${first.product.id} orders versions of ${name} as ${ours.scheme}, and ${second.product.id} as ${theirs.scheme}`,
        hint: 'take the component of one of them only, by `components` of `uses`',
      })
    components[name] = ours ? joinedComponent(ours, cite(theirs)) : cite(theirs)
  }
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  const rules = facts(first.rules, cite(second.rules), second.product.id)
  const procedures = facts(first.procedures, cite(second.procedures), second.product.id)
  const moves = cite(second.transitions).map(move => following(move, rules.names, procedures.names))
  return {
    ...first,
    sources: Object.fromEntries(sources.entries),
    components,
    rules: rules.facts,
    transitions: facts(first.transitions, moves, second.product.id).facts,
    procedures: procedures.facts,
    evidence: evidence.facts,
  }
}

type Names = ReadonlyMap<string, string>

/** Facts of both; `names` says which of the second's got another id. */
function facts<T extends {id: string}>(
  first: readonly T[],
  second: readonly T[],
  prefix: string,
): {facts: T[]; names: Names} {
  const pairs = (list: readonly T[]) => list.map((fact): [string, T] => [fact.id, fact])
  const {entries, names} = renamed(pairs(first), pairs(second), prefix)
  return {facts: entries.map(([id, fact]) => ({...fact, id})), names}
}

/** A transition that names rules and a procedure by the ids that they have now. */
function following(move: Transition, rules: Names, procedures: Names): Transition {
  const {back} = move
  const procedure = back?.procedure && (procedures.get(back.procedure) ?? back.procedure)
  return {
    ...move,
    guards: move.guards.map(id => rules.get(id) ?? id),
    ...(back && procedure ? {back: {...back, procedure}} : {}),
  }
}

/** Entries of both: the same once, others of the same name under a name with a prefix; `names` says which. */
function renamed<T>(
  first: readonly [string, T][],
  second: readonly [string, T][],
  prefix: string,
): {entries: [string, T][]; names: Names} {
  const known = new Map(first)
  const names = new Map<string, string>()
  const entries = [...first]
  for (const [name, value] of second) {
    const ours = known.get(name)
    if (ours === undefined) entries.push([name, value])
    else if (JSON.stringify(ours) !== JSON.stringify(value)) {
      names.set(name, `${prefix}.${name}`)
      entries.push([`${prefix}.${name}`, value])
    }
  }
  return {entries, names}
}

/** The same value, citing sources by their new names. */
function recited(value: unknown, names: Names): unknown {
  if (names.size === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => recited(item, names))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'source' && typeof inner === 'string' ? (names.get(inner) ?? inner) : recited(inner, names),
    ]),
  )
}

function joinedComponent(ours: Component, theirs: Component): Component {
  const {scheme} = ours
  const place = (entry: ComponentVersion) => parseVersion(entry.version, scheme)
  const more = theirs.versions.filter(v => !ours.versions.some(own => own.version === v.version))
  const versions = [...ours.versions, ...more].sort((a, b) => {
    const [x, y] = [place(a), place(b)]
    return x && y ? compareVersions(x, y) : 0
  })
  return {
    ...theirs,
    ...ours,
    versions,
    values: {...theirs.values, ...ours.values},
    removedApis: [
      ...ours.removedApis,
      ...theirs.removedApis.filter(a => !ours.removedApis.some(own => own.api === a.api)),
    ],
  }
}

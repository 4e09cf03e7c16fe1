/** A chart's values as data: one description, from which values.yaml, its schema and its table are made. */

/** A part of a JSON schema, draft 7, as Helm's validator reads it. */
export type JsonSchema = {readonly [keyword: string]: unknown}

export type Leaf = {kind: 'leaf'; doc: string; value: unknown; schema: JsonSchema}
export type Group = {
  kind: 'group'
  doc: string
  entries: Readonly<Record<string, Node>>
  /** In place of the entries' own: where other keys are taken too. */
  schema?: JsonSchema
}
/** A value of an earlier chart that is still understood: in the schema, but in no default. */
export type Earlier = {kind: 'earlier'; doc: string; schema: JsonSchema}
export type Node = Leaf | Group | Earlier

export function group(doc: string, entries: Readonly<Record<string, Node>>): Group {
  return {kind: 'group', doc, entries}
}

/** A value with its default; a schema is taken from the default's type when none is given. */
export function leaf(doc: string, value: unknown, schema: JsonSchema = typeOf(value)): Leaf {
  return {kind: 'leaf', doc, value, schema}
}

export function earlier(doc: string, schema: JsonSchema): Earlier {
  return {kind: 'earlier', doc, schema}
}

function typeOf(value: unknown): JsonSchema {
  if (Array.isArray(value)) return {type: 'array', items: {type: 'string'}}
  return {type: typeof value}
}

/** The plain defaults, as values.yaml holds them. */
export function defaults(node: Leaf | Group): unknown {
  if (node.kind === 'leaf') return node.value
  return Object.fromEntries(entriesWithDefaults(node).map(([key, child]) => [key, defaults(child)]))
}

/** A group's entries that stand in values.yaml. */
export function entriesWithDefaults({entries}: Group): [string, Leaf | Group][] {
  return Object.entries(entries).filter((entry): entry is [string, Leaf | Group] => hasDefaults(entry[1]))
}

function hasDefaults(node: Node): node is Leaf | Group {
  return node.kind === 'leaf' || (node.kind === 'group' && Object.values(node.entries).some(hasDefaults))
}

/** Every leaf with its dotted path, in order. */
export function leaves(node: Node): {path: string; leaf: Leaf}[] {
  return walk(node).flatMap(({path, node}) => (node.kind === 'leaf' ? [{path, leaf: node}] : []))
}

/** Every value of an earlier chart with its dotted path, in order. */
export function earlierValues(node: Node): {path: string; doc: string}[] {
  return walk(node).flatMap(({path, node}) => (node.kind === 'earlier' ? [{path, doc: node.doc}] : []))
}

function walk(node: Node, path: readonly string[] = []): {path: string; node: Leaf | Earlier}[] {
  if (node.kind !== 'group') return [{path: path.join('.'), node}]
  return Object.entries(node.entries).flatMap(([key, child]) => walk(child, [...path, key]))
}

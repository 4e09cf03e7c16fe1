/** A chart's values as data: one description, from which values.yaml, its schema and its table are made. */

/** A part of a JSON schema, draft 7, as Helm's validator reads it. */
export type JsonSchema = {readonly [keyword: string]: unknown}

export type Leaf = {kind: 'leaf'; doc: string; value: unknown; schema: JsonSchema}
export type Group = {kind: 'group'; doc: string; entries: Readonly<Record<string, Node>>}
export type Node = Leaf | Group

export function group(doc: string, entries: Readonly<Record<string, Node>>): Group {
  return {kind: 'group', doc, entries}
}

/** A value with its default; a schema is taken from the default's type when none is given. */
export function leaf(doc: string, value: unknown, schema: JsonSchema = typeOf(value)): Leaf {
  return {kind: 'leaf', doc, value, schema}
}

function typeOf(value: unknown): JsonSchema {
  if (Array.isArray(value)) return {type: 'array', items: {type: 'string'}}
  return {type: typeof value}
}

/** The plain defaults, as values.yaml holds them. */
export function defaults(node: Node): unknown {
  if (node.kind === 'leaf') return node.value
  return Object.fromEntries(Object.entries(node.entries).map(([key, child]) => [key, defaults(child)]))
}

/** Every leaf with its dotted path, in order. */
export function leaves(node: Node, path: readonly string[] = []): {path: string; leaf: Leaf}[] {
  if (node.kind === 'leaf') return [{path: path.join('.'), leaf: node}]
  return Object.entries(node.entries).flatMap(([key, child]) => leaves(child, [...path, key]))
}

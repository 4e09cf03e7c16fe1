import {comment, toYaml} from '#lib/yaml-out.ts'
import {
  earlierValues,
  entriesWithDefaults,
  type Group,
  type JsonSchema,
  type Leaf,
  leaves,
  type Node,
} from './spec.ts'

/** A chart's values.yaml without its first line; each value is explained by a `# --` comment above it. */
export function valuesText(root: Group): string {
  return entriesText(root, '')
}

function entriesText(group: Group, indent: string): string {
  return entriesWithDefaults(group)
    .map(([key, node]) => docText(node, indent) + entryText(key, node, indent))
    .join(indent === '' ? '\n' : '')
}

function entryText(key: string, node: Leaf | Group, indent: string): string {
  if (node.kind === 'group') return `${indent}${key}:\n${entriesText(node, `${indent}  `)}`
  return toYaml({[key]: node.value}).replace(/^(?=.)/gm, indent)
}

function docText(node: Node, indent: string): string {
  return comment(wrap(`-- ${node.doc}`, 98 - indent.length)).replace(/^(?=.)/gm, indent)
}

function wrap(text: string, width: number): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}

/** The JSON schema of a node; groups take no other keys than theirs. */
export function schemaOf(node: Node): JsonSchema {
  const description = node.doc === '' ? {} : {description: plain(node.doc)}
  // A validator of draft 7 passes over the word; who compares values with the schema reads it.
  if (node.kind === 'earlier') return {...description, deprecated: true, ...node.schema}
  if (node.schema) return {...description, ...node.schema}
  if (node.kind !== 'group') return description
  const properties = Object.fromEntries(
    Object.entries(node.entries).map(([key, child]) => [key, schemaOf(child)]),
  )
  return {...description, type: 'object', additionalProperties: false, properties}
}

function plain(markdown: string): string {
  return markdown.replaceAll('`', '')
}

/** The values as a Markdown table. */
export function valuesTable(root: Group): string {
  const rows = leaves(root).map(({path, leaf}) => {
    const value = JSON.stringify(leaf.value) ?? ''
    const shown = value.length > 60 ? 'see values.yaml' : `\`${value}\``
    return `| \`${path}\` | ${cell(shown)} | ${cell(leaf.doc)} |`
  })
  return ['| value | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

/** What became of an earlier chart's values, as a Markdown table. */
export function earlierTable(root: Group): string {
  const rows = earlierValues(root).map(({path, doc}) => `| \`${path}\` | ${cell(doc)} |`)
  return ['| earlier value | today |', '|---|---|', ...rows].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

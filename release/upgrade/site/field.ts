import {type Diagnostic, DiagnosticError, type Place} from '#lib/diagnostics.ts'
import {parseYaml, type YamlSource} from '#lib/yaml.ts'
import {at} from '../../lib/fields.ts'
import {literally} from '../../lib/regexp.ts'

export type Field = {readonly value: string; readonly place: Place}

/**
 * The field of a file at a path: `spec.chart.spec.version`, `spec.sources[0].targetRevision`, `images[name=mlflow].newTag`
 * in YAML and JSON; the name of an attribute in Terraform's files (`cluster_version` in `terraform.tfvars`). Where a file has
 * several documents, the one that has the path; `[kind=HelmRelease].spec.version`, `[metadata.name=app].spec.version` or
 * `[1].spec.version` tell which, when several have it.
 * @throws DiagnosticError J020 no such field, J021 it is not one version, or in several documents, and the problems of the
 * YAML; with their places
 */
export function readField(text: string, file: string, path: string): Field {
  return /\.(tf|tfvars|hcl)$/.test(file) ? hclField(text, file, path) : yamlField(text, file, path).field
}

/** The text of the one document of a YAML file in which the field stands. @throws DiagnosticError as reading does */
export function documentOf(text: string, file: string, path: string): string {
  return yamlField(text, file, path).document
}

type Found = {field: Field; document: string}

function yamlField(text: string, file: string, path: string): Found {
  const all = documentsOf(text).map(one => parseYaml(one, file))
  const problems = all.flatMap(source => source.diagnostics)
  if (problems.length > 0) throw new DiagnosticError(problems)
  const steps = stepsOf(path)
  const [only] = all
  if (only && all.length === 1) return fieldIn(only, steps, path)
  const [first, ...rest] = steps
  const told = typeof first === 'number' || typeof first === 'object'
  const chosen = told ? all.filter((source, i) => isThat(source.value, i, first)) : all
  const found = chosen.flatMap(source => tried(() => fieldIn(source, told ? rest : steps, path)))
  const [field, second] = found
  if (second) refuse('J021', `several documents of this file have ${path}`, second.field.place, which)
  return field ?? refuse('J020', `no document of this file has ${path}`, {file, line: 1, col: 1}, which)
}

const which = 'say which one: [kind=…], [metadata.name=…] or [0] before the path in `at` of the bindings'

/** Each with the lines before it left empty, so that everything stands where it stands in the file. Empty ones are none. */
function documentsOf(text: string): string[] {
  const starts = [0, ...[...text.matchAll(/^---(?=[ \t\r\n]|$)/gm)].map(found => found.index)]
  const parts = starts.map((start, i) => {
    const lines = text.slice(0, start).split('\n').length - 1
    return `${'\n'.repeat(lines)}${text.slice(start, starts[i + 1] ?? text.length)}`
  })
  const full = parts.filter(part => /^(?!---[ \t]*(?:#|\r?$)|[ \t]*(?:#|\r?$)|\.\.\.)/m.test(part))
  return full.length > 0 ? full : [text]
}

function isThat(document: unknown, index: number, step: Step | undefined): boolean {
  if (typeof step === 'number') return index === step
  return typeof step === 'object' && at(document, ...step.key.split('.')) === step.is
}

function tried(work: () => Found): Found[] {
  try {
    return [work()]
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics[0]?.code === 'J020') return []
    throw error
  }
}

function fieldIn(source: YamlSource, steps: readonly Step[], path: string): Found {
  const keys: (string | number)[] = []
  let value: unknown = source.value
  for (const step of steps) {
    const key = typeof step === 'object' ? indexOf(value, step) : step
    const found =
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[key]
        : undefined
    if (found === undefined)
      refuse('J020', `there is no ${path} here: ${stepText(step)} is missing`, source.locate(keys))
    keys.push(key)
    value = found
  }
  if (typeof value !== 'string') refuse('J021', `${path} is not one value`, source.locate(keys))
  return {field: {value, place: source.locate(keys)}, document: source.text}
}

/** A key, a place in a list, or the entry of a list that has a key with this value. */
type Step = string | number | {key: string; is: string}

function stepsOf(path: string): Step[] {
  return [...path.matchAll(/\[(\d+)\]|\[([^=\]]+)=([^\]]*)\]|([^.[\]]+)/g)].map(
    ([, index, key, is = '', word = '']) => {
      if (index !== undefined) return Number(index)
      return key === undefined ? word : {key, is}
    },
  )
}

function indexOf(list: unknown, {key, is}: {key: string; is: string}): number {
  if (!Array.isArray(list)) return -1
  return list.findIndex(entry => (entry as Record<string, unknown> | null)?.[key] === is)
}

function stepText(step: Step): string {
  return typeof step === 'object' ? `an entry with ${step.key} ${step.is}` : String(step)
}

/** Terraform's own language has blocks; an attribute that stands in the file once can be told without reading them. */
function hclField(text: string, file: string, path: string): Field {
  const name = path.split('.').at(-1) ?? path
  const found = [...text.split(/\r?\n/).entries()].flatMap(([i, line]) => {
    const match = new RegExp(`^\\s*${literally(name)}\\s*=\\s*"([^"]*)"`).exec(line)
    if (!match) return []
    const col = line.indexOf('"') + 2
    const value = match[1] ?? ''
    return [{value, place: {file, line: i + 1, col, endLine: i + 1, endCol: col + value.length}}]
  })
  const [first, second] = found
  if (!first) refuse('J020', `there is no ${name} = "…" here`, {file, line: 1, col: 1})
  if (second) refuse('J021', `${name} stands here more than once`, second.place)
  return first
}

function refuse(
  code: string,
  message: string,
  place: Place,
  hint = 'mend `at` of the bindings, or the file',
): never {
  const problem: Diagnostic = {
    code,
    severity: 'error',
    message,
    place,
    hint,
  }
  throw new DiagnosticError([problem])
}

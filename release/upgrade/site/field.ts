import {type Diagnostic, DiagnosticError, type Place} from '#lib/diagnostics.ts'
import {parseYaml} from '#lib/yaml.ts'
import {literally} from '../../lib/regexp.ts'

export type Field = {readonly value: string; readonly place: Place}

/**
 * The field of a file at a path: `spec.chart.spec.version`, `spec.sources[0].targetRevision`, `images[name=mlflow].newTag`
 * in YAML and JSON; the name of an attribute in Terraform's files (`cluster_version` in `terraform.tfvars`).
 * @throws DiagnosticError J020 no such field, J021 it is not one version, and the problems of the YAML; with their places
 */
export function readField(text: string, file: string, path: string): Field {
  return /\.(tf|tfvars|hcl)$/.test(file) ? hclField(text, file, path) : yamlField(text, file, path)
}

function yamlField(text: string, file: string, path: string): Field {
  const source = parseYaml(text, file)
  if (source.diagnostics.length > 0) throw new DiagnosticError(source.diagnostics)
  const keys: (string | number)[] = []
  let value: unknown = source.value
  for (const step of stepsOf(path)) {
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
  return {value, place: source.locate(keys)}
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

function refuse(code: string, message: string, place: Place): never {
  const problem: Diagnostic = {
    code,
    severity: 'error',
    message,
    place,
    hint: 'mend `at` of the bindings, or the file',
  }
  throw new DiagnosticError([problem])
}

import {parse} from 'yaml'
import {fail} from '#lib/diagnostics.ts'

/** A map of values; Helm reads YAML as version 1.1, where `yes` is true. */
export type Values = {readonly [key: string]: unknown}

/** What a chart says of its values. */
export type ChartValues = {
  readonly name: string
  readonly version: string
  readonly defaults: Values
  /** JSON schema of the merged values; undefined when the chart has none. */
  readonly schema: Values | undefined
  /** Paths that templates name, `draDriver.image.tag`. */
  readonly read: ReadonlySet<string>
  /** Paths of which templates take everything that is below them. */
  readonly whole: ReadonlySet<string>
  /** Names of the charts within, whose values they judge themselves. */
  readonly within: ReadonlySet<string>
}

/**
 * @param files paths below the chart's folder, and their texts
 * @throws DiagnosticError J124 it is no chart
 */
export function chartValues(files: ReadonlyMap<string, string>, where: string): ChartValues {
  const meta = mapOf(files.get('Chart.yaml'), `${where}/Chart.yaml`)
  if (!meta)
    fail({
      code: 'J124',
      message: `${where} is no chart: it has no Chart.yaml`,
      hint: 'name the chart’s folder, archive or oci:// reference',
    })
  const schema = files.get('values.schema.json')
  const templates = [...files].filter(([path]) => path.startsWith('templates/')).map(([, text]) => text)
  const dependencies = Array.isArray(meta.dependencies) ? (meta.dependencies as Values[]) : []
  return {
    name: String(meta.name ?? ''),
    version: String(meta.version ?? ''),
    defaults: mapOf(files.get('values.yaml'), `${where}/values.yaml`) ?? {},
    schema: schema === undefined ? undefined : mapOf(schema, `${where}/values.schema.json`),
    read: new Set(templates.flatMap(text => [...readPaths(written(text)), ...pathsWithin(written(text))])),
    whole: wholePaths(templates),
    within: new Set(dependencies.map(({alias, name}) => String(alias ?? name ?? ''))),
  }
}

/** @throws DiagnosticError J124 not YAML, or no map */
function mapOf(text: string | undefined, where: string): Values | undefined {
  if (text === undefined) return undefined
  const value = parsed(text, where)
  if (isMap(value)) return value
  if (value === null) return {}
  return fail({
    code: 'J124',
    message: `${where} is no map`,
    hint: 'the chart is broken; ask who published it',
  })
}

function parsed(text: string, where: string): unknown {
  try {
    return parse(text, {version: '1.1', merge: true})
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    return fail({
      code: 'J124',
      message: `${where} cannot be read: ${said}`,
      hint: 'the chart is broken; ask who published it',
    })
  }
}

export function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `.Values.a.b` anywhere in the templates; `index .Values "a" "b"` and `dig "a" "b" d .Values` count as well. */
function readPaths(text: string): string[] {
  return [
    ...[...text.matchAll(/\.Values\.([A-Za-z_][\w.]*\w|[A-Za-z_])/g)].map(([, path = '']) => path),
    ...[...text.matchAll(/index\s+\$?\.Values((?:\s+"[^"]+")+)/g)].map(([, keys = '']) => words(keys)),
    ...[...text.matchAll(/dig((?:\s+"[^"]+")+)[^\n]*?\$?\.Values\b/g)].map(([, keys = '']) => words(keys)),
  ]
}

/** A template with its values named in full: `(.Values.a).b`, which a missing `a` does not stop, and `$a.b` of `$a := .Values.a`. */
function written(text: string): string {
  const bare = text.replaceAll(/\(\s*(\$?\.Values\.[\w.]*\w)\s*\)(?=\.\w)/g, '$1')
  if (bare !== text) return written(bare)
  const names = [...text.matchAll(/\$(\w+)\s*:?=\s*\$?(\.Values\.[\w.]*\w)\s*-?\}\}/g)]
  return names.reduce(
    (all, [, name = '', path = '']) => all.replaceAll(new RegExp(`\\$${name}(?=\\.\\w)`, 'g'), path),
    text,
  )
}

/** `a.b` of `.b` between `with .Values.a` and its end. */
function pathsWithin(text: string): string[] {
  return [...text.matchAll(/with\s+\$?\.Values\.([\w.]*\w)\s*-?\}\}/g)].flatMap(
    ({0: head, 1: above, index}) =>
      [...blockAt(text, index + head.length).matchAll(/(?<![\w.$)])\.([A-Za-z_][\w.]*\w|[A-Za-z_])/g)].map(
        ([, path = '']) => `${above}.${path}`,
      ),
  )
}

/** What stands between the head of a block and its end. */
function blockAt(text: string, from: number): string {
  let depth = 1
  for (const {1: word, index} of text.slice(from).matchAll(/\{\{-?\s*(if|range|with|define|block|end)\b/g)) {
    depth += word === 'end' ? -1 : 1
    if (depth === 0) return text.slice(from, from + index)
  }
  return text.slice(from)
}

/** `toYaml .Values.a`, `range … .Values.a`, and `with .Values.a` around `toYaml .`. */
function wholePaths(templates: readonly string[]): Set<string> {
  const path = '\\(?\\$?\\.Values\\.([A-Za-z_][\\w.]*\\w|[A-Za-z_])'
  const forms = [
    `(?:toYaml|toJson|tpl|range[^}]*?|merge[^}]*?|mergeOverwrite[^}]*?)\\s+${path}`,
    `${path}\\)?\\s*\\|[^}]*?(?:toYaml|toJson)`,
    `with\\s+${path}\\s*-?\\}\\}[\\s\\S]{0,200}?toYaml\\s+\\.\\s`,
  ].map(form => new RegExp(form, 'g'))
  return new Set(
    templates.flatMap(text => forms.flatMap(form => [...text.matchAll(form)].map(([, found = '']) => found))),
  )
}

function words(text: string): string {
  return [...text.matchAll(/"([^"]+)"/g)].map(([, word = '']) => word).join('.')
}

import {type Diagnostic, type Place, sortDiagnostics} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import type {YamlPath, YamlSource} from '#lib/yaml.ts'
import {type ChartValues, isMap, type Values} from './chart.ts'
import {schemaProblems} from './schema.ts'
import {schemaAt} from './schema-at.ts'

/** A default that is another in the new version, where the site says nothing of its own. */
export type ChangedDefault = {path: string; from: unknown; to: unknown}

export type ValuesCheck = {diagnostics: Diagnostic[]; changed: ChangedDefault[]}

/**
 * Somebody's values against a chart, every problem at its place in their file: J120 nothing reads the key, J121 it has
 * another name now or is gone, J122 the chart refuses the value, J123 something has to be given.
 * @param values as Helm reads them, and `source` the same file with its places
 * @param before the chart in the version that the values were written for
 */
export function checkValues(
  values: Values,
  source: YamlSource,
  chart: ChartValues,
  before?: ChartValues,
): ValuesCheck {
  const keys = keyProblems(values, [], chart, before, source)
  const told = new Set(keys.flatMap(({place}) => (place ? [placeKey(place)] : [])))
  const schema = schemaProblems(values, source, chart).filter(
    ({code, place}) => code === 'J123' || !place || !told.has(placeKey(place)),
  )
  return {
    diagnostics: sortDiagnostics([...keys, ...schema]),
    changed: before ? changedDefaults(before.defaults, chart.defaults, values, '') : [],
  }
}

function placeKey({line, col}: Place): string {
  return `${line}:${col}`
}

/** What nothing reads, and what has another name. */
function keyProblems(
  values: Values,
  path: readonly string[],
  chart: ChartValues,
  before: ChartValues | undefined,
  source: YamlSource,
): Diagnostic[] {
  return Object.entries(values).flatMap(([key, value]): Diagnostic[] => {
    const here = [...path, key]
    if (path.length === 0 && (key === 'global' || chart.within.has(key))) return []
    const renamed = deprecation(chart.schema, here)
    if (renamed !== undefined)
      return [
        {
          ...problem('J121', 'warning', `${here.join('.')} is an earlier name`, here, source),
          hint: `use ${renamed}`,
        },
      ]
    const known = at(chart.defaults, here)
    if (isMap(value) && hasParts(here, chart)) return keyProblems(value, here, chart, before, source)
    if (known !== undefined || isRead(here, chart) || schemaHas(chart.schema, here)) {
      return mismatch(known, value) ? [problem('J122', 'error', mismatchText(here, known), here, source)] : []
    }
    return [dead(here, value, chart, before, source)]
  })
}

/** Whether the chart says which keys there are below a path. */
function hasParts(path: readonly string[], {defaults, schema}: ChartValues): boolean {
  const known = at(defaults, path)
  return (isMap(known) && Object.keys(known).length > 0) || isMap(schemaAt(schema, path)?.properties)
}

function mismatch(known: unknown, value: unknown): boolean {
  return isMap(known) && Object.keys(known).length > 0 && !isMap(value) && value !== null
}

function mismatchText(path: readonly string[], known: unknown): string {
  const keys = isMap(known) ? Object.keys(known).slice(0, 4).join(', ') : ''
  return `${path.join('.')} is a map in the chart (${keys} …); Helm ignores what is none`
}

function dead(
  path: readonly string[],
  value: unknown,
  chart: ChartValues,
  before: ChartValues | undefined,
  source: YamlSource,
): Diagnostic {
  const name = path.join('.')
  const was = before !== undefined && (at(before.defaults, path) !== undefined || isRead(path, before))
  const meant = successor(path, chart)
  if (was)
    return {
      ...problem(
        'J121',
        'error',
        `${name} is gone: ${before.version} read it, ${chart.version} does not`,
        path,
        source,
      ),
      ...(meant ? {hint: `perhaps it is ${meant} now`} : {hint: 'look for it in the release notes'}),
    }
  const siblings = at(chart.defaults, path.slice(0, -1))
  const near = isMap(siblings) ? didYouMean(path.at(-1) ?? '', Object.keys(siblings)) : undefined
  const better = near ? [...path.slice(0, -1), near].join('.') : meant
  return {
    ...problem('J120', 'error', `nothing in the chart reads ${name}`, path, source),
    hint: better
      ? `did you mean ${better}?`
      : isMap(value)
        ? 'remove it, with all that is in it'
        : 'remove it',
  }
}

/** The one other path of the chart that ends with the same key. */
function successor(path: readonly string[], {defaults}: ChartValues): string | undefined {
  const key = path.at(-1)
  const found = leafPaths(defaults, '').filter(p => p.split('.').at(-1) === key && p !== path.join('.'))
  return found.length === 1 ? found[0] : undefined
}

function leafPaths(values: Values, prefix: string): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = `${prefix}${key}`
    return [path, ...(isMap(value) ? leafPaths(value, `${path}.`) : [])]
  })
}

/**
 * Whether anything in the chart reads a value: a template names it or something below it, or takes all of something above
 * it. A template that names something above without taking all of it reads what the defaults list; where they list nothing,
 * anything.
 */
function isRead(path: readonly string[], {read, whole, defaults}: ChartValues): boolean {
  const name = path.join('.')
  const above = path.slice(1).map((_, i) => path.slice(0, i + 1))
  return (
    [...read].some(one => one === name || one.startsWith(`${name}.`)) ||
    above.some(prefix => {
      const parent = prefix.join('.')
      if (whole.has(parent)) return true
      const known = at(defaults, prefix)
      return read.has(parent) && !(isMap(known) && Object.keys(known).length > 0)
    })
  )
}

export function at(values: unknown, path: readonly string[]): unknown {
  let here = values
  for (const key of path) {
    if (!isMap(here) || !Object.hasOwn(here, key)) return undefined
    here = here[key]
  }
  return here
}

/** Whether a schema names a path, or takes any key there by a rule of its own. */
function schemaHas(schema: Values | undefined, path: readonly string[]): boolean {
  if (schemaAt(schema, path)) return true
  const parent = schemaAt(schema, path.slice(0, -1)) ?? {}
  return (
    parent.additionalProperties === true ||
    isMap(parent.additionalProperties) ||
    isMap(parent.patternProperties)
  )
}

/** What a deprecated key is called now, in the schema's words. */
function deprecation(schema: Values | undefined, path: readonly string[]): string | undefined {
  const here = schemaAt(schema, path)
  if (here?.deprecated !== true) return undefined
  return typeof here.description === 'string'
    ? here.description.replace(/\.$/, '')
    : 'what the chart’s documentation says'
}

function changedDefaults(from: Values, to: Values, own: Values, prefix: string): ChangedDefault[] {
  return Object.entries(to).flatMap(([key, value]): ChangedDefault[] => {
    const path = `${prefix}${key}`
    const [old, mine] = [from[key], own[key]]
    if (isMap(value) && isMap(old)) return changedDefaults(old, value, isMap(mine) ? mine : {}, `${path}.`)
    const same = JSON.stringify(old) === JSON.stringify(value)
    return same || mine !== undefined || !Object.hasOwn(from, key) ? [] : [{path, from: old, to: value}]
  })
}

export function problem(
  code: string,
  severity: Diagnostic['severity'],
  message: string,
  path: YamlPath,
  source: YamlSource,
): Diagnostic {
  return {code, severity, message, place: source.locateKey(path)}
}

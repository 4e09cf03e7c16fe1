import {Ajv, type ErrorObject} from 'ajv'
import {Ajv2020} from 'ajv/dist/2020.js'
import {type Diagnostic, fail} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import type {YamlSource} from '#lib/yaml.ts'
import {type ChartValues, isMap, type Values} from './chart.ts'
import {schemaAt} from './schema-at.ts'

/**
 * What the chart's schema says of the values as Helm judges them: merged over the defaults. Problems of what the site has
 * said stand at its place, the others at the nearest key of the file.
 * @throws DiagnosticError J124 the schema itself cannot be used
 */
export function schemaProblems(
  values: Values,
  source: YamlSource,
  {schema, defaults, name, version}: ChartValues,
): Diagnostic[] {
  if (schema === undefined) return []
  const validate = compiled(schema, `${name} ${version}`)
  if (validate(merged(defaults, values))) return []
  const errors = validate.errors ?? []
  return distinct(errors.filter(error => !isSummary(error)).map(error => problemOf(error, source, schema)))
}

function compiled(schema: Values, chart: string) {
  const modern = /20(?:19-09|20-12)/.test(String(schema.$schema ?? ''))
  const options = {
    allErrors: true,
    strict: false,
    validateFormats: false,
    validateSchema: false,
    logger: false,
  } as const
  try {
    return (modern ? new Ajv2020(options) : new Ajv(options)).compile(schema)
  } catch (error) {
    return fail({
      code: 'J124',
      message: `the values schema of ${chart} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'schemas that refer to other files are not fetched; `helm template` tells what Helm makes of it',
    })
  }
}

/** As Helm coalesces them: maps are merged, everything else replaces, null takes a default away. */
export function merged(defaults: Values, own: Values): Values {
  const result: Record<string, unknown> = {...defaults}
  for (const [key, value] of Object.entries(own)) {
    const old = result[key]
    if (value === null) delete result[key]
    else result[key] = isMap(value) && isMap(old) ? merged(old, value) : value
  }
  return result
}

/** That no branch of a union fits says less than why each does not. */
function isSummary({keyword}: ErrorObject): boolean {
  return ['anyOf', 'oneOf', 'allOf', 'if', 'not'].includes(keyword) && keyword !== 'not'
}

function problemOf(
  {instancePath, keyword, params, message = ''}: ErrorObject,
  source: YamlSource,
  schema: Values,
): Diagnostic {
  const path = instancePath
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const name = path.length === 0 ? 'the values' : path.join('.')
  const told = params as Record<string, unknown>
  if (keyword === 'required') {
    const key = String(told.missingProperty)
    const whole = [...path, key].join('.')
    return {
      code: 'J123',
      severity: 'error',
      message: `${whole} has to be given`,
      place: source.locateKey(path),
      hint: `the chart has no default for it; see its README`,
    }
  }
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    const key = String(told.additionalProperty ?? told.unevaluatedProperty)
    const known = schemaAt(schema, path)?.properties
    const near = isMap(known) ? didYouMean(key, Object.keys(known)) : undefined
    return {
      code: 'J120',
      severity: 'error',
      message: `the chart has no ${[...path, key].join('.')}, and refuses what it does not have`,
      place: source.locateKey([...path, key]),
      hint: near === undefined ? 'remove it' : `did you mean ${near}?`,
    }
  }
  const allowed = keyword === 'enum' && Array.isArray(told.allowedValues) ? told.allowedValues : undefined
  return {
    code: 'J122',
    severity: 'error',
    message: `${name} ${message}`,
    place: source.locate(path),
    ...(allowed ? {expected: allowed.map(word => JSON.stringify(word)).join(', ')} : {}),
  }
}

function distinct(problems: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>()
  return problems.filter(({code, message}) => {
    const key = `${code} ${message}`
    return !seen.has(key) && seen.add(key)
  })
}

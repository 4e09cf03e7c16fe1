import type {z} from 'zod'
import type {YamlPath} from './yaml.ts'

type Schema = z.core.$ZodType

/** The definition behind optional, default, nullable, lazy and transforming wrappers: what is written in the file. */
export function bare(schema: Schema): z.core.$ZodTypeDef & z.core.$ZodTypes['_zod']['def'] {
  const def = (schema as z.core.$ZodTypes)._zod.def
  if (def.type === 'optional' || def.type === 'default' || def.type === 'nullable') return bare(def.innerType)
  if (def.type === 'pipe') return bare(def.in)
  if (def.type === 'lazy') return bare(def.getter())
  return def
}

/** The schema that rules at a path of a value; undefined where the path leaves the schema. */
export function schemaAt(schema: Schema, path: YamlPath, value: unknown): Schema | undefined {
  const [first, ...rest] = path
  if (first === undefined) return schema
  const next = stepInto(schema, first, value)
  return next && schemaAt(next, rest, at(value, [first]))
}

function stepInto(schema: Schema, key: string | number, value: unknown): Schema | undefined {
  const def = bare(schema)
  if (def.type === 'object') return Object.hasOwn(def.shape, key) ? def.shape[key] : def.catchall
  if (def.type === 'array') return def.element
  if (def.type === 'record') return def.valueType
  if (def.type !== 'union') return undefined
  const option = fittingOption(def, value) ?? def.options.find(o => stepInto(o, key, value) !== undefined)
  return option && stepInto(option, key, value)
}

/** The option of a union that a mapping was meant to be: by its discriminator, else by the keys it has. */
export function fittingOption(def: z.core.$ZodUnionDef, value: unknown): Schema | undefined {
  if (Array.isArray(value)) return def.options.find(o => bare(o).type === 'array')
  if (!isMapping(value)) return undefined
  const named = def.options.find(o =>
    discriminates(o, value, (def as {discriminator?: string}).discriminator),
  )
  if (named) return named
  const scores = def.options.map(o => knownKeys(o).filter(key => Object.hasOwn(value, key)).length)
  const best = Math.max(...scores)
  return best > 0 && scores.filter(s => s === best).length === 1
    ? def.options[scores.indexOf(best)]
    : undefined
}

function discriminates(option: Schema, value: Record<string, unknown>, key: string | undefined): boolean {
  const def = bare(option)
  const field = key !== undefined && def.type === 'object' ? def.shape[key] : undefined
  const literal = field && bare(field)
  return literal?.type === 'literal' && key !== undefined && literal.values.includes(value[key] as string)
}

/** The keys that a mapping of this schema may have, in the schema's order. */
export function knownKeys(schema: Schema): string[] {
  const def = bare(schema)
  if (def.type === 'object') return Object.keys(def.shape)
  return def.type === 'union' ? [...new Set(def.options.flatMap(knownKeys))] : []
}

/** Whether a mapping may go without a key. */
export function isOptionalKey(schema: Schema | undefined, key: string | number): boolean {
  const def = schema && bare(schema)
  if (def?.type !== 'object') return false
  const field = Object.hasOwn(def.shape, key) ? def.shape[key] : undefined
  return field === undefined || (field as z.core.$ZodTypes)._zod.optin === 'optional'
}

/** What fits a schema, in a few words for "expected". */
export function describeSchema(schema: Schema): string {
  const def = bare(schema)
  switch (def.type) {
    case 'object':
      return `{${Object.keys(def.shape)
        .map(key => (isOptionalKey(schema, key) ? `${key}?` : key))
        .join(', ')}}`
    case 'array':
      return 'a list'
    case 'record':
      return 'a mapping'
    case 'literal':
      return orList(def.values.map(v => `\`${String(v)}\``))
    case 'enum':
      return orList(Object.values(def.entries).map(v => `\`${v}\``))
    case 'union':
      return orList(def.options.map(describeSchema))
    default:
      return 'text'
  }
}

export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a path of plain data; undefined where there is none. */
export function at(value: unknown, path: YamlPath): unknown {
  let here = value
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined
    here = (here as Record<string | number, unknown>)[key]
  }
  return here
}

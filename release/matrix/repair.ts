import type {z} from 'zod'
import {at, isMapping, isOptionalKey, schemaAt} from '#lib/schema-walk.ts'
import type {YamlPath} from '#lib/yaml.ts'

/** Leaving things out may uncover a few more; beyond that the rest is not worth judging. */
const rounds = 3

/**
 * The value without its unknown keys and misshapen optional values, when that is enough to make it fit; list items
 * are never left out, so that paths stay those of the file. Undefined when something needed is wrong.
 */
export function withoutBroken<S extends z.ZodType>(value: unknown, schema: S): z.output<S> | undefined {
  if (value === undefined || value === null) return undefined
  const copy: unknown = structuredClone(value)
  for (let round = 0; round < rounds; round++) {
    const result = schema.safeParse(copy)
    if (result.success) return result.data
    for (const issue of result.error.issues) {
      const path = issue.path.filter(key => typeof key !== 'symbol')
      const paths = issue.code === 'unrecognized_keys' ? issue.keys.map(key => [...path, key]) : [path]
      if (!paths.every(p => remove(copy, p, schema))) return undefined
    }
  }
  return undefined
}

/**
 * Takes out a key that may be left out; false when it may not, or when the rest would mean something else
 * without it, as a condition does.
 */
function remove(value: unknown, path: YamlPath, schema: z.ZodType): boolean {
  if (path.some(key => key === 'when' || key === 'requires')) return false
  const [parent, key] = [path.slice(0, -1), path.at(-1)]
  const owner = at(value, parent)
  if (key === undefined || !isMapping(owner)) return false
  // Two issues of one value: the first has taken it out already.
  if (!Object.hasOwn(owner, key)) return isOptionalKey(schemaAt(schema, parent, value), key)
  if (!isOptionalKey(schemaAt(schema, parent, value), key)) return false
  delete owner[key]
  return true
}

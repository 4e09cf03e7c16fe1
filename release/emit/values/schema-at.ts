import {isMap, type Values} from './chart.ts'

/** The part of a schema that stands for a path, through `properties` alone. */
export function schemaAt(schema: Values | undefined, path: readonly string[]): Values | undefined {
  let here: unknown = schema
  for (const key of path) {
    const properties: unknown = isMap(here) ? here.properties : undefined
    here = isMap(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined
  }
  return isMap(here) ? here : undefined
}

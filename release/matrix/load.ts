import type {z} from 'zod'
import type {Diagnostic} from '#lib/diagnostics.ts'
import {shapeProblems} from '#lib/shape.ts'
import {parseYaml, type YamlSource} from '#lib/yaml.ts'
import {checkMatrix} from './check.ts'
import {withoutBroken} from './repair.ts'
import {type Matrix, matrixSchema} from './schema/index.ts'

export type Loaded<T> = {
  /** Undefined when there are errors. */
  value: T | undefined
  source: YamlSource
  /** Everything that was found, errors and warnings, from all passes that could run. */
  diagnostics: Diagnostic[]
}

/**
 * Reads a matrix: YAML, shape (zod), then meaning (references, contradictions, ranges, kernel mappings).
 * Never throws for bad input; all problems come back together. Where only unknown keys or optional values are
 * misshapen, the meaning of the rest is judged as well.
 */
export function loadMatrix(bytes: Uint8Array | string, file: string): Loaded<Matrix> {
  const loaded = loadShape(bytes, file, matrixSchema)
  const {source} = loaded
  const matrix = loaded.value ?? withoutBroken(source.value, matrixSchema)
  if (!matrix) return loaded
  const diagnostics = [...loaded.diagnostics, ...checkMatrix(matrix, source)]
  const broken = diagnostics.some(d => d.severity === 'error')
  return {value: broken ? undefined : loaded.value, source, diagnostics}
}

/** Reads YAML of any schema whose scalars are text (schema/scalars.ts), with shape problems placed in the file. */
export function loadShape<S extends z.ZodType>(
  bytes: Uint8Array | string,
  file: string,
  schema: S,
): Loaded<z.output<S>> {
  const source = parseYaml(bytes, file)
  if (source.diagnostics.length > 0) return {value: undefined, source, diagnostics: source.diagnostics}
  const result = schema.safeParse(source.value)
  if (result.success) return {value: result.data, source, diagnostics: []}
  return {value: undefined, source, diagnostics: shapeProblems(result.error.issues, schema, source)}
}

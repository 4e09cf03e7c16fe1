import type {Diagnostic} from '#lib/diagnostics.ts'
import type {YamlSource} from '#lib/yaml.ts'
import type {Matrix} from './schema/index.ts'

/** What a matrix means beyond its shape; see codes.ts for the list. */
export function checkMatrix(_matrix: Matrix, _source: YamlSource): Diagnostic[] {
  return []
}

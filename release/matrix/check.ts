import type {Diagnostic} from '#lib/diagnostics.ts'
import type {YamlSource} from '#lib/yaml.ts'
import type {Check} from './check/context.ts'
import {deprecations} from './check/deprecations.ts'
import {duplicates} from './check/duplicates.ts'
import {evidence} from './check/evidence.ts'
import {kernels} from './check/kernels.ts'
import {references} from './check/references.ts'
import {release} from './check/release.ts'
import {rules} from './check/rules.ts'
import {versions} from './check/versions.ts'
import type {Matrix} from './schema/index.ts'

const checks: readonly Check[] = [
  references,
  duplicates,
  versions,
  rules,
  release,
  evidence,
  deprecations,
  kernels,
]

/** What a matrix means beyond its shape; codes.ts tells each problem's story. All problems, in no special order. */
export function checkMatrix(matrix: Matrix, source: YamlSource): Diagnostic[] {
  return checks.flatMap(check => [...check({matrix, source})])
}

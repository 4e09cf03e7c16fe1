import type {Diagnostic} from '#lib/diagnostics.ts'
import {problem, readYaml, refuse} from './refuse.ts'
import type {ApiRow, Table} from './row.ts'

/** `removed-in` is empty for what is only deprecated; the same API and kind may be there twice, and may contradict itself. */
export function pluto(text: string, file: string): Table {
  const source = readYaml(text, file)
  const list = (source.value as {'deprecated-versions'?: unknown} | undefined)?.['deprecated-versions']
  if (!Array.isArray(list))
    return refuse([problem(source.locate([]), 'there is no list `deprecated-versions`')])
  const problems: Diagnostic[] = []
  const remarks: string[] = []
  const rows = new Map<string, ApiRow>()
  for (const [i, entry] of list.entries()) {
    const {
      version: api,
      kind,
      component: owner,
      'removed-in': removed,
      'replacement-api': replacement,
    } = (entry ?? {}) as Record<string, unknown>
    const number = typeof removed === 'string' ? /^v?(\d+\.\d+(?:\.\d+)?)$/.exec(removed)?.[1] : undefined
    if (!isText(api) || !isText(owner) || (isText(removed) && number === undefined)) {
      problems.push(
        problem(source.locate(['deprecated-versions', i]), 'this is not version, component and removed-in'),
      )
      continue
    }
    if (number === undefined) continue
    const row = {
      owner,
      api,
      kind: isText(kind) ? kind : '',
      removed: number,
      ...(isText(replacement) ? {replacement} : {}),
    }
    const key = `${owner} ${api} ${row.kind}`
    const known = rows.get(key)
    if (known && known.removed !== number)
      remarks.push(
        `${api} ${row.kind} is there twice, removed in ${known.removed} and in ${number}; the later row counts`,
      )
    rows.set(key, row)
  }
  if (problems.length > 0) refuse(problems)
  return {rows: [], apis: [...rows.values()], remarks}
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

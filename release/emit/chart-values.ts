/** `a.b: c` as `a: {b: c}`; words that Helm's `--set` takes for booleans, numbers and null are such here too. */
export function nested(values: Readonly<Record<string, string | null>>): Record<string, unknown> {
  const tree: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(values)) {
    const keys = path.split('.')
    let at = tree
    for (const key of keys.slice(0, -1)) {
      at[key] ??= {}
      at = at[key] as Record<string, unknown>
    }
    at[keys.at(-1) ?? ''] = typed(value)
  }
  return tree
}

function typed(value: string | null): string | number | boolean | null {
  if (value === null || value === 'null') return null
  if (value === 'true' || value === 'false') return value === 'true'
  return /^-?(?:0|[1-9]\d{0,14})$/.test(value) ? Number(value) : value
}

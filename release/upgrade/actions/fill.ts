/**
 * Fills {{parameters}} in every text of plain data; one that is not known stays in braces.
 * @returns data of the same shape
 */
export function fillAll<T>(data: T, parameters: Readonly<Record<string, string>>): T {
  return walk(data, text =>
    text.replaceAll(/\{\{([a-zA-Z][\w-]*)\}\}/g, (braces, name: string) =>
      Object.hasOwn(parameters, name) ? (parameters[name] ?? braces) : braces,
    ),
  ) as T
}

/** The parameters that are still open, in the order in which they occur. */
export function openParameters(data: unknown): string[] {
  const names = new Set<string>()
  walk(data, text => {
    for (const [, name = ''] of text.matchAll(/\{\{([a-zA-Z][\w-]*)\}\}/g)) names.add(name)
    return text
  })
  return [...names]
}

function walk(data: unknown, change: (text: string) => string): unknown {
  if (typeof data === 'string') return change(data)
  if (Array.isArray(data)) return data.map(entry => walk(entry, change))
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, walk(value, change)]))
}

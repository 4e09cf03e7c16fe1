import type {Diagnostic} from '#lib/diagnostics.ts'
import {pluto} from './pluto.ts'
import {problem, readYaml, refuse} from './refuse.ts'
import type {Row, Table} from './row.ts'

/** What a published file is; each reads text as it is published. @throws DiagnosticError I001, all at once */
export const formats: Readonly<Record<string, {title: string; read: (text: string, file: string) => Table}>> =
  {
    karpenter: {title: "Karpenter's compatibility.yaml", read: karpenter},
    kubevirt: {title: "KubeVirt's k8s-support-matrix.md", read: kubevirt},
    'cert-manager': {title: "cert-manager's releases page", read: certManager},
    endoflife: {title: 'a product of endoflife.date', read: endOfLife},
    pluto: {title: "Pluto's versions.yaml", read: pluto},
  }

const minor = /^\d+\.\d+$/

/** Numbers such as 1.30 are read as they are written; a YAML parser that reads them as numbers makes 1.3 of it. */
function karpenter(text: string, file: string): Table {
  const source = readYaml(text, file)
  const list = (source.value as {compatibility?: unknown} | undefined)?.compatibility
  if (!Array.isArray(list)) return refuse([problem(source.locate([]), 'there is no list `compatibility`')])
  const problems: Diagnostic[] = []
  const rows = list.flatMap((entry: unknown, i): Row[] => {
    const {appVersion, minK8sVersion: min, maxK8sVersion: max} = (entry ?? {}) as Record<string, unknown>
    const version = typeof appVersion === 'string' ? appVersion.replace(/\.x$/, '') : ''
    if (/^\d+\.\d+(\.\d+)?$/.test(version) && isMinor(min) && isMinor(max))
      return [{version, platform: {min, max}}]
    problems.push(
      problem(source.locate(['compatibility', i]), 'this is not appVersion, minK8sVersion and maxK8sVersion'),
    )
    return []
  })
  if (problems.length > 0) refuse(problems)
  return withoutDoubles(rows)
}

/** A check mark, and the word EOL (supported once, the platform has ended), both say that the two work together. */
function kubevirt(text: string, file: string): Table {
  const [head, , ...lines] = tableLines(text)[0] ?? []
  const columns = (head?.cells ?? []).slice(1).map(cell => /\d+\.\d+/.exec(cell)?.[0] ?? '')
  if (!head || columns.length === 0 || !columns.every(isMinor))
    return refuse([
      problem(
        {file, line: head?.line ?? 1, col: 1},
        'there is no table with Kubernetes versions in its head',
      ),
    ])
  const problems: Diagnostic[] = []
  const rows = lines.flatMap(({cells, line}): Row[] => {
    const [version = '', ...marks] = cells
    const supported = columns.filter((_, i) => !/^-?$/.test(marks[i] ?? ''))
    const [max, min] = [supported[0], supported.at(-1)]
    if (isMinor(version) && max !== undefined && min !== undefined) return [{version, platform: {min, max}}]
    problems.push(problem({file, line, col: 1}, 'this is not a version with marks'))
    return []
  })
  if (problems.length > 0) refuse(problems)
  return {...withoutDoubles(rows), oldest: columns.at(-1) ?? ''}
}

/** The page has several tables; rows of releases begin with a linked version and have a range with an arrow. */
function certManager(text: string, file: string): Table {
  const rows = tableLines(text)
    .flat()
    .flatMap(({cells}): Row[] => {
      const version = /^\[(\d+\.\d+)(?: LTS)?\]\[\]$/.exec(cells[0] ?? '')?.[1]
      const [, min, max] = /^(\d+\.\d+) → (\d+\.\d+)/.exec(cells[3] ?? '') ?? []
      if (version === undefined || min === undefined || max === undefined) return []
      const released = dayOf(cells[1])
      const endOfSupport = dayOf(cells[2])
      return [
        {
          version,
          platform: {min, max},
          ...(released ? {released} : {}),
          ...(endOfSupport ? {endOfSupport} : {}),
        },
      ]
    })
  if (rows.length === 0) return refuse([problem({file, line: 1, col: 1}, 'there is no table of releases')])
  return withoutDoubles(rows)
}

function endOfLife(text: string, file: string): Table {
  const [, front] = /^---\r?\n(.*?)\r?\n---(?:\r?\n|$)/s.exec(text) ?? []
  if (front === undefined) return refuse([problem({file, line: 1, col: 1}, 'there is no front matter')])
  // The line of the opening --- keeps places right.
  const source = readYaml(`\n${front}\n`, file)
  const list = (source.value as {releases?: unknown} | undefined)?.releases
  if (!Array.isArray(list)) return refuse([problem(source.locate([]), 'there is no list `releases`')])
  const rows = list.flatMap((entry: unknown): Row[] => {
    const {releaseCycle, releaseDate, eol, ...more} = (entry ?? {}) as Record<string, unknown>
    if (typeof releaseCycle !== 'string') return []
    const platform = windowOf(more.supportedKubernetesVersions ?? more.supportedKubernetesVersion)
    return [
      {
        version: releaseCycle,
        ...(platform ? {platform} : {}),
        ...(isDate(releaseDate) ? {released: releaseDate} : {}),
        ...(isDate(eol) ? {endOfSupport: eol} : {}),
      },
    ]
  })
  return withoutDoubles(rows)
}

/** A column of a product's own, called by one of two names: `1.32 - 1.36`. */
function windowOf(value: unknown): Row['platform'] {
  const [, min, max] = /^(\d+\.\d+) - (\d+\.\d+)$/.exec(typeof value === 'string' ? value : '') ?? []
  return min === undefined || max === undefined ? undefined : {min, max}
}

type Line = {cells: string[]; line: number}

/** Markdown tables: runs of lines that begin with a bar. */
function tableLines(text: string): Line[][] {
  const tables: Line[][] = []
  let open: Line[] | undefined
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (!line.startsWith('|')) open = undefined
    else {
      if (!open) {
        open = []
        tables.push(open)
      }
      open.push({
        cells: line
          .split('|')
          .slice(1, -1)
          .map(cell => cell.trim()),
        line: i + 1,
      })
    }
  }
  return tables
}

/** Rows that say the same twice are one; two that disagree are a remark, and the later one counts. */
function withoutDoubles(rows: readonly Row[]): Table {
  const byVersion = new Map<string, Row>()
  const remarks: string[] = []
  for (const row of rows) {
    const known = byVersion.get(row.version)
    if (known)
      remarks.push(
        JSON.stringify(known) === JSON.stringify(row)
          ? `${row.version} is there twice`
          : `${row.version} is there twice, and differs; the later row counts`,
      )
    byVersion.set(row.version, row)
  }
  return {rows: [...byVersion.values()], remarks}
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Jul 08, 2026` as 2026-07-08; undefined for words such as "Release of 1.23". */
function dayOf(text = ''): string | undefined {
  const [, name = '', day = '', year] = /^([A-Z][a-z]{2}) (\d{2}), (\d{4})$/.exec(text) ?? []
  const month = months.indexOf(name) + 1
  return year === undefined || month === 0 ? undefined : `${year}-${String(month).padStart(2, '0')}-${day}`
}

function isMinor(value: unknown): value is string {
  return typeof value === 'string' && minor.test(value)
}

function isDate(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)
}

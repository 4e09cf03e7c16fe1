import {DiagnosticError} from '#lib/diagnostics.ts'
import type {ToolboxLock, Wishes} from './lock.ts'
import type {PackageRecord} from './types.ts'

/**
 * The wished packages with all they depend on: one version each, from the newer suite for its sources and
 * from the stable one for all others. Version bounds are not weighed, because a suite fits itself and the
 * newer sources are few; a bound that does not hold shows in the toolbox's own tests.
 * @throws DiagnosticError T009 naming every package that neither suite has
 */
export function resolveToolbox(
  wishes: Wishes,
  stable: readonly PackageRecord[],
  newer: readonly PackageRecord[],
): ToolboxLock {
  const offer = offers(wishes, stable, newer)
  const chosen = new Map<string, PackageRecord>()
  const missing = new Set<string>()
  const queue = wishes.packages.map(name => [name])
  for (const alternatives of queue) {
    const candidates = alternatives.flatMap(name => offer.get(name) ?? [])
    if (candidates.some(c => chosen.has(c.name))) continue
    const [first] = candidates
    if (!first) {
      missing.add(alternatives.join(' | '))
      continue
    }
    chosen.set(first.name, first)
    queue.push(...parseRelations(first.preDepends), ...parseRelations(first.depends))
  }
  if (missing.size > 0) refuse([...missing])
  const packages = [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return {
    apiVersion: wishes.apiVersion,
    architecture: wishes.architecture,
    packages: packages.map(({name, version, suite, filename, size, sha256}) => ({
      name,
      version,
      suite,
      filename,
      size,
      sha256,
    })),
  }
}

/** By name: the package itself first, then those that provide the name. */
function offers(
  wishes: Wishes,
  stable: readonly PackageRecord[],
  newer: readonly PackageRecord[],
): Map<string, PackageRecord[]> {
  const sources = new Set(wishes.newer.sources)
  const fromNewer = newer.filter(r => sources.has(r.source))
  const taken = new Set(fromNewer.map(r => r.name))
  const records = [...fromNewer, ...stable.filter(r => !taken.has(r.name))]
  const result = new Map<string, PackageRecord[]>()
  const add = (name: string, record: PackageRecord) => {
    const list = result.get(name)
    if (list) list.push(record)
    else result.set(name, [record])
  }
  for (const record of records) add(record.name, record)
  for (const record of records)
    for (const [name] of parseRelations(record.provides)) if (name) add(name, record)
  return result
}

/** `a (>= 1) | b:any, c` → [[a, b], [c]]: each inner list are alternatives. Bounds and qualifiers are dropped. */
export function parseRelations(text: string): string[][] {
  return text
    .split(',')
    .map(group => group.split('|').map(one => one.trim().split(/[\s(:[]/)[0] ?? ''))
    .filter(group => group.some(name => name !== ''))
}

function refuse(names: readonly string[]): never {
  throw new DiagnosticError(
    names.map(name => ({
      code: 'T009',
      severity: 'error',
      message: `no suite of the toolbox has the package ${name}`,
      hint: 'correct its name in testbed/toolbox/toolbox.yaml',
    })),
  )
}

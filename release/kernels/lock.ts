/** Reading, writing, comparing and renewing matrix/kernels.lock.yaml. */
import type {Diagnostic} from '#lib/diagnostics.ts'
import {comment, toYaml} from '#lib/yaml-out.ts'
import {type Loaded, loadShape} from '#release/matrix/load.ts'
import type {Architecture, KernelLine} from '#release/matrix/schema/kernels.ts'
import {type Lock, type LockedKernel, type LockedPackage, lockSchema, lockVersion} from './lock-schema.ts'
import {type ArchivePackage, type DebLine, isDebLine, neededIndexes, resolveLine} from './resolve.ts'

/** Where the lock stands, from the repository's root. */
export const lockPath = 'matrix/kernels.lock.yaml'

/** Reads a lock; problems come with their place in the file. */
export function readLock(bytes: Uint8Array | string, file: string): Loaded<Lock> {
  return loadShape(bytes, file, lockSchema)
}

/** The lock as text: lines by id, kernels newest first as they come; always the same bytes for the same data. */
export function writeLock(lock: Lock): string {
  const ids = Object.keys(lock.lines).sort()
  const lines = Object.fromEntries(ids.map(id => [id, (lock.lines[id] ?? []).map(kernelForm)]))
  const head = 'Written by `lockstep kernels update` from the distributions’ package indexes. Do not edit.'
  return comment(head) + toYaml({apiVersion: lock.apiVersion, resolved: lock.resolved, lines})
}

function kernelForm({kernel, arch, compiler, packages}: LockedKernel): LockedKernel {
  return {kernel, arch, compiler, packages: packages.map(packageForm)}
}

function packageForm({
  role,
  name,
  version,
  arch,
  suite,
  filename,
  size,
  sha256,
}: LockedPackage): LockedPackage {
  return {role, name, version, arch, suite, filename, size, sha256}
}

/** The lines that the lock expands: Debian's, unless they are at their end or only asked about. */
export function lockedLines(lines: readonly KernelLine[]): DebLine[] {
  return lines.filter(isDebLine).filter(line => line.state === 'supported' && line.deliver === 'prebuilt')
}

/** The whole index of a suite for one architecture. */
export type ReadIndex = (suite: string, arch: Architecture) => Promise<readonly ArchivePackage[]>

export type Resolution = {lock: Lock; diagnostics: Diagnostic[]}

/**
 * Asks the archive anew for every line. `day` is the date to write, `2026-11-21`; it stays the old one when
 * nothing else has changed, so that an update without news changes no byte.
 */
export async function resolveLock(
  lines: readonly KernelLine[],
  index: ReadIndex,
  day: string,
  old?: Lock,
): Promise<Resolution> {
  const read = onlyOnce(index)
  const diagnostics: Diagnostic[] = []
  const resolved: Lock['lines'] = {}
  for (const line of lockedLines(lines)) {
    const packages = await packagesFor(line, read)
    const answer = resolveLine(line, packages)
    diagnostics.push(...answer.diagnostics)
    resolved[line.id] = answer.kernels
  }
  const lock: Lock = {apiVersion: lockVersion, resolved: day, lines: resolved}
  const same = old && writeLock({...lock, resolved: old.resolved}) === writeLock(old)
  return {lock: same ? {...lock, resolved: old.resolved} : lock, diagnostics}
}

async function packagesFor(line: DebLine, read: ReadIndex): Promise<ArchivePackage[]> {
  const parts = await Promise.all(neededIndexes(line).map(({suite, arch}) => read(suite, arch)))
  return parts.flat()
}

/** An index is large: it is read once, and only what belongs to kernels is kept. */
function onlyOnce(index: ReadIndex): ReadIndex {
  const known = new Map<string, Promise<readonly ArchivePackage[]>>()
  return (suite, arch) => {
    const key = `${suite}/${arch}`
    const answer =
      known.get(key) ?? index(suite, arch).then(all => all.filter(p => p.name.startsWith('linux-')))
    known.set(key, answer)
    return answer
  }
}

/** A locked package that the archive no longer lists. */
export type Vanished = {line: string; kernel: string; name: string; version: string}

export type Overlay = Resolution & {
  /** `committed`: everything is still there, and `lock` is the one given. */
  kind: 'committed' | 'overlay'
  vanished: Vanished[]
}

/**
 * A lock that can be built today: lines whose packages are all there stay as they are, the others are
 * resolved anew. For tests and demos only: what is published is built from the committed lock.
 */
export async function overlayLock(
  lock: Lock,
  lines: readonly KernelLine[],
  index: ReadIndex,
): Promise<Overlay> {
  const read = onlyOnce(index)
  const result: Overlay = {kind: 'committed', vanished: [], diagnostics: [], lock: {...lock, lines: {}}}
  for (const line of lockedLines(lines)) {
    const packages = await packagesFor(line, read)
    const kernels = lock.lines[line.id] ?? []
    const gone = vanishedOf(line.id, kernels, packages)
    result.vanished.push(...gone)
    if (gone.length === 0 && kernels.length > 0) result.lock.lines[line.id] = kernels
    else {
      const answer = resolveLine(line, packages)
      result.kind = 'overlay'
      result.diagnostics.push(...vanishedDiagnostics(gone), ...answer.diagnostics)
      result.lock.lines[line.id] = answer.kernels
    }
  }
  return result.kind === 'committed' ? {...result, lock} : result
}

function vanishedOf(
  line: string,
  kernels: readonly LockedKernel[],
  packages: readonly ArchivePackage[],
): Vanished[] {
  const there = new Set(packages.map(p => `${p.name} ${p.sha256}`))
  return kernels.flatMap(({kernel, packages: locked}) =>
    locked
      .filter(p => !there.has(`${p.name} ${p.sha256}`))
      .map(({name, version}) => ({line, kernel, name, version})),
  )
}

/** K020, one warning for each kernel. */
export function vanishedDiagnostics(vanished: readonly Vanished[]): Diagnostic[] {
  const kernels = new Map<string, Vanished[]>()
  for (const v of vanished) kernels.set(v.kernel, [...(kernels.get(v.kernel) ?? []), v])
  return [...kernels].map(([kernel, gone]) => ({
    code: 'K020',
    severity: 'warning',
    message: `kernel ${kernel} of line ${gone[0]?.line} has vanished from the archive: ${gone.map(g => `${g.name} ${g.version}`).join(', ')}`,
    hint: 'run `lockstep kernels update` and commit the lock',
  }))
}

/** Where lock and matrix do not belong together (K024). */
export function lockProblems(lock: Lock, lines: readonly KernelLine[]): Diagnostic[] {
  const wanted = new Set(lockedLines(lines).map(line => line.id))
  const locked = new Set(Object.keys(lock.lines))
  const problem = (message: string): Diagnostic => ({
    code: 'K024',
    severity: 'error',
    message,
    hint: 'run `lockstep kernels update`',
  })
  return [
    ...[...wanted].filter(id => !locked.has(id)).map(id => problem(`line ${id} is not in ${lockPath}`)),
    ...[...locked]
      .filter(id => !wanted.has(id))
      .map(id => problem(`${lockPath} has the line ${id}, which the matrix does not build`)),
  ]
}

export type LockChange = {
  line: string
  kernel: string
  /** `changed`: the same kernel from other packages or by another compiler. */
  change: 'added' | 'removed' | 'changed'
}

/** What an update changes, by line and then as the locks list the kernels. */
export function diffLocks(before: Lock, after: Lock): LockChange[] {
  const lines = [...new Set([...Object.keys(before.lines), ...Object.keys(after.lines)])].sort()
  return lines.flatMap(line => {
    const [from, to] = [byKernel(before.lines[line]), byKernel(after.lines[line])]
    const names = [...new Set([...to.keys(), ...from.keys()])]
    return names.flatMap((kernel): LockChange[] => {
      const [a, b] = [from.get(kernel), to.get(kernel)]
      if (a === b) return []
      return [{line, kernel, change: a === undefined ? 'added' : b === undefined ? 'removed' : 'changed'}]
    })
  })
}

function byKernel(kernels: readonly LockedKernel[] = []): Map<string, string> {
  return new Map(kernels.map(k => [k.kernel, JSON.stringify(kernelForm(k))]))
}

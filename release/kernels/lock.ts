/** Reading, writing, comparing and renewing matrix/kernels.lock.yaml. */
import type {Diagnostic} from '#lib/diagnostics.ts'
import {comment, toYaml} from '#lib/yaml-out.ts'
import {type Loaded, loadShape} from '#release/matrix/load.ts'
import type {Architecture, KernelLine} from '#release/matrix/schema/kernels.ts'
import {lockedLines} from './lock-lines.ts'
import {
  type ArchiveFile,
  type Lock,
  type LockedKernel,
  type LockedPackage,
  lockSchema,
  lockVersion,
} from './lock-schema.ts'
import {
  type ArchivePackage,
  basePackage,
  baseSuite,
  concernsLock,
  type DebLine,
  neededIndexes,
  resolveBase,
  resolveLine,
  runtimePackages,
  suitesOf,
} from './resolve.ts'

/** Reads a lock; problems come with their place in the file. */
export function readLock(bytes: Uint8Array | string, file: string): Loaded<Lock> {
  return loadShape(bytes, file, lockSchema)
}

/** The lock as text: lines by id, kernels newest first as they come; always the same bytes for the same data. */
export function writeLock(lock: Lock): string {
  const {apiVersion, resolved, base, runtime} = lock
  const ids = Object.keys(lock.lines).sort()
  const lines = Object.fromEntries(ids.map(id => [id, (lock.lines[id] ?? []).map(kernelForm)]))
  const head = 'Written by `lockstep kernels update` from the distributions’ package indexes. Do not edit.'
  return (
    comment(head) +
    toYaml({
      apiVersion,
      resolved,
      base: {amd64: fileForm(base.amd64), arm64: fileForm(base.arm64)},
      runtime: {amd64: runtime.amd64.map(fileForm), arm64: runtime.arm64.map(fileForm)},
      lines,
    })
  )
}

function kernelForm({kernel, arch, compiler, packages}: LockedKernel): LockedKernel {
  return {kernel, arch, compiler, packages: packages.map(packageForm)}
}

function packageForm({role, arch, ...file}: LockedPackage): LockedPackage {
  return {role, arch, ...fileForm(file)}
}

function fileForm({name, version, suite, filename, size, sha256}: ArchiveFile): ArchiveFile {
  return {name, version, suite, filename, size, sha256}
}

/** The whole index of a suite for one architecture. */
export type ReadIndex = (suite: string, arch: Architecture) => Promise<readonly ArchivePackage[]>

export type Resolution = {lock: Lock; diagnostics: Diagnostic[]}

/**
 * Asks the archive anew for every line. `day` is the date to write, `2026-11-21`; it stays the old one when
 * nothing else has changed, so that an update without news changes no byte.
 * @throws DiagnosticError K022 when there is no base
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
  const lock: Lock = {
    apiVersion: lockVersion,
    resolved: day,
    ...(await resolveBases(read)),
    lines: resolved,
  }
  const same = old && writeLock({...lock, resolved: old.resolved}) === writeLock(old)
  return {lock: same ? {...lock, resolved: old.resolved} : lock, diagnostics}
}

/** What images are made of on each architecture, the newest of its suite. */
export async function resolveBases(read: ReadIndex): Promise<Pick<Lock, 'base' | 'runtime'>> {
  const one = async (arch: Architecture) => {
    const packages = (await Promise.all(suitesOf(baseSuite).map(suite => read(suite, arch)))).flat()
    return {
      base: resolveBase(packages, arch, basePackage),
      runtime: runtimePackages.map(name => resolveBase(packages, arch, name)),
    }
  }
  const [amd64, arm64] = [await one('amd64'), await one('arm64')]
  return {
    base: {amd64: amd64.base, arm64: arm64.base},
    runtime: {amd64: amd64.runtime, arm64: arm64.runtime},
  }
}

/** The packages that a line can be resolved from. */
export async function packagesFor(line: DebLine, read: ReadIndex): Promise<ArchivePackage[]> {
  const parts = await Promise.all(neededIndexes(line).map(({suite, arch}) => read(suite, arch)))
  return parts.flat()
}

/** An index is large: it is read once, and only what the lock may name is kept. */
export function onlyOnce(index: ReadIndex): ReadIndex {
  const known = new Map<string, Promise<readonly ArchivePackage[]>>()
  return (suite, arch) => {
    const key = `${suite}/${arch}`
    const answer = known.get(key) ?? index(suite, arch).then(all => all.filter(concernsLock))
    known.set(key, answer)
    return answer
  }
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

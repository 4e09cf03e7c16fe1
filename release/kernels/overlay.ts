/** A lock that can be built today, when packages of the committed one have left the archive. */
import type {Diagnostic} from '#lib/diagnostics.ts'
import type {KernelLine} from '#release/matrix/schema/kernels.ts'
import {onlyOnce, packagesFor, type ReadIndex, type Resolution, resolveBases} from './lock.ts'
import {lockedLines} from './lock-lines.ts'
import type {ArchiveFile, Lock, LockedKernel} from './lock-schema.ts'
import {type ArchivePackage, baseSuite, resolveLine, suitesOf} from './resolve.ts'

/** A locked package that the archive no longer lists; `line` and `kernel` are undefined for the base. */
export type Vanished = {line?: string; kernel?: string; name: string; version: string}

export type Overlay = Resolution & {
  /** `committed`: everything is still there, and `lock` is the one given. */
  kind: 'committed' | 'overlay'
  vanished: Vanished[]
}

/**
 * Lines whose packages are all there stay as they are, the others are resolved anew, and so are the bases. For
 * tests and demos only: what is published is built from the committed lock.
 * @throws DiagnosticError K022 when there is no base
 */
export async function overlayLock(
  lock: Lock,
  lines: readonly KernelLine[],
  index: ReadIndex,
): Promise<Overlay> {
  const read = onlyOnce(index)
  const [vanished, diagnostics]: [Vanished[], Diagnostic[]] = [[], []]
  const kept: Lock['lines'] = {}
  let changed = false
  for (const line of lockedLines(lines)) {
    const packages = await packagesFor(line, read)
    const kernels = lock.lines[line.id] ?? []
    const gone = goneKernels(line.id, kernels, packages)
    vanished.push(...gone)
    const whole = gone.length === 0 && kernels.length > 0
    const answer = whole ? {kernels, diagnostics: []} : resolveLine(line, packages)
    diagnostics.push(...answer.diagnostics)
    kept[line.id] = answer.kernels
    changed ||= !whole
  }
  const goneBase = await goneBases(lock, read)
  vanished.push(...goneBase)
  diagnostics.unshift(...vanishedDiagnostics(vanished))
  if (!changed && goneBase.length === 0) return {kind: 'committed', lock, vanished, diagnostics}
  const bases = goneBase.length > 0 ? await resolveBases(read) : {}
  return {kind: 'overlay', lock: {...lock, ...bases, lines: kept}, vanished, diagnostics}
}

function goneKernels(
  line: string,
  kernels: readonly LockedKernel[],
  packages: readonly ArchivePackage[],
): Vanished[] {
  return kernels.flatMap(({kernel, packages: locked}) =>
    gone(locked, packages).map(({name, version}) => ({line, kernel, name, version})),
  )
}

async function goneBases(lock: Lock, read: ReadIndex): Promise<Vanished[]> {
  const packages = await Promise.all(
    suitesOf(baseSuite).flatMap(suite => [read(suite, 'amd64'), read(suite, 'arm64')]),
  )
  const {base, runtime} = lock
  const locked = [base.amd64, base.arm64, ...runtime.amd64, ...runtime.arm64]
  return gone(locked, packages.flat()).map(({name, version}) => ({name, version}))
}

function gone(locked: readonly ArchiveFile[], packages: readonly ArchivePackage[]): ArchiveFile[] {
  const there = new Set(packages.map(p => `${p.name} ${p.sha256}`))
  return locked.filter(p => !there.has(`${p.name} ${p.sha256}`))
}

/** K020, one warning for each kernel. */
export function vanishedDiagnostics(vanished: readonly Vanished[]): Diagnostic[] {
  const byKernel = Map.groupBy(vanished, v =>
    v.kernel ? `kernel ${v.kernel} of line ${v.line}` : 'the base of the images',
  )
  return [...byKernel].map(([what, packages]) => ({
    code: 'K020',
    severity: 'warning',
    message: `${what} has vanished from the archive: ${packages.map(p => `${p.name} ${p.version}`).join(', ')}`,
    hint: 'run `lockstep kernels update` and commit the lock',
  }))
}

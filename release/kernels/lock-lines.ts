/** How lock and matrix belong together; apart from the reading, which needs parsers. */
import type {Diagnostic} from '#lib/diagnostics.ts'
import type {KernelLine} from '#release/matrix/schema/kernels.ts'
import type {Lock} from './lock-schema.ts'
import {type DebLine, isDebLine} from './resolve.ts'

/** Where the lock stands, from the repository's root. */
export const lockPath = 'matrix/kernels.lock.yaml'

/** The lines that the lock expands: Debian's, unless they are at their end or only asked about. */
export function lockedLines(lines: readonly KernelLine[]): DebLine[] {
  return lines.filter(isDebLine).filter(line => line.state === 'supported' && line.deliver === 'prebuilt')
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

import {hash} from 'node:crypto'
import {join} from 'node:path'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {cacheDir} from '../effects/toolbox/cache.ts'
import {packageIndex} from '../effects/toolbox/packages.ts'
import {readLock, writeLock} from '../kernels/lock.ts'
import {overlayLock} from '../kernels/overlay.ts'
import type {Context} from './command.ts'
import {renderProblems} from './problems.ts'
import {neededLock, type Workspace} from './workspace.ts'

/**
 * Works with the committed lock; when one of its packages has vanished from the mirror, says so and works once
 * more with a lock of what is there today. That one lies in the cache, and what is built from it is never
 * published.
 */
export async function withOverlay<T>(
  workspace: Workspace,
  context: Context,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  try {
    return await work(workspace)
  } catch (error) {
    if (!vanished(error)) throw error
    const overlay = await overlayOf(workspace, context)
    if (!overlay) throw error
    return await work(overlay)
  }
}

function vanished(error: unknown): boolean {
  return error instanceof DiagnosticError && error.diagnostics.some(d => d.code === 'T003')
}

/** Undefined when the mirror's index lists all that is locked, so that an overlay would not help. */
async function overlayOf(workspace: Workspace, context: Context): Promise<Workspace | undefined> {
  const {files, progress, signal} = context
  const lock = neededLock(workspace)
  const path = join(cacheDir(), 'kernels', `${hash('sha256', writeLock(lock))}.lock.yaml`)
  if (await files.stat(path)) {
    const known = readLock(await files.read(path), path).value
    if (known) return {...workspace, lock: known, lockKind: 'overlay'}
  }
  const task = progress.task('A locked package has vanished: asking the mirror what there is')
  const index = (suite: string, arch: 'amd64' | 'arm64') => packageIndex(suite, arch, {signal})
  const found = await overlayLock(lock, workspace.matrix.kernels?.lines ?? [], index)
  task.done()
  context.err(await renderProblems(found.diagnostics, context, false))
  if (found.kind === 'committed') return undefined
  await files.write(path, Buffer.from(writeLock(found.lock)))
  return {...workspace, lock: found.lock, lockKind: 'overlay'}
}

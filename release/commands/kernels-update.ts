import {join} from 'node:path'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {packageIndex} from '../effects/toolbox/packages.ts'
import {diffLocks, type LockChange, type ReadIndex, resolveLock, writeLock} from '../kernels/lock.ts'
import {lockPath} from '../kernels/lock-lines.ts'
import type {Lock} from '../kernels/lock-schema.ts'
import type {Context, Run} from './command.ts'
import {count, print, table} from './output.ts'
import {renderProblems} from './problems.ts'
import {readKernelLock, rootOf} from './read-files.ts'
import {today} from './today.ts'
import {loadMatrixOnly} from './workspace.ts'

export const run: Run = async (args, context) => {
  const {matrix} = await loadMatrixOnly(context, true)
  const root = rootOf(context)
  // A lock that can't be read is no reason to keep it.
  const old = (await readKernelLock(context, root, false))?.value
  const day = today()
  const {lock, diagnostics} = await resolveLock(matrix.kernels?.lines ?? [], askMirror(context), day, old)
  await refuseErrors(diagnostics, context)
  const changes = changesOf(old, lock)
  const differs = old === undefined || writeLock(old) !== writeLock(lock)
  const looks = args.flag('diff')
  if (differs && !looks) await context.files.write(join(root, lockPath), Buffer.from(writeLock(lock)))
  print(context, {resolved: lock.resolved, written: differs && !looks, changes}, paint => {
    if (!differs) return 'the lock is up to date\n'
    const rows = changes.map(c => [c.change, c.line, c.kernel])
    const list = changes.length > 0 ? table(['CHANGE', 'LINE', 'KERNEL'], rows, paint, context.width) : ''
    const next = looks ? 'nothing was written' : `${lockPath} is written; \`lockstep generate\` comes next`
    return `${list}${count(changes.length, 'kernel')} changed; ${next}\n`
  })
  return 0
}

/** Indexes of the machine's own mirror, asked anew. */
export function askMirror({progress, signal}: Pick<Context, 'progress' | 'signal'>): ReadIndex {
  return (suite, arch) => packageIndex(suite, arch, {progress, signal, refresh: true})
}

function changesOf(old: Lock | undefined, lock: Lock): LockChange[] {
  return diffLocks(old ?? {...lock, lines: {}}, lock)
}

// A line without any kernel must not silently leave the lock.
async function refuseErrors(diagnostics: readonly Diagnostic[], context: Context): Promise<void> {
  if (diagnostics.some(d => d.severity === 'error')) throw new DiagnosticError(diagnostics)
  if (diagnostics.length > 0) context.err(await renderProblems(diagnostics, context, false))
}

import {join, resolve} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {YamlSource} from '#lib/yaml.ts'
import type {Device} from '../generate/device/schema.ts'
import type {Changes} from '../generate/docs/changes.ts'
import type {Lock} from '../kernels/lock-schema.ts'
import type {Loaded} from '../matrix/load.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {ComponentDescriptor} from '../plan/component.ts'
import {
  findRoot,
  matrixFile,
  matrixPath,
  ownMatrix,
  readChanges,
  readComponents,
  readDevice,
  readKernelLock,
  readMatrix,
  readOtherMatrices,
  rootOf,
  type Where,
} from './read-files.ts'

/** Everything that people have written, read and found sound. */
export type Workspace = {
  /** The checkout's folder, absolute. */
  root: string
  matrix: Matrix
  /** The matrix that is released from here, from the root. */
  file: string
  source: YamlSource
  /** Matrices of what is not released here, beside it; \`file\` is relative to the root. */
  others: {file: string; matrix: Matrix}[]
  components: ComponentDescriptor[]
  changes: Changes[]
  device: Device | undefined
  /** The exact kernels; undefined before the first `kernels update`. */
  lock: Lock | undefined
  /** `overlay`: not what is committed, since a locked package has vanished. */
  lockKind: 'committed' | 'overlay'
}

/** What was read, perhaps with problems; `workspace` is absent when there are errors. */
export type Reading = {workspace: Workspace | undefined; files: string[]; diagnostics: Diagnostic[]}

/**
 * What the matrix says, with those that it uses, for questions that do not tell where something stands; a sound one is
 * remembered.
 * @throws DiagnosticError with all of its problems
 */
export async function loadMatrixValue(context: Where): Promise<Matrix> {
  const {value, diagnostics} = await readMatrix(context, true, false)
  if (!value) throw new DiagnosticError(diagnostics)
  if (value.uses.length === 0) return value
  const {withUsed} = await import('./used-matrices.ts')
  return withUsed(value, matrixPath(context), context)
}

/**
 * The same, with where the file's own facts stand.
 * @throws DiagnosticError with all of its problems
 */
export async function loadMatrixPlaces(context: Where): Promise<{matrix: Matrix; source: YamlSource}> {
  const {matrix, source} = await loadMatrixOnly(context)
  if (matrix.uses.length === 0) return {matrix, source}
  const {withUsed} = await import('./used-matrices.ts')
  return {matrix: await withUsed(matrix, matrixPath(context), context), source}
}

/**
 * The matrix alone, for questions that need nothing else; it needs no checkout when `--matrix` names it.
 * @param pinned see `readMatrix`
 * @throws DiagnosticError with all of its problems
 */
export async function loadMatrixOnly(
  context: Where,
  pinned = false,
): Promise<{matrix: Matrix; source: YamlSource}> {
  const loaded = await readMatrix(context, false, pinned)
  if (!loaded.value) throw new DiagnosticError(loaded.diagnostics)
  return {matrix: loaded.value, source: loaded.source}
}

/**
 * All that people have written.
 * @throws DiagnosticError with the problems of all files at once
 */
export async function loadWorkspace(context: Where): Promise<Workspace> {
  const {workspace, diagnostics} = await readWorkspace(context)
  if (!workspace) throw new DiagnosticError(diagnostics)
  return workspace
}

/** Reads every file that people write, and collects what is wrong with any of them. */
export async function readWorkspace(context: Where): Promise<Reading> {
  const remembered = await readAll(context, true)
  // What was remembered does not know where things stand, which a problem has to tell.
  return remembered.diagnostics.length === 0 ? remembered : readAll(context, false)
}

async function readAll(context: Where, memory: boolean): Promise<Reading> {
  const root = rootOf(context)
  const [matrix, others, components, changes, device, lock] = await Promise.all([
    // One that was named and can't be had ends the command, with an exit code of its own.
    context.matrix === undefined
      ? readMatrix(context, memory, true).catch(problemsAlone)
      : readMatrix(context, memory, true),
    readOtherMatrices(context, root, memory),
    readComponents(context, root, memory),
    readChanges(context, root, memory),
    readDevice(context, root, memory),
    readKernelLock(context, root, memory),
  ])
  const all: Loaded<unknown>[] = [
    ...('source' in matrix ? [matrix] : []),
    ...others,
    ...components,
    ...changes,
    device,
    lock,
  ].filter(loaded => loaded !== undefined)
  const files = all.map(loaded => loaded.source.file)
  const known = all.flatMap(loaded => loaded.diagnostics)
  const diagnostics = [
    ...known,
    // A matrix that cannot be read may be the one that is missed.
    ...('source' in matrix || known.some(d => d.severity === 'error') ? [] : matrix.diagnostics),
    ...('source' in matrix ? await togetherProblems(matrix, lock) : []),
  ]
  const broken = diagnostics.some(d => d.severity === 'error')
  if (!('source' in matrix) || !matrix.value || broken) return {workspace: undefined, files, diagnostics}
  const workspace: Workspace = {
    root,
    matrix: matrix.value,
    file: matrixFile(context, root),
    source: matrix.source,
    others: others.flatMap(({value}) =>
      value ? [{file: `matrix/${value.product.id}.yaml`, matrix: value}] : [],
    ),
    components: components.flatMap(c => c.value ?? []),
    changes: changes.flatMap(c => c.value ?? []),
    device: device?.value,
    lock: lock?.value,
    lockKind: 'committed',
  }
  return {workspace, files, diagnostics}
}

/** Which matrix is meant is one of the questions; the other files are judged all the same. */
function problemsAlone(error: unknown): Pick<DiagnosticError, 'diagnostics'> {
  if (error instanceof DiagnosticError) return {diagnostics: error.diagnostics}
  throw error
}

/** What is wrong between files that are sound by themselves. */
async function togetherProblems(
  matrix: Loaded<Matrix>,
  lock: Loaded<Lock> | undefined,
): Promise<Diagnostic[]> {
  const lines = matrix.value?.kernels?.lines
  if (!lines || !lock?.value) return []
  const {lockProblems} = await import('../kernels/lock-lines.ts')
  const {source} = lock
  // Finding a place costs more than reading the file did: only when there is something to say.
  return lockProblems(lock.value, lines).map(d => ({...d, place: source.locateKey(['lines'])}))
}

/** @throws C011 there is no lock yet */
export function neededLock({lock}: Pick<Workspace, 'lock'>): Lock {
  if (lock) return lock
  fail({
    code: 'C011',
    message: 'matrix/kernels.lock.yaml is not there',
    hint: '`lockstep kernels update` makes it',
  })
}

/** The release version, or undefined; a matrix that is broken elsewhere does not hide it. */
export async function releaseVersion(context: Where): Promise<string | undefined> {
  const loaded = await readMatrix(context, true, false).catch(() => undefined)
  return loaded?.value?.release?.version ?? scalarAt(context, ['release', 'version'])
}

/** Where faults are reported to, as the matrix says. */
export async function reportTo(context: Where): Promise<string | undefined> {
  return scalarAt(context, ['product', 'issues'])
}

async function scalarAt(context: Where, path: readonly string[]): Promise<string | undefined> {
  try {
    const root = findRoot(context)
    const file = context.matrix ?? (root && join(root, ownMatrix(root)))
    if (file === undefined) return undefined
    const {parseYaml} = await import('#lib/yaml.ts')
    let value = parseYaml(await context.files.read(resolve(context.cwd, file)), file).value
    for (const key of path) value = (value as Record<string, unknown> | undefined)?.[key]
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

import {hash} from 'node:crypto'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {peekToolbox} from '../effects/toolbox/toolbox.ts'
import {readTree, treeBytes, withGenerated} from '../effects/tree.ts'
import type {GeneratedFile} from '../generate/file.ts'
import type {LockedPackage as KernelPackage, Lock} from '../kernels/lock-schema.ts'
import type {Kernels} from '../matrix/schema/kernels.ts'
import {makePlan, type PlannedKernel} from '../plan/make.ts'
import type {LockedPackage, ReleasePlan, TreeFile} from '../plan/plan.ts'
import type {Context} from './command.ts'
import {generatedFiles} from './generated.ts'
import {neededLock, type Workspace} from './workspace.ts'

/** A plan, and the bytes of the files that it names. */
export type Planned = {plan: ReleasePlan; readTree: (file: TreeFile) => Promise<Buffer>}

/** What builds are made in: the real toolbox, or what is known of it without making it. */
type ToolboxLock = {digest: string; lock: 'committed' | 'overlay'}

/**
 * The plan of the checkout as it is now, generated files as they would be written.
 * @throws C011 the kernel lock is not there, P001 to P003 and whatever is wrong with the files
 */
export async function planRelease(
  workspace: Workspace,
  context: Context,
  toolbox?: ToolboxLock,
): Promise<Planned> {
  const {root, matrix, components} = workspace
  const lock = neededLock(workspace)
  const [files, {digest, lock: state}] = await Promise.all([
    readTree(root, context.exec),
    toolbox ?? peekToolbox(),
  ])
  const generated = generatedFiles(workspace)
  const plan = makePlan({
    matrix,
    components,
    kernels: plannedKernels(matrix.kernels, lock),
    base: lock.base,
    tree: withGenerated(files, generated),
    toolbox: digest,
    lock: state,
    ...epochOf(context.env),
  })
  return {plan, readTree: async file => bytesOf(root, file, generated)}
}

/** The kernels that are built: those of supported lines whose images are prebuilt, as the lock names them. */
export function plannedKernels(kernels: Kernels | undefined, lock: Lock): PlannedKernel[] {
  const lines = kernels?.lines.filter(l => l.state === 'supported' && l.deliver === 'prebuilt') ?? []
  return lines.flatMap(({id}) =>
    (lock.lines[id] ?? []).map(({kernel, arch, compiler, packages}) => ({
      line: id,
      kernel,
      arch,
      compiler,
      packages: packages.filter(p => buildRoles.has(p.role)).map(plannedPackage),
    })),
  )
}

/** The others are for tests that load modules: a release does not depend on them. */
const buildRoles: ReadonlySet<KernelPackage['role']> = new Set(['headers', 'common', 'kbuild'])

function plannedPackage({name, version, suite, filename, size, sha256}: KernelPackage): LockedPackage {
  return {name, version, suite, filename, size, sha256}
}

/** https://reproducible-builds.org/specs/source-date-epoch/ */
function epochOf({SOURCE_DATE_EPOCH: text}: Context['env']): {epoch?: number} {
  if (!text) return {}
  if (/^\d{1,11}$/.test(text)) return {epoch: Number(text)}
  fail(
    {
      code: 'C008',
      message: `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}`,
      expected: 'seconds since 1970, digits only',
      hint: 'unset it: the release date of the matrix is the default',
    },
    2,
  )
}

function bytesOf(root: string, file: TreeFile, generated: readonly GeneratedFile[]): Buffer {
  const made = generated.find(g => g.path === file.path)
  const bytes = made ? Buffer.from(made.text) : treeBytes(root, file)
  if (hash('sha256', bytes, 'hex') === file.digest) return bytes
  fail({
    code: 'C013',
    message: `${join(root, file.path)} has changed since the plan was made`,
    hint: 'run the command again',
  })
}

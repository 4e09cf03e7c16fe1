import {fail} from '#lib/diagnostics.ts'
import {peekToolbox} from '../effects/toolbox/toolbox.ts'
import {readTree, withGenerated} from '../effects/tree.ts'
import type {LockedPackage as KernelPackage, Lock} from '../kernels/lock-schema.ts'
import type {SigningCertificate} from '../lib/signing/signer.ts'
import type {Kernels} from '../matrix/schema/kernels.ts'
import type {PlannedKernel} from '../plan/input.ts'
import {makePlan} from '../plan/make.ts'
import {lockedNpmPackages} from '../plan/npm-lock.ts'
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
 * @param unavailable packages of npm that can't be had, with the reason
 * @throws C011 the kernel lock is not there, P001 to P003 and whatever is wrong with the files
 */
export async function planRelease(
  workspace: Workspace,
  context: Context,
  toolbox?: ToolboxLock,
  certificate?: SigningCertificate,
  unavailable?: ReadonlyMap<string, string>,
): Promise<Planned> {
  const {root, matrix, components} = workspace
  const lock = matrix.kernels ? neededLock(workspace) : workspace.lock
  const [checkout, {digest, lock: state}] = await Promise.all([
    readTree(root, context.exec),
    toolbox ?? peekToolbox(),
  ])
  const tree = withGenerated(checkout, await generatedFiles(workspace))
  const plan = makePlan({
    matrix,
    components,
    kernels: plannedKernels(matrix.kernels, lock),
    ...(lock ? {base: lock.base, runtime: lock.runtime} : {}),
    tree: tree.files,
    npm: lockedNpmPackages(tree.bytes.get('package-lock.json')),
    ...(unavailable ? {unavailable} : {}),
    toolbox: digest,
    lock: workspace.lockKind === 'overlay' ? 'overlay' : state,
    ...epochOf(context.env),
    ...(certificate ? {signature: {certificate: certificate.sha256, algorithm: certificate.algorithm}} : {}),
  })
  return {plan, readTree: async file => tree.bytes.get(file.path) ?? gone(file)}
}

/** The kernels that are built: those of supported lines whose images are prebuilt, as the lock names them. */
export function plannedKernels(kernels: Kernels | undefined, lock: Lock | undefined): PlannedKernel[] {
  const lines = kernels?.lines.filter(l => l.state === 'supported' && l.deliver === 'prebuilt') ?? []
  return lines.flatMap(({id}) =>
    (lock?.lines[id] ?? []).map(({kernel, arch, compiler, packages}) => ({
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

function gone({path}: TreeFile): never {
  throw new Error(`the plan names ${path}, which is not in its own tree`)
}

import {resolve} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import {distFiles, writeDist} from '../build/dist.ts'
import {openToolbox} from '../effects/toolbox/toolbox.ts'
import {resolveLock} from '../kernels/lock.ts'
import {lockedLines} from '../kernels/lock-lines.ts'
import {takes} from '../kernels/shadow.ts'
import type {Artifact} from '../plan/plan.ts'
import type {Context, Run} from './command.ts'
import {kernelsOf} from './kernels-inputs.ts'
import {askMirror} from './kernels-update.ts'
import {print} from './output.ts'
import {withOverlay} from './overlay.ts'
import {isImageOf, partOfPlan} from './part-of-plan.ts'
import {planRelease} from './plan-inputs.ts'
import {shown} from './read-files.ts'
import {buildPlan, refuseForeign} from './release-build.ts'
import {signerOf} from './signing.ts'
import {loadWorkspace, neededLock, type Workspace} from './workspace.ts'

export const run: Run = async (args, context) => {
  const [kernel = ''] = args.words
  const out = args.text('out')
  const dir = out === undefined ? undefined : resolve(context.cwd, out)
  if (dir !== undefined) await refuseForeign(dir, context)
  const signer = await signerOf(args, context)
  const workspace = await withKernel(kernel, await loadWorkspace(context), context)
  const toolbox = await openToolbox({progress: context.progress, signal: context.signal})
  const result = await withOverlay(workspace, context, async buildable => {
    const planned = await planRelease(buildable, context, toolbox, signer?.certificate)
    const plan = partOfPlan(planned.plan, isImageOf([kernel]))
    const {store, built} = await buildPlan({...planned, plan}, 1, context, signer)
    if (dir !== undefined) await writeDist(dir, distFiles(plan, built.outputs), store, context.files)
    const image = plan.artifacts.find(isImageOf([kernel]))
    const root = image && built.outputs.get(image.id)?.oci?.root
    return {kernel, made: built.made, lock: plan.lock, ...imageOf(image, root?.digest)}
  })
  print(context, result, () => {
    const where =
      dir === undefined ? 'in the cache; --out DIR writes it to a folder' : `in ${shown(context, dir)}`
    return `${result.image}@${result.digest}\n${result.made.length === 0 ? 'had been made before' : 'made'}, ${where}\n`
  })
  return 0
}

function imageOf(image: Artifact | undefined, digest: string | undefined) {
  return {image: `${image?.oci?.repository}:${image?.oci?.tags[0]}`, digest}
}

/** The workspace with a lock that has the kernel, for one that is in the archive but not locked. */
async function withKernel(kernel: string, workspace: Workspace, context: Context): Promise<Workspace> {
  const lock = neededLock(workspace)
  if (Object.values(lock.lines).some(kernels => kernels.some(k => k.kernel === kernel))) return workspace
  const {kernels} = kernelsOf(workspace)
  const line = lockedLines(kernels.lines).find(l => takes(l.match, kernel))
  if (!line)
    return unknownKernel(
      kernel,
      Object.values(lock.lines).flatMap(ks => ks.map(k => k.kernel)),
    )
  const task = context.progress.task(`Looking for ${kernel} of line ${line.id}`)
  const all = await resolveLock([{...line, keep: 1000}], askMirror(context), lock.resolved)
  task.done()
  const found = all.lock.lines[line.id]?.filter(k => k.kernel === kernel) ?? []
  if (found.length === 0)
    fail({
      code: 'C019',
      message: `${kernel} belongs to line ${line.id}, but the archive does not have it`,
      hint: 'archives keep the newest kernels only; update the node',
    })
  return {...workspace, lock: {...lock, lines: {...lock.lines, [line.id]: found}}, lockKind: 'overlay'}
}

function unknownKernel(kernel: string, known: readonly string[]): never {
  const near = didYouMean(kernel, known)
  fail({
    code: 'C019',
    message: `no line of the matrix takes the kernel ${kernel}`,
    expected: 'a name as `uname -r` tells it, of a line that is built here',
    hint: near ? `did you mean ${near}?` : '`lockstep kernels list` shows the lines',
  })
}

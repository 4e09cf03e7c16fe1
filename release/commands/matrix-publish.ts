import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {matrixSteps} from '../cut/publish-matrix.ts'
import {isOpenCall, planSteps, runSteps} from '../cut/step.ts'
import {gitOf} from '../effects/git.ts'
import {matrixRepository, packMatrix, type Revision} from '../publish/matrix.ts'
import type {Context, Run} from './command.ts'
import {count, print} from './output.ts'
import {stepsText} from './release-cut.ts'
import {needTo} from './release-publish.ts'
import {isLayout, openTarget} from './target.ts'
import {publishSigner} from './trust.ts'
import {loadWorkspace, type Workspace} from './workspace.ts'

/** The matrix as an artifact of its own, for who asks with `--matrix oci://…`. */
export const run: Run = async (args, context) => {
  const workspace = await loadWorkspace(context)
  const revision = await revisionOf(workspace, context)
  const place = args.text('to') ?? workspace.matrix.release?.registry ?? needTo()
  const target = openTarget(place, args, context)
  const signer = await publishSigner(args, 'sign-key', context)
  const steps = matrixSteps(revision, target, signer)
  const acts = args.flag('yes') || isLayout(place)
  const planned = acts ? await runSteps(steps) : await planSteps(steps)
  const {digest} = packMatrix(revision).descriptor
  const name = `${target.repository(matrixRepository(revision.product)).name}@${digest}`
  print(context, {name, digest, dryRun: !acts, steps: planned}, paint => {
    const open = planned.flatMap(s => s.calls).filter(isOpenCall).length
    const end =
      open === 0
        ? 'nothing was left to do'
        : acts
          ? `${count(open, 'call')} made`
          : `a dry run: ${count(open, 'call')} would be made; run it again with --yes to make them`
    return `${stepsText(planned, paint)}\n${name}: ${end}\n`
  })
  return 0
}

/** @throws P040 the file has changes that are in no commit */
async function revisionOf({root, file, matrix}: Workspace, {files, exec}: Context): Promise<Revision> {
  const {product, release} = matrix
  const git = gitOf(root, 'origin', exec)
  const text = await files.read(join(root, file))
  const committed = await git.committed(file)
  const created = await git.changedAt(file)
  if (!committed?.equals(text) || created === undefined)
    fail({
      code: 'P040',
      message: `${file} is not as it is committed`,
      hint: 'commit it, then publish it',
    })
  return {
    product: product.id,
    source: product.repository,
    version: release?.version ?? '0.0.0',
    created,
    text,
  }
}

import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {publishedList} from '../cut/status.ts'
import {isOpenCall, planSteps, runSteps, type Step} from '../cut/step.ts'
import {yankMatrix, yankSteps} from '../cut/yank.ts'
import {applyDrift} from '../generate/check.ts'
import type {Args, Context, Run} from './command.ts'
import {driftOf} from './generated.ts'
import {count, print} from './output.ts'
import {stepsText} from './release-cut.ts'
import {needTo} from './release-publish.ts'
import {outsideOf} from './release-world.ts'
import {openTarget} from './target.ts'
import {publishSigner} from './trust.ts'
import {versionOf} from './version-word.ts'
import {loadWorkspace, type Workspace} from './workspace.ts'

export const run: Run = async (args, context) => {
  const version = versionOf(args.words[0])
  const acts = args.flag('yes')
  const workspace = await loadWorkspace(context)
  const {matrix} = workspace
  const {github, wantsGitHub, hasToken} = outsideOf(workspace, args, context)
  if (acts && wantsGitHub && !hasToken)
    fail({
      code: 'L008',
      message: 'neither GH_TOKEN nor GITHUB_TOKEN is set',
      hint: 'set one, or say --no-github',
    })
  const to = openTarget(args.text('to') ?? matrix.release?.registry ?? needTo(), args, context)
  const listed = await publishedList(matrix.product.id, version, to)
  if (listed.length === 0)
    fail({
      code: 'L040',
      message: `${to.name} has no release ${version} of ${matrix.product.id}`,
      hint: `\`lockstep release status ${version}\` tells what is where`,
    })
  const reason = reasonOf(args)
  const signer = await publishSigner(args, 'sign-key', context)
  const steps = [
    marking(workspace, version, reason, context),
    ...yankSteps({version, reason, listed, signer}, to, github),
  ]
  const planned = acts ? await runSteps(steps) : await planSteps(steps)
  const open = planned.flatMap(s => s.calls).filter(isOpenCall).length
  print(context, {version, dryRun: !acts, steps: planned}, paint => {
    const end =
      open === 0
        ? `${version} is withdrawn: nothing was left to do`
        : acts
          ? `${version} is withdrawn: ${count(open, 'call')} made; commit what has changed here`
          : `a dry run: ${count(open, 'call')} would be made; run it again with --yes to make them`
    return `${stepsText(planned, paint)}\n${end}\n`
  })
  return 0
}

function reasonOf(args: Args): string {
  const reason = args.text('reason')
  if (reason !== undefined) return reason
  fail(
    {code: 'C005', message: '--reason is missing', expected: 'what people who have installed it must know'},
    2,
  )
}

/** The row in the matrix, and every page that is made from it. */
function marking(workspace: Workspace, version: string, reason: string, context: Context): Step {
  const {root, file, matrix} = workspace
  const {component} = matrix.product
  const row = matrix.components[component]?.versions.find(v => v.version === version)
  const isMarked = row?.state === 'yanked'
  return {
    title: 'Matrix and pages of this checkout',
    look: async () => {
      // A run that was cut off may have marked the row and left the pages as they were.
      const isDone = isMarked && (await driftOf(workspace, context)).drift.length === 0
      return [{place: 'here', call: `${file}: ${version} is yanked`, state: isDone ? 'done' : 'open'}]
    },
    act: async () => {
      const {files} = context
      const path = join(root, file)
      if (!isMarked) {
        const text = yankMatrix((await files.read(path)).toString(), file, {component, version}, reason)
        await files.write(path, Buffer.from(text))
      }
      const after = await loadWorkspace(context)
      await applyDrift(files, root, (await driftOf(after, context)).drift)
    },
  }
}

import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {refusals} from '../cut/preflight.ts'
import {isDraft} from '../cut/prepare-changes.ts'
import {isOpenCall, type PlannedStep, planSteps, runSteps} from '../cut/step.ts'
import {type Cut, cutSteps} from '../cut/steps.ts'
import {peekToolbox} from '../effects/toolbox/toolbox.ts'
import {unpublishable} from '../publish/publish.ts'
import {readStaged, type Staged} from '../publish/staged.ts'
import {sourceOf} from './build-source.ts'
import type {Args, Context, Run} from './command.ts'
import {driftOf} from './generated.ts'
import {count, type Paint, print} from './output.ts'
import {buildRelease, jobsOf} from './release-build.ts'
import {distOf} from './release-publish.ts'
import {verifyFolder} from './release-verify.ts'
import {type Outside, outsideOf} from './release-world.ts'
import {openTarget} from './target.ts'
import {signingOf} from './trust.ts'
import {loadWorkspace, type Workspace} from './workspace.ts'

export const run: Run = async (args, context) => {
  const acts = args.flag('yes')
  const workspace = await loadWorkspace(context)
  const outside = outsideOf(workspace, args, context)
  await preflight(workspace, outside, acts, context)
  const staged = await built(workspace, args, context)
  const steps = cutSteps(await cutOf(workspace, staged, args, context), {
    ...outside,
    to: openTarget(args.text('to') ?? staged.plan.registry, args, context),
    files: context.files,
    progress: context.progress,
  })
  const planned = await planSteps(steps)
  if (planned.some(({calls}) => calls.some(isOpenCall))) {
    // What is to be sent is read first, every byte of it; when nothing is, a rerun takes no longer than looking.
    const {problems} = (await verifyFolder(staged.dir, context)).found
    if (problems.length > 0) throw new DiagnosticError(problems)
    if (acts) await runSteps(steps)
  }
  const {version} = staged.plan
  const asked = outside.hasToken ? outside.github?.name : undefined
  const result = {version, dryRun: !acts, github: asked, steps: planned}
  print(context, result, paint => {
    const unasked = outside.github && !asked ? 'GitHub was not asked, for want of a token\n' : ''
    return `${stepsText(planned, paint)}\n${unasked}${endText(planned, version, acts)}\n`
  })
  return 0
}

/** @throws DiagnosticError with everything that stands in the way, before anything is built or sent */
async function preflight(
  workspace: Workspace,
  {git, wantsGitHub, hasToken}: Outside,
  acts: boolean,
  context: Context,
): Promise<void> {
  const {matrix, root, changes} = workspace
  const version = matrix.release?.version
  const told: Diagnostic[] = []
  const drift = await driftOf(workspace, context).then(
    found => found.drift.map(d => d.path),
    error => {
      if (!(error instanceof DiagnosticError)) throw error
      told.push(...error.diagnostics)
      return []
    },
  )
  const [differing, branch, toolbox] = await Promise.all([git.changes(), git.branch(), peekToolbox()])
  const file = `matrix/changes/${version}.yaml`
  const written = changes.some(c => c.version === version)
    ? {file, draft: isDraft((await context.files.read(join(root, file))).toString())}
    : undefined
  const found = refusals({
    matrix,
    branch,
    changes: differing,
    drift,
    written,
    toolbox: toolbox.lock,
    lacksToken: acts && wantsGitHub && !hasToken,
  })
  if (told.length + found.length > 0) throw new DiagnosticError([...told, ...found])
}

/**
 * The release as it lies in dist/, built now unless `--from` names one.
 * @throws DiagnosticError when it is not fit to be published
 */
async function built(workspace: Workspace, args: Args, context: Context): Promise<Staged> {
  const dir = distOf(args, context)
  if (args.text('from') === undefined)
    await buildRelease(workspace, dir, jobsOf(args.text('jobs') ?? String(availableParallelism())), context)
  const staged = await readStaged(dir, context.files)
  const refused = unpublishable(staged)
  if (refused.length > 0) throw new DiagnosticError(refused)
  return staged
}

/** What is cut, once it is certain that dist/ was built from the checkout's commit. @throws W040 it was not */
export async function cutOf(
  workspace: Workspace,
  staged: Staged,
  args: Args,
  context: Context,
): Promise<Cut> {
  const {matrix} = workspace
  const {commit} = await sourceOf(staged.plan, context)
  const notes = `${staged.dir}/release/RELEASE-NOTES-v${staged.plan.version}.md`
  const versions = matrix.components[matrix.product.component]?.versions ?? []
  return {
    staged,
    commit,
    notes: (await context.files.read(notes)).toString(),
    yanked: new Set(versions.filter(v => v.state === 'yanked').map(v => v.version)),
    signing: await signingOf(args, staged, context),
  }
}

const marks = {open: '→', done: '✔', kept: '='} as const

/** Every call, with what is done already. */
export function stepsText(planned: readonly PlannedStep[], paint: Paint): string {
  return planned
    .map(({title, calls}) => {
      const lines = calls.map(({call, state}) => `  ${marks[state]} ${call}\n`)
      return `${paint('bold', title)}\n${lines.join('')}`
    })
    .join('')
}

function endText(planned: readonly PlannedStep[], version: string, acts: boolean): string {
  const open = planned.flatMap(s => s.calls).filter(c => c.state === 'open').length
  if (open === 0) return `${version} is released: nothing was left to do`
  return acts
    ? `${version} is released: ${count(open, 'call')} made`
    : `a dry run: ${count(open, 'call')} would be made; run it again with --yes to make them`
}

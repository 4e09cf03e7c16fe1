import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {publishedList, type Whereabouts, whereabouts} from '../cut/status.ts'
import {isOpenCall, type PlannedStep, planSteps} from '../cut/step.ts'
import {cutSteps} from '../cut/steps.ts'
import {readStaged, type Staged} from '../publish/staged.ts'
import {listedIn, releaseStatus, type TagStatus} from '../publish/status.ts'
import type {Args, Context, Run} from './command.ts'
import {count, type Paint, print, table} from './output.ts'
import {cutOf} from './release-cut.ts'
import {distOf} from './release-publish.ts'
import {outsideOf} from './release-world.ts'
import {openTarget} from './target.ts'
import {versionOf} from './version-word.ts'
import {loadWorkspace, type Workspace} from './workspace.ts'

/** 1 while anything of the release is absent or stands for something else. */
export const run: Run = async (args, context) => {
  const [version] = args.words
  return version === undefined ? builtStatus(args, context) : wholeStatus(versionOf(version), args, context)
}

/** Of what lies in dist/: the registry alone. */
async function builtStatus(args: Args, context: Context): Promise<0 | 1> {
  const staged = await readStaged(distOf(args, context), context.files)
  const target = openTarget(args.text('to') ?? staged.plan.registry, args, context)
  const tags = await releaseStatus(staged, target)
  const whole = tags.every(t => t.state === 'published')
  print(context, {target: target.name, version: staged.plan.version, whole, tags}, paint => {
    const list = tagTable(tags, paint, context.width)
    const there = tags.filter(t => t.state === 'published').length
    return `${list}\n${there} of ${tags.length} tags of ${staged.plan.version} are published in ${target.name}\n`
  })
  return whole ? 0 : 1
}

/** Of a version: Git, registry, GitHub, and what `release cut` would do next. */
async function wholeStatus(version: string, args: Args, context: Context): Promise<0 | 1> {
  const workspace = await loadWorkspace(context)
  const {release} = workspace.matrix
  const to = openTarget(args.text('to') ?? release?.registry ?? needRegistry(), args, context)
  const {git, github, hasToken} = outsideOf(workspace, args, context)
  const world = {git, github: hasToken ? github : undefined, to}
  const staged = await stagedOf(version, args, context)
  const listed = staged ? listedIn(staged) : await publishedList(workspace.matrix.product.id, version, to)
  const where = await whereabouts(version, listed, world)
  const next = staged ? await nextRun(staged, workspace, {...world, github}, args, context) : undefined
  // A floating tag may have gone on to a newer release; that it is left behind, the open calls tell.
  const tagged = where.tags.every(t => t.state === 'published' || (t.floating && t.state === 'other'))
  const open = next?.some(({calls}) => calls.some(isOpenCall)) ?? false
  const outside = where.git.there !== undefined && !['absent', 'draft'].includes(where.github.state)
  const whole = where.tags.length > 0 && tagged && outside && !open
  print(context, {target: to.name, whole, ...where, next}, paint =>
    whereText(where, next, paint, context.width),
  )
  return whole ? 0 : 1
}

function needRegistry(): never {
  fail({code: 'C005', message: 'the matrix names no registry', expected: '--to TARGET'}, 2)
}

/** What lies in dist/, when it is this version. */
async function stagedOf(version: string, args: Args, context: Context): Promise<Staged | undefined> {
  const dir = distOf(args, context)
  if (!(await context.files.stat(`${dir}/plan.json`))) return undefined
  const staged = await readStaged(dir, context.files)
  return staged.plan.version === version ? staged : undefined
}

/** What the next `release cut --yes` would do, or why it would refuse. */
async function nextRun(
  staged: Staged,
  workspace: Workspace,
  world: Omit<Parameters<typeof cutSteps>[1], 'files' | 'progress'>,
  args: Args,
  context: Context,
): Promise<PlannedStep[]> {
  try {
    const cut = await cutOf(workspace, staged, args, context)
    return await planSteps(cutSteps(cut, {...world, files: context.files, progress: context.progress}))
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return error.diagnostics.map(d => ({title: `refused: ${d.code} ${d.message}`, calls: []}))
  }
}

function whereText(
  {version, git, tags, attached, yanked, github}: Whereabouts,
  next: readonly PlannedStep[] | undefined,
  paint: Paint,
  width: number | undefined,
): string {
  const there = tags.filter(t => t.state === 'published').length
  const rows = [
    ['Git', `${git.tag} ${git.there ? `is ${git.there}` : 'is not pushed'}${git.here ? '' : ', not here'}`],
    [
      'registry',
      tags.length === 0 ? 'nothing is published' : `${there} of ${tags.length} tags are published`,
    ],
    ['attached', `to ${count(attached.length, 'artifact')}${kindsText(attached)}`],
    [
      'GitHub',
      `${github.state}${github.url ? ` (${count(github.assets.length, 'file')}, ${github.url})` : ''}`,
    ],
    ...(yanked ? [['withdrawn', `${version} was withdrawn`]] : []),
  ]
  const missing = tags.filter(t => t.state !== 'published')
  const list = missing.length > 0 ? `\n${tagTable(missing, paint, width)}` : ''
  return `${table(['WHERE', 'WHAT'], rows, paint, width)}${list}\n${nextText(next)}\n`
}

function kindsText(attached: Whereabouts['attached']): string {
  const kinds = new Set(attached.flatMap(a => a.kinds))
  return kinds.size > 0 ? `: ${[...kinds].sort().join(', ')}` : ''
}

function nextText(next: readonly PlannedStep[] | undefined): string {
  if (!next)
    return 'dist/ does not hold this version: check it out and run `lockstep release cut` to see what is left'
  const refused = next.filter(s => s.calls.length === 0).map(s => s.title)
  if (refused.length > 0) return `the next run would be ${refused.join('\n')}`
  const open = next.flatMap(s => s.calls).filter(isOpenCall)
  if (open.length === 0) return 'the next run would find nothing to do'
  return `the next run would make ${count(open.length, 'call')}, first ${open[0]?.call}`
}

function tagTable(tags: readonly TagStatus[], paint: Paint, width: number | undefined): string {
  return table(['STATE', 'DIGEST', 'TAG'], tags.map(row), paint, width)
}

function row({state, digest, found, repository, tag}: TagStatus): string[] {
  const instead = found === undefined ? '' : `, which is ${found.slice(7, 19)}`
  return [state, digest.slice(7, 19), `${repository}:${tag}${instead}`]
}

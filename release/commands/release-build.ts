import {availableParallelism} from 'node:os'
import {join, resolve} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {checkNode, officialNode} from '../archive/node-lock.ts'
import {type Built, build} from '../build/build.ts'
import {chartProblems, type HelmLint, helmLint} from '../build/chart-lint.ts'
import type {BuildContext} from '../build/context.ts'
import {distFiles, distPaths, type Written, writeDist} from '../build/dist.ts'
import {Store} from '../build/store.ts'
import {realFiles} from '../effects/files.ts'
import {npmPackage} from '../effects/npm-package.ts'
import {cacheDir} from '../effects/toolbox/cache.ts'
import {fetchDeb} from '../effects/toolbox/download.ts'
import {openToolbox, repositoryRoot} from '../effects/toolbox/toolbox.ts'
import {hexOf} from '../lib/digest.ts'
import type {Files} from '../lib/effects.ts'
import type {ModuleSigner} from '../lib/signing/signer.ts'
import type {NpmPackage, ReleasePlan} from '../plan/plan.ts'
import type {Context, Run} from './command.ts'
import {incomplete, withoutUnavailable} from './incomplete.ts'
import {count, print} from './output.ts'
import {withOverlay} from './overlay.ts'
import {type Planned, planRelease} from './plan-inputs.ts'
import {shown} from './read-files.ts'
import {signerOf} from './signing.ts'
import {loadWorkspace, type Workspace} from './workspace.ts'

export type Release = {
  plan: ReleasePlan
  dir: string
  made: string[]
  written: Written
  /** Of each chart, by its folder: whether Helm has looked at it. */
  charts: Record<string, HelmLint>
}

export const run: Run = async (args, context) => {
  const workspace = await loadWorkspace(context)
  const dir = resolve(context.cwd, args.text('out') ?? resolve(workspace.root, 'dist'))
  const signer = await signerOf(args, context)
  const release = await buildRelease(workspace, dir, jobsOf(args.text('jobs')), context, signer)
  const {made, written, plan, charts} = release
  const {version, leftOut} = plan
  print(context, {dir: shown(context, dir), version, made, ...written, leftOut, charts}, () =>
    buildText(release, context),
  )
  if (leftOut.length > 0) throw new DiagnosticError(incomplete(plan), 3)
  return 0
}

/**
 * Plans, builds and lays out a release; what is made already is not made again, and what can't be made here for
 * want of a package of npm is left out (`plan.leftOut`).
 * @throws C014 `dir` holds something else than a release, B012 to B014 a chart is broken
 */
export async function buildRelease(
  workspace: Workspace,
  dir: string,
  jobs: number,
  context: Context,
  signer?: ModuleSigner,
): Promise<Release> {
  await refuseForeign(dir, context)
  const {progress, signal} = context
  const toolbox = await openToolbox({progress, signal})
  return withOverlay(workspace, context, async buildable => {
    let charts: Release['charts'] = {}
    const {planned, store, built} = await withoutUnavailable(async unavailable => {
      const planned = await planRelease(buildable, context, toolbox, signer?.certificate, unavailable)
      charts = await lintCharts(planned, workspace.root, context)
      return {planned, ...(await buildPlan(planned, jobs, context, signer))}
    })
    const written = await writeDist(dir, distFiles(planned.plan, built.outputs), store, context.files)
    if (built.made.length > 0) await store.collect()
    return {plan: planned.plan, dir, made: built.made, written, charts}
  })
}

/** Charts are written by hand and packed as they are, so a broken one would be noticed by whoever installs it. */
async function lintCharts(
  {plan, readTree}: Planned,
  root: string,
  {exec}: Context,
): Promise<Release['charts']> {
  const recipes = plan.artifacts.flatMap(({recipe}) => (recipe.kind === 'chart' ? [recipe] : []))
  const problems: Diagnostic[] = []
  for (const {root: folder, files} of recipes) {
    const texts = await Promise.all(
      files.map(async file => ({path: file.path, text: (await readTree(file)).toString()})),
    )
    problems.push(...chartProblems(folder, texts))
  }
  if (problems.length > 0) throw new DiagnosticError(problems)
  const linted: Release['charts'] = {}
  for (const recipe of recipes) linted[recipe.root] = await helmLint(root, recipe.root, exec)
  return linted
}

/**
 * Builds a plan into the store that all clones of this machine share.
 * @param folder another store instead
 */
export async function buildPlan(
  {plan, readTree}: Planned,
  jobs: number,
  {progress, signal, exec}: Context,
  signer?: ModuleSigner,
  folder = join(cacheDir(), 'store'),
): Promise<{store: Store; built: Built}> {
  const cache = cacheDir()
  // A power cut costs at most what the next run makes again: nothing in the store is trusted.
  const files = realFiles({durable: false})
  const store = new Store(files, folder)
  const context: BuildContext = {
    plan,
    store,
    files,
    cache,
    toolbox: () => openToolbox({progress, signal}),
    fetchDeb,
    npmPackage: async locked => {
      const folder = await npmPackage(repositoryRoot(), locked, {exec, progress})
      await compareNode(locked, folder, files)
      return folder
    },
    readTree,
    progress,
    ...(signer ? {signer} : {}),
  }
  return {store, built: await build(plan, context, jobs)}
}

/** What is shipped has to be the Node project's own program. @throws X015 it is another */
async function compareNode(locked: NpmPackage, folder: string, files: Files): Promise<void> {
  if (!officialNode(locked)) return
  const path = join(folder, 'bin/node')
  const [digest] = await files.hash([{path, size: (await files.stat(path))?.size ?? 0}])
  checkNode(locked, digest ? hexOf(digest) : 'none')
}

/** @throws C008 not a number of jobs */
export function jobsOf(text: string | undefined): number {
  if (text === undefined) return availableParallelism()
  const jobs = Number(text)
  if (Number.isInteger(jobs) && jobs > 0 && jobs <= 1024) return jobs
  fail({code: 'C008', message: `--jobs can't be ${text}`, expected: 'a whole number from 1'}, 2)
}

/**
 * Whatever does not belong to a release is removed from its folder, so it must be ours.
 * @throws C014 it holds something else
 */
export async function refuseForeign(dir: string, context: Context): Promise<void> {
  const ours = new Set<string>(Object.values(distPaths))
  const foreign = (await context.files.list(dir)).filter(name => !ours.has(name) && !name.startsWith('.tmp-'))
  if (foreign.length === 0) return
  fail({
    code: 'C014',
    message: `${shown(context, dir)} holds other things than a release: ${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ', …' : ''}`,
    expected: `a folder that is empty, absent, or holds ${[...ours].join(', ')}`,
    hint: 'name another folder with --out DIR, or move these away',
  })
}

function buildText({plan, dir, made, written, charts}: Release, context: Context): string {
  const folder = shown(context, dir)
  const changed = written.written.length + written.removed.length
  const how =
    made.length === 0 && changed === 0
      ? 'nothing had changed'
      : `${count(made.length, 'artifact')} of ${plan.artifacts.length} made, ${count(changed, 'file')} of ${folder} changed`
  const overlay =
    plan.lock === 'overlay' ? 'built from an overlay lock: it can be tried, and is never published\n' : ''
  const unseen = Object.keys(charts).filter(root => charts[root] === 'no helm')
  const linted =
    unseen.length > 0 ? `no helm on the PATH: ${unseen.join(', ')} was checked for its form only\n` : ''
  return `${plan.product} ${plan.version} is in ${folder}: ${how}\n${overlay}${linted}`
}

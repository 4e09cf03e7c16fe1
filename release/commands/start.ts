import {resolve} from 'node:path'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {distPaths} from '../build/dist.ts'
import {openToolbox} from '../effects/toolbox/toolbox.ts'
import type {Artifact, ReleasePlan} from '../plan/plan.ts'
import type {Context, Run} from './command.ts'
import {driftOf} from './generated.ts'
import {incomplete} from './incomplete.ts'
import {count, type Paint, print, table} from './output.ts'
import {shown} from './read-files.ts'
import {buildRelease, jobsOf} from './release-build.ts'
import {verifyFolder} from './release-verify.ts'
import {loadWorkspace} from './workspace.ts'

/** The main job from end to end, as `npm start` runs it. */
export const run: Run = async (args, context) => {
  const steps: Step[] = []
  const step = timed(steps)
  const workspace = await step(
    'lint',
    () => loadWorkspace(context),
    () => 'all that people write is sound',
  )
  await step('check', () => driftOf(workspace, context), driftText)
  const dir = resolve(workspace.root, 'dist')
  const {progress, signal} = context
  await step(
    'toolbox',
    () => openToolbox({progress, signal}),
    t => `${t.lock} lock`,
  )
  const {plan} = await step(
    'build',
    () => buildRelease(workspace, dir, jobsOf(args.text('jobs')), context),
    ({made, plan: {artifacts, leftOut}}) =>
      `${made.length} of ${artifacts.length} artifacts made, the others were there${leftOut.length > 0 ? `; ${leftOut.length} left out` : ''}`,
  )
  await step(
    'verify',
    () => verified(dir, context),
    n => `${count(n, 'file and tag', 'files and tags')} right`,
  )
  const folder = shown(context, dir)
  const contents = contentsOf(plan, folder)
  const {version, lock, leftOut} = plan
  print(context, {version, dir, lock, leftOut, steps, contents}, paint =>
    summary(plan, folder, steps, contents, paint, context.width),
  )
  if (leftOut.length > 0) throw new DiagnosticError(incomplete(plan), 3)
  return 0
}

type Step = {step: string; seconds: number; result: string}

function timed(steps: Step[]) {
  return async <T>(step: string, work: () => Promise<T>, tell: (result: T) => string): Promise<T> => {
    const started = performance.now()
    const result = await work()
    const seconds = Math.round((performance.now() - started) / 100) / 10
    steps.push({step, seconds, result: tell(result)})
    return result
  }
}

// A release holds the generated files as they should be, so drift is told and stops nothing.
function driftText({generated, drift}: Awaited<ReturnType<typeof driftOf>>): string {
  const all = count(generated.length, 'generated file')
  if (drift.length === 0) return `${all} up to date`
  return `${drift.length} of ${all} out of date: \`./lockstep generate\` writes what is built here`
}

/** @throws DiagnosticError with everything that is not as it should be */
async function verified(dir: string, context: Context): Promise<number> {
  const {found} = await verifyFolder(dir, context)
  if (found.problems.length > 0) throw new DiagnosticError(found.problems)
  return found.files.length + found.tags.length
}

type Content = {what: string; where: string[]}

/** What a stranger looks for in the folder, in the order in which it matters. */
function contentsOf({artifacts, version}: ReleasePlan, dir: string): Content[] {
  const of = (kind: Artifact['recipe']['kind']) => artifacts.filter(a => a.recipe.kind === kind)
  const places = (list: readonly Artifact[]) => [
    ...new Set(
      list.flatMap(({oci, files}) => [
        ...(oci ? [`${dir}/${distPaths.oci}/${oci.repository}`] : []),
        ...files.map(name => `${dir}/${distPaths.release}/${name}`),
      ]),
    ),
  ]
  const entry = (what: string, list: readonly Artifact[]): Content[] =>
    list.length === 0 ? [] : [{what, where: places(list)}]
  return [
    ...entry(count(of('kmod-image').length, 'kernel module image'), of('kmod-image')),
    ...entry(count(of('node-image').length, 'container image'), of('node-image')),
    ...entry(count(of('node-executable').length, 'program'), of('node-executable')),
    ...entry(`Helm chart ${version}`, of('chart')),
    ...entry('GitOps manifests', of('manifests')),
    ...entry('release notes', of('notes')),
    ...entry(count(of('source').length, 'source tarball'), of('source')),
    ...entry('lists of images and digests', of('lists')),
    ...entry('checksums', of('checksums')),
    ...entry('all release files, as an OCI artifact', of('release')),
  ]
}

function summary(
  plan: ReleasePlan,
  dir: string,
  steps: readonly Step[],
  contents: readonly Content[],
  paint: Paint,
  width: number | undefined,
): string {
  const total = steps.reduce((sum, s) => sum + s.seconds, 0)
  const times = steps.map(s => [s.step, `${s.seconds.toFixed(1)} s`, s.result])
  const rows = contents.flatMap(({what, where}) => where.map((place, i) => [i === 0 ? what : '', place]))
  const overlay =
    plan.lock === 'overlay'
      ? `\n${paint('yellow', 'A locked package has vanished from the mirror, so newer ones were taken: try this release, but it is never published.')}\n`
      : ''
  return [
    paint('bold', `${plan.product} ${plan.version} is in ${dir}/, ${total.toFixed(1)} s\n`),
    `${table(['STEP', 'TIME', 'RESULT'], times, paint, width)}${overlay}`,
    table(['WHAT', 'WHERE'], rows, paint, width),
    ...(plan.leftOut.length > 0
      ? [paint('yellow', `Incomplete: ${plan.leftOut.map(l => l.title).join(', ')} left out.\n`)]
      : []),
    `${paint('bold', 'TRY')}\n${tries(plan, dir)
      .map(line => `  ${line}\n`)
      .join('')}`,
  ].join('\n')
}

/** Commands of other people's tools that read what was made. */
function tries({artifacts, version}: ReleasePlan, dir: string): string[] {
  const image = artifacts.find(a => a.recipe.kind === 'kmod-image')?.oci
  const chart = artifacts.find(a => a.recipe.kind === 'chart')?.files[0]
  const release = `${dir}/${distPaths.release}`
  return [
    `(cd ${release} && sha256sum -c --strict SHA256SUMS)`,
    ...(image ? [`skopeo inspect oci:${dir}/${distPaths.oci}/${image.repository}:${image.tags[0]}`] : []),
    ...(chart ? [`helm template mock-device ${release}/${chart}`] : []),
    './lockstep compat --with kubernetes=1.36',
    `./lockstep release notes ${version}`,
    './lockstep release publish --to ghcr.io/YOU',
  ]
}

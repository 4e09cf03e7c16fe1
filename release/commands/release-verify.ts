import {valid} from 'semver'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {distPaths} from '../build/dist.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {ReleasePlan} from '../plan/plan.ts'
import {channelOf, floatingTags} from '../plan/tags.ts'
import {readStaged} from '../publish/staged.ts'
import {filesOfArtifact, filesOfFolder, type Verification, verifyRelease} from '../publish/verify.ts'
import type {Verifier} from '../trust/verifier.ts'
import type {Args, Context, Run} from './command.ts'
import {count, print} from './output.ts'
import {renderProblems} from './problems.ts'
import {shown} from './read-files.ts'
import {distOf} from './release-publish.ts'
import type {Rebuilt} from './release-rebuild.ts'
import {openTarget} from './target.ts'
import {verifierOf} from './trust.ts'
import {loadMatrixOnly} from './workspace.ts'

export const run: Run = async (args, context) => {
  const task = context.progress.task('Verifying')
  const [word] = args.words
  const verifier = await verifierOf(args, context)
  const {name, found} =
    word === undefined && verifier === undefined && args.text('release') === undefined
      ? await verifyFolder(distOf(args, context), context)
      : await verifyTarget(word, verifier, args, context)
  const {problems: all, ...good} = found
  task.done()
  const remade = args.flag('rebuild') ? await remake(word, verifier, args, context) : undefined
  const problems = [...all, ...(remade?.problems ?? [])]
  // The problems are told on standard error, as everywhere.
  const result = {
    place: name,
    ...good,
    ...(remade ? {rebuilt: remade.rebuilt} : {}),
    sound: problems.length === 0,
  }
  print(context, result, () => verifyText(name, found) + (remade ? rebuiltText(remade.rebuilt) : ''))
  const {withdrawn} = found
  if (withdrawn && !withdrawn.signed)
    context.err(await renderProblems([claim(withdrawn.reason, verifier)], context, context.color))
  if (problems.length > 0) throw new DiagnosticError(problems)
  return 0
}

function claim(reason: string, verifier: Verifier | undefined): Diagnostic {
  return {
    code: 'P039',
    severity: 'warning',
    message: `somebody says that this release was withdrawn: ${reason}`,
    expected: verifier ? `a signature by ${verifier.name}, which is missing` : 'a signature',
    hint: verifier
      ? 'ask the maintainers'
      : '--key FILE or --identity URL tells whether its maintainers say so',
  }
}

/** @throws C005 no published release is named */
async function remake(
  word: string | undefined,
  verifier: Verifier | undefined,
  args: Args,
  context: Context,
): Promise<{rebuilt: Rebuilt; problems: Diagnostic[]}> {
  if (word === undefined)
    fail({code: 'C005', message: '--rebuild needs a published release', expected: 'a TARGET or a VERSION'}, 2)
  const {rebuild} = await import('./release-rebuild.ts')
  return rebuild({...(await publishedAt(word, args, context)), verifier}, args, context)
}

function rebuiltText({commit, same, differences, unsigned, restored}: Rebuilt): string {
  const through = differences
    .filter(d => d.through.length > 0)
    .map(d => `  ${d.what}, through ${d.through.join(', ')}\n`)
  const more = [
    restored > 0 ? `, ${count(restored, 'package')} from the release’s own archive` : '',
    differences.length > 0 ? `; ${differences.length} differ` : '',
    unsigned.length > 0 ? `; ${unsigned.length} can't be compared without the key of the modules` : '',
  ]
  return `made again from ${commit}: ${count(same, 'digest')} the same${more.join('')}\n${through.join('')}`
}

type Found = {name: string; found: Verification}

/** dist/, against its own plan. */
export async function verifyFolder(dir: string, context: Context): Promise<Found> {
  const {plan, layout} = await readStaged(dir, context.files)
  const files = filesOfFolder(`${dir}/${distPaths.release}`, context.files)
  const own = ownOf(plan.product, plan.version, plan.channel)
  return {name: shown(context, dir), found: await verifyRelease({target: layout, files, plan, own})}
}

/**
 * What somebody published, against the release files that were published with it, and against whom one trusts.
 * @param word a target, or a version in the matrix's own registry
 */
async function verifyTarget(
  word: string | undefined,
  verifier: Verifier | undefined,
  args: Args,
  context: Context,
): Promise<Found> {
  const {target, product, version} = await publishedAt(word, args, context)
  const files = await filesOfArtifact(target, product, `v${version}`)
  const trusted = verifier ? {trusted: {verifier, product, version}} : {}
  if (files)
    return {
      name: target.name,
      found: await verifyRelease({
        target,
        files,
        own: ownOf(product, version, channelOf(version)),
        floating: !args.flag('no-floating'),
        ...trusted,
      }),
    }
  fail({
    code: 'C015',
    message: `${target.repository(product).name} has no v${version}`,
    hint: 'name another version with --release VERSION, or publish this one',
  })
}

async function publishedAt(word: string | undefined, args: Args, context: Context) {
  const {matrix} = await loadMatrixOnly(context)
  const asked = valid(word) ?? undefined
  const place = asked === undefined ? word : undefined
  const target = openTarget(place ?? registryOf(matrix), args, context)
  const release = args.text('release')
  const version = valid(release) ?? release ?? asked ?? matrix.release?.version ?? 'none'
  return {target, product: matrix.product.id, version}
}

function ownOf(repository: string, version: string, channel: ReleasePlan['channel']) {
  return {repository, tag: `v${version}`, floating: floatingTags(version, channel)}
}

function registryOf({product, release}: Matrix): string {
  if (release) return release.registry
  fail({code: 'P001', message: `the matrix of ${product.id} describes no release`, hint: 'name the TARGET'})
}

function verifyText(name: string, {files, tags, moved, signed, bytes, problems}: Verification): string {
  const mebibytes = (bytes / 2 ** 20).toFixed(1)
  const right = `${count(files.length, 'release file')} and ${count(tags.length, 'tag')} are right`
  const trust = signed.length > 0 ? `, ${count(signed.length, 'artifact')} signed` : ''
  const newer = moved.length > 0 ? `, ${count(moved.length, 'floating tag')} moved on` : ''
  const found = `${right}${newer}${trust} (${mebibytes} MiB read)`
  return `${name}: ${found}${problems.length > 0 ? `; ${count(problems.length, 'problem')}` : ''}\n`
}

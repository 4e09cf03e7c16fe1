import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {distPaths} from '../build/dist.ts'
import {readStaged} from '../publish/staged.ts'
import {filesOfArtifact, filesOfFolder, type Verification, verifyRelease} from '../publish/verify.ts'
import type {Args, Context, Run} from './command.ts'
import {count, print} from './output.ts'
import {shown} from './read-files.ts'
import {distOf} from './release-publish.ts'
import {openTarget} from './target.ts'
import {loadMatrixOnly} from './workspace.ts'

export const run: Run = async (args, context) => {
  const task = context.progress.task('Verifying')
  const [place] = args.words
  const {name, found} =
    place === undefined
      ? await verifyFolder(distOf(args, context), context)
      : await verifyTarget(place, args, context)
  const {problems, ...good} = found
  task.done()
  // The problems are told on standard error, as everywhere.
  print(context, {place: name, ...good, sound: problems.length === 0}, () => verifyText(name, found))
  if (problems.length > 0) throw new DiagnosticError(problems)
  return 0
}

type Found = {name: string; found: Verification}

/** dist/, against its own plan. */
export async function verifyFolder(dir: string, context: Context): Promise<Found> {
  const {plan, layout} = await readStaged(dir, context.files)
  const files = filesOfFolder(`${dir}/${distPaths.release}`, context.files)
  return {name: shown(context, dir), found: await verifyRelease({target: layout, files, plan})}
}

/** What somebody published, against the release files that were published with it. */
async function verifyTarget(place: string, args: Args, context: Context): Promise<Found> {
  const target = openTarget(place, args, context)
  const {matrix} = await loadMatrixOnly(context)
  const version = args.text('release') ?? matrix.release?.version ?? 'none'
  const files = await filesOfArtifact(target, matrix.product.id, `v${version}`)
  if (files) return {name: target.name, found: await verifyRelease({target, files})}
  fail({
    code: 'C015',
    message: `${target.repository(matrix.product.id).name} has no v${version}`,
    hint: 'name another version with --release VERSION, or publish this one',
  })
}

function verifyText(name: string, {files, tags, bytes, problems}: Verification): string {
  const mebibytes = (bytes / 2 ** 20).toFixed(1)
  const found = `${count(files.length, 'release file')} and ${count(tags.length, 'tag')} are right (${mebibytes} MiB read)`
  return `${name}: ${found}${problems.length > 0 ? `; ${count(problems.length, 'problem')}` : ''}\n`
}

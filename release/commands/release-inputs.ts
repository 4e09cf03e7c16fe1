import {join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {type Archived, findInputs, lacking, packInputs} from '../archive/artifact.ts'
import {type Inputs, inputsOf} from '../archive/inputs.ts'
import {cacheDir} from '../effects/toolbox/cache.ts'
import {fetchDebs} from '../effects/toolbox/download.ts'
import type {Digest} from '../lib/digest.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {type Blob, blobOf, type Descriptor, fileSource} from '../lib/oci/descriptor.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import {unpublishable} from '../publish/publish.ts'
import {readStaged, type Staged} from '../publish/staged.ts'
import type {Context, Run} from './command.ts'
import {lockFiles, npmArchives, toolboxLock} from './inputs-cache.ts'
import {count, print} from './output.ts'
import {rootOf} from './read-files.ts'
import {distOf} from './release-publish.ts'
import {isLayout, openTarget} from './target.ts'

/** Archives what a published release was made from, beside it, so that it can be made again in years. */
export const run: Run = async (args, context) => {
  const staged = await readStaged(distOf(args, context), context.files)
  const to = args.text('to') ?? staged.plan.registry
  const target = openTarget(to, args, context)
  const inputs = await inputsOfBuild(staged, context)
  const subject = await releaseAt(target, staged)
  const repository = target.repository(staged.plan.product)
  const archived = await findInputs(repository, subject.digest)
  const missing = lacking(archived, inputs)
  const open = missing.debs.length + missing.npm.length
  const acts = open > 0 && (isLayout(to) || args.flag('yes'))
  const digest = acts ? await archive(inputs, {archived, repository, subject}, context) : archived?.digest
  const result = {
    target: target.name,
    dryRun: !acts,
    inputs: inputs.debs.length + inputs.npm.length,
    missing: open,
    digest,
  }
  print(context, result, () => {
    const all = `${count(inputs.debs.length, 'Debian package')}, ${count(inputs.npm.length, 'npm package')}`
    if (open === 0) return `all inputs (${all}) were archived already: nothing to do\n`
    return acts
      ? `${all} and the lock files are archived as ${repository.name}@${digest}\n`
      : `a dry run: ${count(open, 'package')} of ${all} would be archived in ${repository.name}; run it again with --yes to do so\n`
  })
  return 0
}

/** @throws P021, P023 the build can't be repeated, X010 the checkout's toolbox lock is not the build's */
async function inputsOfBuild(staged: Staged, context: Context): Promise<Inputs> {
  const {plan} = staged
  const refused = unpublishable(staged)
  if (refused.length > 0) throw new DiagnosticError(refused)
  const {digest, packages} = await toolboxLock(rootOf(context), context)
  if (digest !== plan.toolbox)
    fail({
      code: 'X010',
      message: `${staged.dir} was built in another toolbox root than ${lockFiles.toolbox} names`,
      expected: plan.toolbox,
      hint: 'check out the commit that was built, or build again',
    })
  return inputsOf(plan, packages)
}

/** @throws X011 another release, or none, is published */
async function releaseAt(target: Target, {plan, artifacts}: Staged): Promise<Descriptor> {
  const repository = target.repository(plan.product)
  const own = artifacts.find(a => a.artifact.recipe.kind === 'release')
  const there = await repository.resolve(`v${plan.version}`)
  if (there && there.digest === own?.root.digest) return there
  fail({
    code: 'X011',
    message: `${repository.name}:v${plan.version} is ${there?.digest ?? 'absent'}; the build has ${own?.root.digest}`,
    expected: 'the release that was built, published',
    hint: '`lockstep release publish` comes first',
  })
}

type Place = {archived: Archived | undefined; repository: Repository; subject: Descriptor}

async function archive(
  inputs: Inputs,
  {archived, repository, subject}: Place,
  context: Context,
): Promise<Digest> {
  const {progress, signal, exec, files} = context
  const root = rootOf(context)
  await fetchDebs(lacking(archived, inputs).debs, {progress, signal})
  const task = progress.task('Archiving inputs')
  try {
    const debs = (sha256: string, size: number): Blob['source'] => {
      const there = archived?.debs.get(sha256)
      return there ? repository.readBlob(there) : fileSource(files, join(cacheDir(), 'debs', sha256), size)
    }
    const npm = await npmArchives(root, inputs.npm, archived, repository, exec)
    const locks = new Map<string, Blob>()
    for (const path of Object.values(lockFiles).sort())
      locks.set(path, blobOf(await files.read(join(root, path)), 'text/plain'))
    const packed = packInputs(subject, inputs, debs, npm, locks)
    await pushPacked(repository, packed)
    task.done()
    return packed.descriptor.digest
  } catch (error) {
    task.failed('run the command again: it goes on where it stopped')
    throw error
  }
}

import {join} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {distFiles, writeDist} from '../build/dist.ts'
import {cacheDir} from '../effects/toolbox/cache.ts'
import {openToolbox} from '../effects/toolbox/toolbox.ts'
import {type Addendum, type AddendumImage, makeAddendum} from '../kernels/addendum.ts'
import {type AddedImages, absentImages, kernelsWithoutImage, otherImages} from '../kernels/images.ts'
import {forEachLimited} from '../lib/limit.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import type {ModuleSigner} from '../lib/signing/signer.ts'
import {digestOf} from '../plan/digest.ts'
import type {RecipeOf, ReleasePlan} from '../plan/plan.ts'
import {isOpen, planPublish, publish, type TagAction} from '../publish/publish.ts'
import {type Digests, readDigests, readStaged, type Staged} from '../publish/staged.ts'
import {filesOfArtifact} from '../publish/verify.ts'
import {publishAddenda, readAddenda, writeAddendum} from './addenda.ts'
import {sourceOf} from './build-source.ts'
import type {Context, Run} from './command.ts'
import {kernelsOf} from './kernels-inputs.ts'
import {count, print, table} from './output.ts'
import {isImageOf, partOfPlan} from './part-of-plan.ts'
import {planRelease} from './plan-inputs.ts'
import {buildPlan, jobsOf} from './release-build.ts'
import {signerOf} from './signing.ts'
import {isLayout, openTarget} from './target.ts'
import {publishSigner} from './trust.ts'
import {versionOf} from './version-word.ts'
import {loadWorkspace, neededLock, type Workspace} from './workspace.ts'

/** The kernels that came since a release: built, published beside it, and recorded in an addendum. */
export const run: Run = async (args, context) => {
  const version = versionOf(args.words[0])
  const workspace = await loadWorkspace(context)
  const {release, mapping} = kernelsOf(workspace)
  if (version !== release.version) otherVersion(version, release.version)
  const to = args.text('to') ?? release.registry
  const target = openTarget(to, args, context)
  const signer = await signerOf(args, context)
  const published = await publishedRelease(target, version, workspace)
  refuseOtherSigner(published.signature, signer)
  const addenda = await addendaOf(version, workspace, context)
  const there = await addedAt(target.repository(mapping.image), addenda)
  refuse(otherImages(addenda, there, target.name))
  const known = new Set([...published.artifacts.flatMap(a => a.tags), ...there.keys()])
  const wanted = kernelsWithoutImage(version, neededLock(workspace), known)
  refuse(absentImages(addenda, new Set([...known, ...wanted.map(w => w.tag)]), target.name))
  const acts = isLayout(to) || args.flag('yes')
  const made =
    wanted.length === 0
      ? undefined
      : await buildNew(
          wanted.map(w => w.kernel),
          workspace,
          jobsOf(args.text('jobs')),
          context,
          signer,
        )
  if (made) refuse(otherImages(addenda, digestsOf(made), 'this build'))
  const attester = await publishSigner(args, 'release-key', context)
  const signing = made && attester && {signer: attester, source: await sourceOf(made.plan, context)}
  const actions = !made
    ? []
    : acts
      ? await publish(made, target, context.progress, signing)
      : await planPublish(made, target)
  const addendum = made && acts ? await record(version, made, addenda, workspace, context) : undefined
  if (acts)
    await publishAddenda(
      target,
      workspace.matrix.product.id,
      version,
      await addendaOf(version, workspace, context),
      attester,
    )
  const result = {version, target: target.name, dryRun: !acts, kernels: wanted, actions, addendum}
  print(context, result, paint => {
    if (wanted.length === 0) return `every locked kernel has its image of ${version} in ${target.name}\n`
    const rows = wanted.map(({kernel, line, tag}) => [kernel, line, tag])
    const list = table(['KERNEL', 'LINE', 'TAG'], rows, paint, context.width)
    const end = acts
      ? `${setTags(actions)} set in ${target.name}; ${addendum ? `commit ${addendum}` : 'the addenda are there already'}`
      : `a dry run: ${setTags(actions)} would be set in ${target.name}; run it again with --yes to do so`
    return `${list}\n${end}\n`
  })
  return 0
}

function setTags(actions: readonly TagAction[]): string {
  return count(actions.filter(isOpen).length, 'tag')
}

function otherVersion(version: string, own: string): never {
  fail({
    code: 'C018',
    message: `this checkout is ${own}, not ${version}`,
    hint: `check out v${version}, run \`lockstep kernels update\` there, and try again`,
  })
}

/** The release's own list of what was published. @throws C015 it is not there */
async function publishedRelease(target: Target, version: string, workspace: Workspace): Promise<Digests> {
  const {matrix} = workspace
  const files = await filesOfArtifact(target, matrix.product.id, `v${version}`)
  if (!files)
    fail({
      code: 'C015',
      message: `${target.name} has no release ${version} of ${matrix.product.id}`,
      hint: '`lockstep release publish` comes first; it publishes all kernels of the lock',
    })
  return readDigests(await files.read('digests.json'), `${files.name}/digests.json`)
}

/** Nodes that load only what one key has signed would refuse the images of another. @throws S005 */
function refuseOtherSigner(published: Digests['signature'], signer: ModuleSigner | undefined): void {
  const own = signer && `sha256:${signer.certificate.sha256}`
  if (published?.certificate === own) return
  fail({
    code: 'S005',
    message: `the release's modules are ${signedBy(published?.certificate)}, these would be ${signedBy(own)}`,
    hint: published
      ? 'give --sign-key and --sign-cert of the release'
      : 'leave out --sign-key and --sign-cert',
  })
}

function signedBy(certificate: string | undefined): string {
  return certificate ? `signed by ${certificate}` : 'not signed'
}

/** Builds the images of some kernels; what is staged for publishing lies in the cache. */
async function buildNew(
  kernels: readonly string[],
  workspace: Workspace,
  jobs: number,
  context: Context,
  signer: ModuleSigner | undefined,
): Promise<Staged> {
  const toolbox = await openToolbox({progress: context.progress, signal: context.signal})
  const planned = await planRelease(workspace, context, toolbox, signer?.certificate)
  const plan = partOfPlan(planned.plan, isImageOf(kernels))
  const {store, built} = await buildPlan({...planned, plan}, jobs, context, signer)
  const dir = join(cacheDir(), 'addenda', digestOf(plan))
  await writeDist(dir, distFiles(plan, built.outputs), store, context.files)
  return readStaged(dir, context.files)
}

/**
 * Written here first: what is published can then be published again by whoever has the checkout. Images that another
 * addendum names were made for another registry before: that addendum is published here too.
 */
async function record(
  version: string,
  made: Staged,
  addenda: readonly Addendum[],
  {root}: Workspace,
  context: Context,
): Promise<string | undefined> {
  const named = new Set(addenda.flatMap(a => a.images.map(i => i.tag)))
  const images = imagesOf(made).filter(i => !named.has(i.tag))
  if (images.length === 0) return undefined
  const now = Math.floor(Date.now() / 1000)
  return writeAddendum(root, makeAddendum(version, now, images), context)
}

/** What a place has under the tags that addenda name. An addendum tells what was published, not where. */
async function addedAt(repository: Repository, addenda: readonly Addendum[]): Promise<AddedImages> {
  const found = new Map<string, string>()
  const tags = new Set(addenda.flatMap(a => a.images.map(i => i.tag)))
  await forEachLimited([...tags], 6, async tag => {
    const there = await repository.resolve(tag)
    if (there) found.set(tag, there.digest)
  })
  return found
}

function digestsOf(made: Staged): AddedImages {
  return new Map(imagesOf(made).map(({tag, digest}) => [tag, digest]))
}

function refuse(problems: Diagnostic[]): void {
  if (problems.length > 0) throw new DiagnosticError(problems)
}

async function addendaOf(version: string, {root}: Workspace, context: Context): Promise<Addendum[]> {
  return (await readAddenda(root, context)).filter(a => a.release === version)
}

function imagesOf({plan, artifacts}: Staged): AddendumImage[] {
  return artifacts.flatMap(({artifact, oci, root}) => {
    const {recipe} = artifact
    if (recipe.kind !== 'kmod-image') return []
    const {kernel, line, arch} = recipe
    const module = moduleOf(plan, artifact.needs)
    const packages = module.packages.map(({name, version, sha256}) => ({name, version, sha256}))
    const source = `sha256:${digestOf(module.sources)}`
    const inputs = {compiler: module.compiler, toolbox: plan.toolbox, source, packages}
    return [{kernel, line, arch, tag: oci.tags[0] ?? '', digest: root.digest, inputs}]
  })
}

function moduleOf({artifacts}: ReleasePlan, needs: readonly string[]): RecipeOf<'module'> {
  for (const {id, recipe} of artifacts) if (needs.includes(id) && recipe.kind === 'module') return recipe
  throw new Error('an image without its module')
}

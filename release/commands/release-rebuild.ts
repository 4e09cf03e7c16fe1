import {join} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {findInputs} from '../archive/artifact.ts'
import {claimsOf} from '../archive/claims.ts'
import {inputsOf} from '../archive/inputs.ts'
import type {Output} from '../build/output.ts'
import {type Comparison, compareRebuild, type Difference, type Published} from '../build/rebuild.ts'
import {gitOf} from '../effects/git.ts'
import {cacheDir} from '../effects/toolbox/cache.ts'
import {openToolbox} from '../effects/toolbox/toolbox.ts'
import {type Digest, digestOf, parseDigest} from '../lib/digest.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import {parseSums} from '../lib/sums.ts'
import type {ReleasePlan} from '../plan/plan.ts'
import {readDigests} from '../publish/staged.ts'
import {filesOfArtifact} from '../publish/verify.ts'
import type {Verifier} from '../trust/verifier.ts'
import type {Args, Context} from './command.ts'
import {hasToolbox, restoreInputs, toolboxLock} from './inputs-cache.ts'
import {planRelease} from './plan-inputs.ts'
import {buildPlan, jobsOf} from './release-build.ts'
import {signerOf} from './signing.ts'
import {loadWorkspace} from './workspace.ts'

/** A published release and who is trusted to have signed it. */
export type Asked = {target: Target; product: string; version: string; verifier: Verifier | undefined}

export type Rebuilt = Comparison & {
  commit: string
  /** Packages that came from the release's own archive. */
  restored: number
}

/**
 * Makes a published release again from the checkout, into a store that holds nothing, and compares every digest but
 * those of signatures. Packages come from the cache, then from what is archived with the release, then from mirrors.
 * @throws C015 no such release, X012 the checkout is not the release's commit, X013 an input is nowhere to be had
 */
export async function rebuild(
  asked: Asked,
  args: Args,
  context: Context,
): Promise<{rebuilt: Rebuilt; problems: Diagnostic[]}> {
  const {target, product, version} = asked
  const own = target.repository(product)
  const release = await own.resolve(`v${version}`)
  if (!release) fail({code: 'C015', message: `${own.name} has no v${version}`})
  const workspace = await loadWorkspace(context)
  const {root} = workspace
  const commit = await releasedCommit(own, release.digest, asked, root, context)
  const {progress, signal} = context
  const signer = await signerOf(args, context)
  const archived = await findInputs(own, release.digest)
  const lock = await toolboxLock(root, context)
  const needed = (await hasToolbox(lock.digest, context)) ? [] : lock.packages
  const planned = await planRelease(workspace, context, {...lock, lock: 'committed'}, signer?.certificate)
  const restored = await restoreInputs(archived, own, inputsOf(planned.plan, needed), context)
  const toolbox = await openToolbox({progress, signal})
  if (toolbox.lock !== 'committed') vanished('a package of the toolbox root')
  const outputs = await buildAnew(
    () => buildPlan(planned, jobsOf(undefined), context, signer, scratch()),
    context,
  )
  const published = await publishedIn(asked, release.digest)
  const compared = compareRebuild(planned.plan, outputs, published)
  const problems = await Promise.all(
    compared.differences
      .filter(d => d.through.length === 0)
      .map(async d => told(d, await whyOf(d, planned.plan, published, asked))),
  )
  return {rebuilt: {...compared, commit, restored}, problems}
}

const scratch = () => join(cacheDir(), 'rebuild')

/** Nothing that was made before may stand in for what is made now, and nothing of it stays. */
async function buildAnew(
  build: () => ReturnType<typeof buildPlan>,
  {files}: Context,
): Promise<Map<string, Output>> {
  return files.exclusive(`${scratch()}.lock`, async () => {
    await files.remove(scratch())
    try {
      return (await build()).built.outputs
    } catch (error) {
      if (error instanceof DiagnosticError && error.diagnostics.some(d => d.code === 'T003'))
        vanished(error.diagnostics.map(d => d.message).join('; '))
      throw error
    } finally {
      await files.remove(scratch())
    }
  })
}

function vanished(what: string): never {
  fail(
    {
      code: 'X013',
      message: `an input of the release is neither archived with it nor on the mirror: ${what}`,
      hint: 'ask its maintainers to archive the inputs (`lockstep release inputs`), from a machine that still has them',
    },
    3,
  )
}

/** The checkout's commit, once it is certain that the release says it was built from that. @throws X012 */
async function releasedCommit(
  own: Repository,
  digest: Digest,
  {version, verifier}: Asked,
  root: string,
  context: Context,
): Promise<string> {
  const git = gitOf(root, 'origin', context.exec)
  const {commits} = await claimsOf(own, digest, verifier)
  const tagged = await git.tagHere(`v${version}`)
  if (commits.size === 0 && tagged !== undefined) commits.add(tagged)
  const [head, changes] = [await git.head(), await git.changes()]
  const refuse = (message: string, hint: string): never => fail({code: 'X012', message, hint})
  if (commits.size === 0)
    refuse(
      `nothing says from which commit ${version} was built: it has no provenance${verifier ? ` by ${verifier.name}` : ''}, and the checkout no tag v${version}`,
      'fetch the tags (`git fetch --tags`), or ask for a signed release',
    )
  if (!commits.has(head))
    refuse(
      `the checkout is ${head}; ${version} was built from ${[...commits].join(' or ')}`,
      `git checkout ${[...commits][0]}, in a clone of its own, then run the command again there`,
    )
  if (changes.length > 0)
    refuse(
      `the checkout has changes that are in no commit: ${changes.slice(0, 3).join(', ')}`,
      'use a fresh clone of the commit',
    )
  return head
}

async function publishedIn({target, product, version}: Asked, release: Digest): Promise<Known> {
  const files = await filesOfArtifact(target, product, `v${version}`)
  if (!files) throw new Error('the release was there a moment ago')
  const sums = await files.read('SHA256SUMS')
  const {artifacts, modules, signature} = readDigests(
    await files.read('digests.json'),
    `${files.name}/digests.json`,
  )
  const listed = [...artifacts, {id: 'release', repository: product, digest: release}]
  return {
    artifacts: new Map(listed.map(a => [a.id, a.digest])),
    repositories: new Map(listed.map(a => [a.id, a.repository])),
    files: new Map([...parseSums(sums.toString()), ['SHA256SUMS', digestOf(sums)]]),
    modules: new Map((modules ?? []).map(m => [m.id, m.digest])),
    signed: signature !== undefined,
  }
}

type Known = Published & {repositories: ReadonlyMap<string, string>}

/** The provenance names the digest of all inputs: it tells other inputs from a build that depends on the machine. */
async function whyOf(
  {id}: Difference,
  {artifacts}: ReleasePlan,
  known: Known,
  {target, verifier}: Asked,
): Promise<string> {
  const [repository, digest] = [known.repositories.get(id), known.artifacts.get(id)]
  if (repository === undefined || digest === undefined) return 'which of its inputs differ is not recorded'
  const {inputs} = await claimsOf(target.repository(repository), parseDigest(digest), verifier)
  if (inputs.size === 0) return 'it has no provenance that would name its inputs'
  const own = artifacts.find(a => a.id === id)?.digest ?? ''
  return inputs.has(own)
    ? 'its inputs are the same: something in making it depends on the machine'
    : 'it was made from other inputs: other packages, another date, or other files'
}

function told({what, expected, found}: Difference, why: string): Diagnostic {
  return {
    code: 'X014',
    severity: 'error',
    message: `${what} was published as ${expected}; made again it is ${found}`,
    expected: 'the same bytes',
    hint: why,
  }
}

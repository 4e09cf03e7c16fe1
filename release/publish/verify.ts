import type {Diagnostic} from '#lib/diagnostics.ts'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {collect} from '../lib/bytes.ts'
import {type Digest, digestOf} from '../lib/digest.ts'
import type {Files} from '../lib/effects.ts'
import {forEachLimited} from '../lib/limit.ts'
import {parseManifest} from '../lib/oci/manifest.ts'
import type {Target} from '../lib/oci/target.ts'
import {also, nothingVerified, readThrough, type Verified, verifyTree} from '../lib/oci/verify.ts'
import {parseSums} from '../lib/sums.ts'
import type {ReleasePlan} from '../plan/plan.ts'
import {type Digests, readDigests} from './staged.ts'
import {verifyModules} from './verify-modules.ts'
import {verifyFloating, verifyOwn, verifyTag} from './verify-tags.ts'
import {type Trusted, verifyTrust} from './verify-trust.ts'
import {type Withdrawal, withdrawalOf} from './withdrawn.ts'

export type Verification = {
  /** Names of release files whose bytes match SHA256SUMS. */
  files: string[]
  /** `repository:tag` that stands for the right digest, with everything below it checked. */
  tags: string[]
  /** Floating tags that went on to a newer release or kernel. */
  moved: string[]
  /** `repository@digest` of artifacts whose signatures are right; empty when nobody is to be trusted. */
  signed: string[]
  /** Whether the release was withdrawn, as a trusted signature or only somebody says. */
  withdrawn: Withdrawal | undefined
  /** Bytes read. */
  bytes: number
  problems: Diagnostic[]
}

type Hashed = {digest: Digest; size: number}

/** Release files by name, wherever they come from. */
type ReleaseFiles = {
  names(): Promise<string[]>
  read(name: string): Promise<Buffer>
  /** Digest and size of files that are there, in their order. */
  hash(names: readonly string[]): Promise<Hashed[]>
  /** How messages call them. */
  name: string
  /** Blobs of the target that reading the files checks: they need not be read again. */
  blobs?: Digest[]
}

/** The release files of a dist/ folder. */
export function filesOfFolder(dir: string, files: Files): ReleaseFiles {
  const hash = async (names: readonly string[]) => {
    const found = await Promise.all(
      names.map(async name => ({
        path: `${dir}/${name}`,
        size: (await files.stat(`${dir}/${name}`))?.size ?? 0,
      })),
    )
    const digests = await files.hash(found)
    return digests.map((digest, i) => ({digest, size: found[i]?.size ?? 0}))
  }
  return {name: dir, names: () => files.list(dir), read: name => files.read(`${dir}/${name}`), hash}
}

/**
 * The release files as published in the release's own OCI artifact.
 * @returns undefined when there is no such release
 */
export async function filesOfArtifact(
  target: Target,
  repository: string,
  tag: string,
): Promise<ReleaseFiles | undefined> {
  const source = target.repository(repository)
  const found = await source.readManifest(tag)
  if (!found) return undefined
  const name = `${source.name}:${tag}`
  const {layers} = parseManifest(found.bytes, found.descriptor.mediaType, name)
  const byName = new Map(layers.map(l => [l.annotations?.['org.opencontainers.image.title'] ?? l.digest, l]))
  const layerOf = (file: string) => {
    const layer = byName.get(file)
    if (!layer) throw new DiagnosticError([absent(name, file)])
    return layer
  }
  return {
    name,
    blobs: layers.map(l => l.digest),
    names: async () => [...byName.keys()].sort(),
    read: async file => collect(source.readBlob(layerOf(file)).open()),
    // Reading compares a layer with its digest: that need not be worked out once more.
    hash: async names => {
      const wanted = names.map(layerOf)
      await forEachLimited(wanted, atOnce, layer => readThrough(source, layer))
      return wanted
    },
  }
}

/**
 * Checks a release bottom-up: every release file against SHA256SUMS, then every artifact that digests.json lists (its
 * tags, manifests, blobs) in the target, the modules in the images, and the release's own artifact; with a plan also
 * that neither list lacks anything the plan names, and with somebody to trust also their signatures on all of it.
 * Problems are collected, none is thrown.
 */
export async function verifyRelease(input: {
  target: Target
  files: ReleaseFiles
  plan?: ReleasePlan
  /** Where the release files themselves are published. */
  own: {repository: string; tag: string; floating: readonly string[]}
  trusted?: Trusted
  /** False before a release's end, when floating tags still stand elsewhere. */
  floating?: boolean
}): Promise<Verification> {
  const {target, files, plan, own, trusted, floating: follow = true} = input
  const result = nothing()
  const read = await verifyFiles(files, plan, result)
  if (!read) return result
  const {digests, sums} = read
  const state = nothingVerified(files.blobs)
  await verifyArtifacts(target, digests, state, follow, result)
  result.problems.push(...(await verifyModules(target, digests)))
  const release = await verifyOwn(target, own, sums, result)
  if (release) {
    const repository = target.repository(own.repository)
    await verifyTree(repository, release, state)
    result.withdrawn = await withdrawalOf(repository, release, digests.version, trusted?.verifier)
    for (const tag of follow ? own.floating : [])
      await verifyFloating(target, own.repository, tag, release, result)
  }
  for (const id of missingArtifacts(
    plan,
    digests.artifacts.map(a => a.id),
  ))
    result.problems.push(problem('P033', `digests.json does not list ${id}, which the plan names`))
  result.problems.push(...state.problems)
  result.bytes += state.bytes
  if (trusted) {
    const {signed, problems} = await verifyTrust(target, digests, await files.read('SHA256SUMS'), trusted)
    result.signed.push(...signed)
    result.problems.push(...problems)
  }
  // Who only claims it may be anybody; that is told, and refuses nothing.
  if (result.withdrawn?.signed) result.problems.push(withdrawnProblem(digests.version, result.withdrawn))
  return result
}

/** What digests.json lists, several at once, told in its order. */
async function verifyArtifacts(
  target: Target,
  {artifacts}: Digests,
  state: Verified,
  follow: boolean,
  result: Verification,
): Promise<void> {
  const parts = artifacts.map(artifact => ({artifact, found: nothing(), tree: also(state)}))
  await forEachLimited(parts, atOnce, async ({artifact, found, tree}) => {
    const {repository, digest, tags, floating = []} = artifact
    await verifyTree(target.repository(repository), digest, tree)
    for (const tag of tags) await verifyTag(target, repository, tag, digest, found)
    for (const tag of follow ? floating : []) await verifyFloating(target, repository, tag, digest, found)
  })
  for (const {found, tree} of parts) {
    result.tags.push(...found.tags)
    result.moved.push(...found.moved)
    result.problems.push(...found.problems)
    state.problems.push(...tree.problems)
    state.bytes += tree.bytes
  }
}

// More do not help: the bytes' digests are worked out by one core.
const atOnce = 4

function nothing(): Verification {
  return {files: [], tags: [], moved: [], signed: [], withdrawn: undefined, bytes: 0, problems: []}
}

async function verifyFiles(files: ReleaseFiles, plan: ReleasePlan | undefined, result: Verification) {
  try {
    const names = new Set(await files.names())
    if (!names.has('SHA256SUMS')) throw new DiagnosticError([absent(files.name, 'SHA256SUMS')])
    const list = await files.read('SHA256SUMS')
    const sums = parseSums(list.toString(), `${files.name}/SHA256SUMS`)
    await verifySums(files, sums, names, result)
    for (const name of names)
      if (name !== 'SHA256SUMS' && !sums.has(name))
        result.problems.push(
          problem('P031', `${files.name} holds ${name}, of which SHA256SUMS does not speak`),
        )
    const planned = plan?.artifacts.flatMap(a => a.files).filter(name => name !== 'SHA256SUMS') ?? []
    for (const name of planned)
      if (!sums.has(name))
        result.problems.push(problem('P032', `SHA256SUMS does not list ${name}, which the plan names`))
    return {
      digests: readDigests(await files.read('digests.json'), `${files.name}/digests.json`),
      sums: new Map([...sums, ['SHA256SUMS', digestOf(list)]]),
    }
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    result.problems.push(...error.diagnostics)
    return undefined
  }
}

async function verifySums(
  files: ReleaseFiles,
  sums: ReadonlyMap<string, Digest>,
  names: ReadonlySet<string>,
  result: Verification,
): Promise<void> {
  const listed = [...sums.keys()]
  const there = listed.filter(name => names.has(name))
  for (const name of listed) if (!names.has(name)) result.problems.push(absent(files.name, name))
  for (const [i, {digest, size}] of (await files.hash(there)).entries()) {
    const name = there[i] ?? ''
    result.bytes += size
    if (digest === sums.get(name)) result.files.push(name)
    else
      result.problems.push(
        problem('P030', `${files.name}/${name} has ${digest}; SHA256SUMS says ${sums.get(name)}`),
      )
  }
}

// The release's own artifact holds digests.json and so can't stand in it.
function missingArtifacts(plan: ReleasePlan | undefined, listed: readonly string[]): string[] {
  const planned = plan?.artifacts.filter(a => a.oci && a.recipe.kind !== 'release').map(a => a.id) ?? []
  return planned.filter(id => !listed.includes(id))
}

function withdrawnProblem(version: string, {reason}: Withdrawal): Diagnostic {
  return {
    code: 'P039',
    severity: 'error',
    message: `${version} was withdrawn: ${reason}`,
    hint: 'use another version; what is there is what was released, and stays',
  }
}

function absent(where: string, name: string): Diagnostic {
  return problem('P035', `${where} lacks ${name}`)
}

/** As everything that verifying finds is told. */
export function problem(code: string, message: string): Diagnostic {
  return {
    code,
    severity: 'error',
    message,
    hint: 'build or publish it again; if it still differs, somebody has changed it',
  }
}

import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {addendumType, readAddendum} from '../kernels/addendum.ts'
import {parseDigest} from '../lib/digest.ts'
import {forEachLimited} from '../lib/limit.ts'
import type {Descriptor} from '../lib/oci/descriptor.ts'
import {isManifestType} from '../lib/oci/descriptor.ts'
import {type Manifest, parseManifest} from '../lib/oci/manifest.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import {type Channel, channelOf, floatingTags, lineTag} from '../plan/tags.ts'
import {layersOf} from '../publish/referrers.ts'
import {isNewer, releasedBy, yankType} from '../publish/released.ts'
import {type Digests, readDigests} from '../publish/staged.ts'
import {filesOfArtifact} from '../publish/verify.ts'

/** A manifest as it is copied, with the blobs that it names. */
export type Part = {descriptor: Descriptor; bytes: Buffer; manifest: Manifest; blobs: Descriptor[]}

/** An artifact with all that lies below it and all that hangs on any of it. */
export type Group = {
  /** The artifact's id in the release. */
  id: string
  /** Below the target. */
  repository: string
  root: Descriptor
  tags: readonly string[]
  /** Those that no other group of the release is to have. */
  floating: readonly string[]
  /** Every manifest before those that name it as a part or as their subject. */
  parts: Part[]
  /** Marked as withdrawn: no floating tag follows it. */
  withdrawn: boolean
}

/** Groups in the order in which their tags are set: images before what names them, the release itself last. */
export type Content = {product: string; version: string; groups: Group[]}

export type ContentOptions = {
  product: string
  version: string
  /** Whether floating tags belong to it. */
  floating: boolean
  /** Types of referrers that stay behind, with all that hangs on them. */
  without?: ReadonlySet<string>
}

/** Artifacts read at once; a registry's own limit on requests is the client's matter. */
const atOnce = 6

/**
 * Finds all that belongs to a published release: what `digests.json` lists, the release's own artifact, the images that
 * its addenda add, and every referrer of each. Only manifests are read.
 * @throws X001 no such release, X002 something that it lists is absent or stands for something else (all at once)
 */
export async function readContent(from: Target, options: ContentOptions): Promise<Content> {
  const {product, version} = options
  const own = from.repository(product)
  const files = await filesOfArtifact(from, product, `v${version}`)
  const release = await own.resolve(`v${version}`)
  if (!files || !release)
    fail({
      code: 'X001',
      message: `${own.name} has no v${version}`,
      hint: 'name the place that holds the release with --from, and a version that was published',
    })
  const digests = readDigests(await files.read('digests.json'), `${files.name}/digests.json`)
  const channel = channelOf(version)
  const listed: Listed[] = [
    ...digests.artifacts.map(a => ({...a, floating: a.floating ?? []})),
    ...(await laterImages(from, own, release, digests, channel)),
    {
      id: 'release',
      repository: product,
      digest: release.digest,
      tags: [`v${version}`],
      floating: floatingTags(version, channel),
    },
  ]
  const problems: Diagnostic[] = []
  const groups = new Map<Listed, Group>()
  await forEachLimited(listed, atOnce, async item => {
    const found = await readGroup(from.repository(item.repository), item, options)
    if ('problems' in found) problems.push(...found.problems)
    else groups.set(item, found)
  })
  if (problems.length > 0) throw new DiagnosticError(problems)
  const inOrder = listed.flatMap(item => groups.get(item) ?? []).sort((a, b) => rank(a) - rank(b))
  return {product, version, groups: withFloating(inOrder, options.floating)}
}

/** Of a line's images, those of the release and those that came later, the newest one has the line's tag. */
function withFloating(groups: readonly Group[], wanted: boolean): Group[] {
  const holders = new Map<string, Group>()
  for (const group of groups)
    for (const tag of group.withdrawn || !wanted ? [] : group.floating) {
      const before = holders.get(`${group.repository}:${tag}`)
      if (!before || !follows(before, group)) holders.set(`${group.repository}:${tag}`, group)
    }
  const isHolder = (group: Group) => (tag: string) => holders.get(`${group.repository}:${tag}`) === group
  return groups.map(group => ({...group, floating: group.floating.filter(isHolder(group))}))
}

function follows(a: Group, b: Group): boolean {
  const [x, y] = [a, b].map(({root, parts}) => {
    const own = parts.find(p => p.descriptor.digest === root.digest)
    return own && releasedBy(own.manifest)
  })
  return x !== undefined && y !== undefined && isNewer(x, y)
}

type Listed = {id: string; repository: string; digest: string; tags: string[]; floating: readonly string[]}

/** What a release adds for kernels that came after it stands in its addenda. */
async function laterImages(
  from: Target,
  own: Repository,
  release: Descriptor,
  {artifacts}: Digests,
  channel: Channel,
): Promise<Listed[]> {
  const addenda = []
  for (const {digest, artifactType} of await own.referrers(release.digest)) {
    if (artifactType !== addendumType) continue
    for (const bytes of await layersOf(own, digest, addendumType))
      addenda.push(readAddendum(bytes.toString(), `${own.name}@${digest}`))
  }
  const images = new Map(addenda.flatMap(a => a.images).map(i => [i.digest, i]))
  // An addendum names no repository: it is one of those that hold images of kernels.
  const places = new Set(artifacts.filter(a => /^image:[^:]+:/.test(a.id)).map(a => a.repository))
  const found: Listed[] = []
  for (const {tag, digest, line, kernel} of images.values()) {
    const homes: string[] = []
    for (const repository of places)
      if ((await from.repository(repository).resolve(tag))?.digest === digest) homes.push(repository)
    // Found nowhere, it is asked for at the first of them, and so told as missing with all else.
    for (const repository of homes.length > 0 ? homes : [...places].slice(0, 1))
      found.push({
        id: `image:${repository}:${kernel}`,
        repository,
        digest,
        tags: [tag],
        floating: [lineTag(line, channel)],
      })
  }
  return found
}

async function readGroup(
  repository: Repository,
  {id, repository: name, digest, tags, floating}: Listed,
  {without = new Set()}: ContentOptions,
): Promise<Group | {problems: Diagnostic[]}> {
  const problems: Diagnostic[] = []
  for (const tag of tags) {
    const there = await repository.resolve(tag)
    if (there?.digest !== digest)
      problems.push(broken(`${repository.name}:${tag} is ${there?.digest ?? 'absent'}`, digest))
  }
  const parts = new Map<string, Part>()
  const walk = async (each: string): Promise<void> => {
    if (parts.has(each)) return
    const found = await repository.readManifest(each)
    if (!found) {
      problems.push(broken(`${repository.name} lacks ${each}`, 'the release, whole'))
      return
    }
    const {descriptor, bytes} = found
    const manifest = parseManifest(bytes, descriptor.mediaType, `${repository.name}@${descriptor.digest}`)
    for (const below of manifest.manifests) await walk(below.digest)
    const blobs = manifest.blobs.filter(b => !isManifestType(b.mediaType))
    parts.set(each, {descriptor, bytes, manifest, blobs})
    for (const referrer of await repository.referrers(descriptor.digest))
      if (!without.has(referrer.artifactType ?? '')) await walk(referrer.digest)
  }
  await walk(parseDigest(digest))
  const root = parts.get(digest)?.descriptor
  if (!root || problems.length > 0) return {problems}
  const withdrawn = [...parts.values()].some(
    p => p.manifest.subject?.digest === digest && p.manifest.artifactType === yankType,
  )
  return {id, repository: name, root, tags, floating, parts: [...parts.values()], withdrawn}
}

function broken(message: string, expected: string): Diagnostic {
  return {
    code: 'X002',
    severity: 'error',
    message,
    expected,
    hint: '`lockstep release verify` tells what else is wrong there; copy from a place that is whole',
  }
}

function rank({id}: Group): number {
  const [kind = ''] = id.split(':')
  return {chart: 1, manifests: 2, release: 3}[kind] ?? 0
}

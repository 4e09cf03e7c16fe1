import type {Digest} from '../lib/digest.ts'
import type {Git, GitHub} from '../lib/effects.ts'
import {forEachLimited} from '../lib/limit.ts'
import type {Target} from '../lib/oci/target.ts'
import {channelOf, floatingTags} from '../plan/tags.ts'
import {yankType} from '../publish/released.ts'
import {readDigests} from '../publish/staged.ts'
import {type Listed, type TagStatus, tagsStatus} from '../publish/status.ts'
import {filesOfArtifact} from '../publish/verify.ts'
import {bundleType} from '../trust/bundle.ts'
import {fileSignaturesType} from '../trust/referrers.ts'
import {cyclonedxType, spdxType} from '../trust/sbom/index.ts'
import {findRelease} from './github-release.ts'

/** What of a release is where. */
export type Whereabouts = {
  version: string
  /** Commits that its tag stands for. */
  git: {tag: string; here: string | undefined; there: string | undefined}
  tags: TagStatus[]
  /** What hangs on each published artifact, by kind. */
  attached: {repository: string; digest: string; kinds: string[]}[]
  yanked: boolean
  github: {state: 'absent' | 'draft' | 'published' | 'unknown'; url?: string; assets: string[]}
}

/** Looks at Git, the registry and GitHub; changes nothing. */
export async function whereabouts(
  version: string,
  listed: readonly Listed[],
  {git, github, to}: {git: Git; github: GitHub | undefined; to: Target},
): Promise<Whereabouts> {
  const tag = `v${version}`
  const attached = await attachedTo(listed, to)
  return {
    version,
    git: {tag, here: await git.tagHere(tag), there: await git.tagThere(tag)},
    tags: await tagsStatus(listed, to),
    attached,
    yanked: attached.some(a => a.kinds.includes(kinds[yankType] ?? '')),
    github: await githubState(github, tag),
  }
}

/** What people call the kinds of referrers that a release has. */
const kinds: Record<string, string> = {
  [bundleType]: 'signature or provenance',
  [fileSignaturesType]: 'signatures of files',
  [spdxType]: 'SPDX',
  [cyclonedxType]: 'CycloneDX',
  [yankType]: 'withdrawal',
}

async function attachedTo(listed: readonly Listed[], to: Target): Promise<Whereabouts['attached']> {
  const found: Whereabouts['attached'] = []
  await forEachLimited(listed, 4, async ({repository: name, digest}) => {
    const repository = to.repository(name)
    const types = new Set((await repository.referrers(digest)).map(r => r.artifactType ?? ''))
    const hung = [...types].map(t => kinds[t] ?? t).sort()
    if (hung.length > 0) found.push({repository: repository.name, digest, kinds: hung})
  })
  return found.sort((a, b) => (`${a.repository}@${a.digest}` < `${b.repository}@${b.digest}` ? -1 : 1))
}

async function githubState(github: GitHub | undefined, tag: string): Promise<Whereabouts['github']> {
  if (!github) return {state: 'unknown', assets: []}
  const release = await findRelease(github, tag)
  if (!release) return {state: 'absent', assets: []}
  const assets = (await github.assets(release.id)).filter(a => a.state === 'uploaded').map(a => a.name)
  return {state: release.draft ? 'draft' : 'published', url: release.url, assets: assets.sort()}
}

/** What a release that was published consists of, by its own list; nothing when it is not there. */
export async function publishedList(product: string, version: string, to: Target): Promise<Listed[]> {
  const tag = `v${version}`
  const files = await filesOfArtifact(to, product, tag)
  if (!files) return []
  const {artifacts} = readDigests(await files.read('digests.json'), `${files.name}/digests.json`)
  const root = await to.repository(product).resolve(tag)
  const floating = floatingTags(version, channelOf(version))
  const own = {repository: product, tags: [tag], floating, title: 'release files'}
  return [
    ...artifacts.map(({repository, tags, floating: follow = [], digest, id}) => ({
      repository,
      tags,
      floating: follow,
      digest: digest as Digest,
      title: id,
    })),
    ...(root ? [{...own, digest: root.digest}] : []),
  ]
}

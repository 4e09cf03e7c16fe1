import semver from 'semver'
import {compareDebianVersions} from '../kernels/debian-version.ts'
import type {Digest} from '../lib/digest.ts'
import {type Manifest, parseManifest} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'

/** What a manifest says of itself by its annotations (release/build/annotations.ts). */
export type Released = {version: string; line: string | undefined; kernel: string | undefined}

/** The referrer that marks an artifact as withdrawn; a withdrawn artifact itself stays. */
export const yankType = 'application/vnd.lockstep.yank.v1+json'

/** @returns undefined when nothing is there, or when it is no release of ours */
export async function releasedAt(repository: Repository, digest: string): Promise<Released | undefined> {
  const found = await repository.readManifest(digest)
  if (!found) return undefined
  const name = `${repository.name}@${digest}`
  return releasedBy(parseManifest(found.bytes, found.descriptor.mediaType, name))
}

/** What a manifest's annotations say; undefined when it is no release of ours. */
export function releasedBy({annotations}: Pick<Manifest, 'annotations'>): Released | undefined {
  const version = semver.valid(annotations['org.opencontainers.image.version'])
  if (!version) return undefined
  return {version, line: annotations['dev.lockstep.line'], kernel: annotations['dev.lockstep.kernel']}
}

/** Whether `a` is to be preferred to `b` by a tag that follows the newest: by version, then by the line's kernel. */
export function isNewer(a: Released, b: Released): boolean {
  if (a.version !== b.version) return semver.gt(a.version, b.version)
  return (
    a.line !== undefined && a.line === b.line && compareDebianVersions(a.kernel ?? '', b.kernel ?? '') > 0
  )
}

/** Whether somebody has withdrawn what stands under a digest. */
export async function isYanked(repository: Repository, digest: Digest): Promise<boolean> {
  return (await repository.referrers(digest)).some(r => r.artifactType === yankType)
}

/**
 * Whether a floating tag may go from what it stands for to a release: forward, or away from one that was withdrawn.
 * @param from where the release can be read, `to` where the tag is
 */
export async function mayFollow(
  from: Repository,
  to: Repository,
  root: Digest,
  there: Digest,
): Promise<boolean> {
  const [ours, theirs] = await Promise.all([releasedAt(from, root), releasedAt(to, there)])
  if (await isYanked(to, root)) return false
  if (!ours || !theirs || !isNewer(theirs, ours)) return true
  return isYanked(to, there)
}

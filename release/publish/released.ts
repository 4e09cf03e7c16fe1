import semver from 'semver'
import {compareDebianVersions} from '../kernels/debian-version.ts'
import {parseManifest} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'

/** What a manifest says of itself by its annotations (release/build/annotations.ts). */
export type Released = {version: string; line: string | undefined; kernel: string | undefined}

/** The referrer that marks an artifact as withdrawn; a withdrawn artifact itself stays. */
export const yankType = 'application/vnd.lockstep.yank.v1+json'

/** @returns undefined when nothing is there, or when it is no release of ours */
export async function releasedAt(repository: Repository, digest: string): Promise<Released | undefined> {
  const found = await repository.readManifest(digest)
  if (!found) return undefined
  const {annotations} = parseManifest(found.bytes, found.descriptor.mediaType, `${repository.name}@${digest}`)
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
export async function isYanked(repository: Repository, digest: Parameters<Repository['referrers']>[0]) {
  return (await repository.referrers(digest)).some(r => r.artifactType === yankType)
}

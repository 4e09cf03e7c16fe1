import {fail} from '#lib/diagnostics.ts'
import {compareBytewise} from '../bytes.ts'
import type {Digest} from '../digest.ts'
import {blobOf, canonical, type Descriptor, mediaTypes} from '../oci/descriptor.ts'
import {isRecord, parseDescriptor, parseManifest} from '../oci/manifest.ts'
import {refusedWith} from './errors.ts'
import {eachPage, getManifest, putManifest} from './manifests.ts'
import {pause} from './retry.ts'
import type {UploadTarget} from './upload.ts'

/** The tag under which referrers are listed where there is no referrers API (distribution-spec). */
export function fallbackTag(subject: Digest): string {
  return subject.replace(':', '-')
}

/** By the API where there is one, else by the fallback tag; from both, since either may know more. */
export async function listReferrers(target: UploadTarget, subject: Digest): Promise<Descriptor[]> {
  const found = new Map<Digest, Descriptor>()
  const take = (descriptor: Descriptor) => found.set(descriptor.digest, descriptor)
  const path = `/v2/${target.repository}/referrers/${subject}`
  // 404 says that there is no such API; GHCR redirects to a page instead. Neither is an error. A no is one: a list
  // that is taken for empty would hide that a release was withdrawn.
  const {status} = await eachPage(target, path, body => {
    if (!isRecord(body) || !Array.isArray(body.manifests)) return
    for (const [i, entry] of body.manifests.entries())
      take(parseDescriptor(entry, `${path}, manifests[${i}]`))
  })
  if (status === 403) refusedWith(status, [], `listing the referrers of ${target.name}@${subject}`)
  for (const entry of await fallbackList(target, subject)) if (!found.has(entry.digest)) take(entry)
  return sorted([...found.values()])
}

/**
 * Adds a referrer to the subject's fallback tag, unless it stands there: type and annotations with it.
 * Others may write the same tag at the same time and there is no lock, so it looks again afterwards.
 */
export async function addToFallback(
  target: UploadTarget,
  subject: Digest,
  referrer: Descriptor,
): Promise<void> {
  const {retry} = target.http
  for (let tries = 0; ; tries++) {
    const before = await fallbackList(target, subject)
    if (before.some(d => d.digest === referrer.digest)) return
    if (tries === 5)
      fail(
        {
          code: 'R010',
          message: `${target.name}:${fallbackTag(subject)} loses ${referrer.digest} again and again: others write it too`,
          hint: 'run the same command again when they have ended',
        },
        3,
      )
    // The others have just been there, or the registry shows what it had before.
    if (tries > 0) await retry.sleep(pause(tries, undefined, retry))
    const manifests = sorted([...before, referrer]).map(canonical)
    const text = JSON.stringify({schemaVersion: 2, mediaType: mediaTypes.index, manifests})
    const {descriptor} = blobOf(text, mediaTypes.index)
    const nothingToMend = async () => {}
    await putManifest(target, fallbackTag(subject), {descriptor, bytes: Buffer.from(text)}, nothingToMend)
  }
}

async function fallbackList(target: UploadTarget, subject: Digest): Promise<Descriptor[]> {
  const found = await getManifest(target, fallbackTag(subject))
  if (found?.descriptor.mediaType !== mediaTypes.index) return []
  return parseManifest(found.bytes, mediaTypes.index, `${target.name}:${fallbackTag(subject)}`).manifests
}

function sorted(descriptors: Descriptor[]): Descriptor[] {
  return descriptors.sort((a, b) => compareBytewise(a.digest, b.digest))
}

import {fail} from '#lib/diagnostics.ts'
import {type Digest, digestOf, isDigest, verify} from '../digest.ts'
import {type Descriptor, manifestTypes} from '../oci/descriptor.ts'
import {type RegistryError, readErrors, refusedWith, unexpected} from './errors.ts'
import {asSpokenTo, dismiss} from './http.ts'
import {pause} from './retry.ts'
import {pushScopes, type UploadTarget} from './upload.ts'

/** Registries need not take larger ones (distribution-spec, "Pushing manifests"). */
const largestManifest = 4 << 20
const accept = manifestTypes.join(', ')

export type StoredManifest = {descriptor: Descriptor; bytes: Buffer}

/** What a tag or digest stands for; only a 404 means that it is not there. */
export async function headManifest(target: UploadTarget, reference: string): Promise<Descriptor | undefined> {
  const found = await target.http.send(
    {method: 'HEAD', url: manifestPath(target, reference), scopes: pullScopes(target), headers: {accept}},
    async response => {
      await dismiss(response)
      if (response.status === 404) return 'absent'
      if (response.status !== 200) return unexpected(response, `looking for ${target.name} ${reference}`)
      const digest = response.headers.get('docker-content-digest') ?? ''
      const size = Number(response.headers.get('content-length') ?? Number.NaN)
      const mediaType = response.headers.get('content-type')?.split(';')[0] ?? ''
      // Some leave the digest or the length out of a HEAD's answer.
      return isDigest(digest) && Number.isSafeInteger(size) && mediaType
        ? {mediaType, digest, size}
        : 'unclear'
    },
  )
  if (found === 'absent') return undefined
  if (found === 'unclear') return (await getManifest(target, reference))?.descriptor
  if (isDigest(reference) && found.digest !== reference)
    return fail({code: 'O021', message: `${target.name} answers ${found.digest} for ${reference}`}, 3)
  return found
}

/** @throws O021 the bytes are not those of the digest that was asked for or announced */
export function getManifest(target: UploadTarget, reference: string): Promise<StoredManifest | undefined> {
  return target.http.send(
    {method: 'GET', url: manifestPath(target, reference), scopes: pullScopes(target), headers: {accept}},
    async response => {
      if (response.status === 404) {
        await dismiss(response)
        return undefined
      }
      const name = `${target.name} ${reference}`
      if (response.status !== 200) return unexpected(response, `reading ${name}`)
      const bytes = Buffer.from(await response.arrayBuffer())
      if (bytes.length > largestManifest)
        return fail(
          {code: 'R005', message: `${name} has ${bytes.length} bytes: no manifest is that large`},
          3,
        )
      const announced = isDigest(reference) ? reference : response.headers.get('docker-content-digest')
      const digest: Digest = announced && isDigest(announced) ? announced : digestOf(bytes)
      verify(bytes, {digest}, name)
      const mediaType = response.headers.get('content-type')?.split(';')[0] ?? ''
      return {descriptor: {mediaType, digest, size: bytes.length}, bytes}
    },
  )
}

/**
 * Sends a manifest to a tag or its digest.
 * @param mend called when the registry says that it lacks blobs which it has just taken; then it is sent again
 * @returns whether the registry keeps referrers by itself (it named the subject in OCI-Subject)
 */
export async function putManifest(
  target: UploadTarget,
  reference: string,
  {descriptor, bytes}: {descriptor: Descriptor; bytes: Uint8Array},
  mend: () => Promise<void>,
): Promise<{keepsReferrers: boolean}> {
  if (bytes.length > largestManifest)
    fail({
      code: 'R011',
      message: `a manifest of ${bytes.length} bytes is too large for registries`,
      expected: '4 MiB',
    })
  const {retry} = target.http
  for (let mended = 0; ; mended++) {
    const answer = await sendManifest(target, reference, {descriptor, bytes})
    if (!('lacks' in answer)) return answer
    if (mended >= 3) return refusedWith(answer.status, answer.lacks, pushing(target, descriptor))
    await mend()
    await retry.sleep(pause(mended + 1, undefined, retry))
  }
}

type Answer = {keepsReferrers: boolean} | {status: number; lacks: RegistryError[]}

/** One PUT. That blobs are lacking is an answer: sending them takes requests, of which only so many may be under way. */
function sendManifest(
  target: UploadTarget,
  reference: string,
  {descriptor, bytes}: {descriptor: Descriptor; bytes: Uint8Array},
): Promise<Answer> {
  return target.http.send<Answer>(
    {
      method: 'PUT',
      url: manifestPath(target, reference),
      scopes: pushScopes(target),
      headers: {'content-type': descriptor.mediaType, 'content-length': String(bytes.length)},
      body: () => bytes as Uint8Array<ArrayBuffer>,
    },
    async response => {
      const {status} = response
      if (status !== 201 && status !== 202 && status !== 200) {
        const errors = await readErrors(response)
        if (lacksBlobs(errors)) return {status, lacks: errors}
        return refusedWith(status, errors, pushing(target, descriptor))
      }
      await dismiss(response)
      const stored = response.headers.get('docker-content-digest')
      if (stored && stored !== descriptor.digest)
        return fail(
          {code: 'O021', message: `${target.name} stored ${stored}`, expected: descriptor.digest},
          3,
        )
      return {keepsReferrers: response.headers.has('oci-subject')}
    },
  )
}

function pushing(target: UploadTarget, {digest}: Descriptor): string {
  return `pushing the manifest ${digest} to ${target.name}`
}

/** Seen at real registries right after the upload: the blob is not yet known everywhere. */
function lacksBlobs(errors: readonly RegistryError[]): boolean {
  return errors.some(
    e =>
      ['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN'].includes(e.code) ||
      (e.code === 'MANIFEST_INVALID' &&
        /blob unknown|unknown blob/i.test(e.message + JSON.stringify(e.detail ?? ''))),
  )
}

/** All pages of a list, following `Link: <…>; rel="next"`. `read` gets each page's body. */
export async function eachPage(
  target: UploadTarget,
  path: string,
  read: (body: unknown) => void,
): Promise<{status: number}> {
  let url: URL | undefined = new URL(path, target.http.origin)
  while (url) {
    const at: URL = url
    const page = await target.http.send(
      {method: 'GET', url: at, scopes: pullScopes(target), follow: false},
      async response => {
        if (response.status !== 200) {
          await dismiss(response)
          return {status: response.status, next: undefined}
        }
        // First all of it: a connection that breaks amid is tried again, a page that is no JSON is not.
        read(jsonOf(await response.text(), at.pathname))
        const next = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(response.headers.get('link') ?? '')?.[1]
        return {status: 200, next: next === undefined ? undefined : asSpokenTo(new URL(next, at), at)}
      },
    )
    if (page.status !== 200) return {status: page.status}
    // Half a list must not pass for the whole.
    if (page.next && page.next.origin !== at.origin)
      fail(
        {code: 'R005', message: `${at.host}${at.pathname} goes on at another server, ${page.next.host}`},
        3,
      )
    // A page that points to itself would never end.
    url = page.next?.href === at.href ? undefined : page.next
  }
  return {status: 200}
}

function jsonOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    return fail({code: 'R005', message: `${name} is no JSON`}, 3, {cause})
  }
}

export function pullScopes({repository}: {repository: string}): string[] {
  return [`repository:${repository}:pull`]
}

function manifestPath({repository}: UploadTarget, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`
}

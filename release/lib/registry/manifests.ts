import {fail} from '#lib/diagnostics.ts'
import {type Digest, digestOf, isDigest, verify} from '../digest.ts'
import {type Descriptor, manifestTypes} from '../oci/descriptor.ts'
import {errorText, type RegistryError, readErrors, refusedWith, unexpected} from './errors.ts'
import {dismiss} from './http.ts'
import {Trouble} from './retry.ts'
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
  let mended = 0
  return target.http.send(
    {
      method: 'PUT',
      url: manifestPath(target, reference),
      scopes: pushScopes(target),
      headers: {'content-type': descriptor.mediaType, 'content-length': String(bytes.length)},
      body: () => bytes as Uint8Array<ArrayBuffer>,
    },
    async response => {
      const what = `pushing the manifest ${descriptor.digest} to ${target.name}`
      if (response.status !== 201 && response.status !== 202 && response.status !== 200) {
        const errors = await readErrors(response)
        if (!lacksBlobs(errors) || ++mended > 3) return refusedWith(response.status, errors, what)
        await mend()
        throw new Trouble('R010', errorText(response.status, errors))
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
        read(
          await response
            .json()
            .catch(cause => fail({code: 'R005', message: `${at.pathname} is no JSON`}, 3, {cause})),
        )
        const next = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(response.headers.get('link') ?? '')?.[1]
        return {status: 200, next: next === undefined ? undefined : new URL(next, at)}
      },
    )
    if (page.status !== 200) return {status: page.status}
    // A page that points to itself would never end.
    url = page.next && page.next.href !== at.href && page.next.origin === at.origin ? page.next : undefined
  }
  return {status: 200}
}

export function pullScopes({repository}: {repository: string}): string[] {
  return [`repository:${repository}:pull`]
}

function manifestPath({repository}: UploadTarget, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`
}

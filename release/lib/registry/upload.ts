import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {collect} from '../bytes.ts'
import type {Blob, Source} from '../oci/descriptor.ts'
import {errorText, readErrors, refusedWith, unexpected} from './errors.ts'
import {asSpokenTo, dismiss, type RegistryHttp, type RegistryRequest} from './http.ts'
import {pause, retry, Trouble} from './retry.ts'

/** A piece of a chunked upload, in bytes, unless the registry wants larger ones. */
const chunkSize = 16 << 20
/** Up to this size a blob is read before it is sent: one system call less for each piece, and a known length. */
const smallBlob = 4 << 20

export type UploadTarget = {http: RegistryHttp; repository: string; name: string}

/**
 * Sends a blob (distribution-spec, "Pushing blobs"): one POST and one PUT; when that broke down and the blob
 * is large, in chunks from then on, so that a bad line makes progress. A lost session starts all over, and where chunks
 * are refused, as Google's Artifact Registry does, whole again.
 * @param from a repository of the same registry that has the blob, to be mounted from
 */
export function uploadBlob(target: UploadTarget, blob: Blob, from?: string): Promise<'linked' | 'pushed'> {
  const {http, name} = target
  const {digest, size} = blob.descriptor
  let chunks = false
  return retry(`pushing ${digest} to ${name}`, http.retry, async attempt => {
    const mounted = attempt === 1 && from !== undefined && (await mount(target, digest, from))
    const session = mounted || (await begin(target, digest))
    if (session === 'mounted') return 'linked'
    if (!chunks) {
      chunks = size > chunkSize
      await putWhole(target, blob, session.url)
      return 'pushed'
    }
    const end = await sendChunks(target, blob, session).catch(error => {
      chunks = !(error instanceof ChunksRefused)
      throw error
    })
    await finish(target, digest, {method: 'PUT', url: withDigest(end, digest), body: () => ''})
    return 'pushed'
  })
}

type Session = {url: URL; minimum: number}

/** A mount that is refused, or for which there is no token, is no harm: false, and the blob is sent. */
async function mount(
  target: UploadTarget,
  digest: string,
  from: string,
): Promise<Session | 'mounted' | false> {
  try {
    return await begin(target, digest, from)
  } catch (error) {
    if (
      error instanceof DiagnosticError &&
      error.diagnostics.every(d => ['R003', 'R004', 'R005'].includes(d.code))
    )
      return false
    throw error
  }
}

async function begin(target: UploadTarget, digest: string, from?: string): Promise<Session | 'mounted'> {
  const {http, repository, name} = target
  const url = new URL(`/v2/${repository}/blobs/uploads/`, http.origin)
  const scopes = pushScopes(target)
  if (from) {
    url.searchParams.set('mount', digest)
    url.searchParams.set('from', from)
    scopes.push(`repository:${from}:pull`)
  }
  return http.send({method: 'POST', url, scopes, headers: {'content-length': '0'}}, async response => {
    if (response.status === 201 && from) {
      await dismiss(response)
      return 'mounted'
    }
    if (response.status === 404) return noRepository(response, target)
    if (response.status !== 202) return unexpected(response, `starting an upload to ${name}`)
    await dismiss(response)
    const minimum = Number(response.headers.get('oci-chunk-min-length') ?? 0)
    return {url: location(response, url, name), minimum: Number.isSafeInteger(minimum) ? minimum : 0}
  })
}

/** Most registries make a repository at its first upload; ECR makes none, and Harbor no project. */
async function noRepository(response: Response, {http, name}: UploadTarget): Promise<never> {
  return fail({
    code: 'R004',
    message: `${name} is not there, and ${http.host} does not make it: ${errorText(404, await readErrors(response))}`,
    hint: 'create the repository, or the project that it belongs to, at the registry first; or mend the prefix',
  })
}

async function putWhole(target: UploadTarget, {descriptor, source}: Blob, url: URL): Promise<void> {
  // The registry compares what it gets with the digest; twice would cost a fifth of the time.
  const read = () => source.unchecked?.() ?? source.open()
  const bytes = descriptor.size <= smallBlob ? await collect(read()) : undefined
  await finish(target, descriptor.digest, {
    method: 'PUT',
    url: withDigest(url, descriptor.digest),
    headers: {'content-type': 'application/octet-stream', 'content-length': String(descriptor.size)},
    body: () => bytes ?? read(),
  })
}

/** The request that ends an upload. A session that is gone is Trouble: the caller begins a new one. */
async function finish(
  {http, repository, name}: UploadTarget,
  digest: string,
  request: Omit<RegistryRequest, 'scopes'>,
): Promise<void> {
  const scopes = pushScopes({repository})
  await http.send({...request, scopes, again: false}, async response => {
    if (response.status === 201 || response.status === 204) {
      await dismiss(response)
      const stored = response.headers.get('docker-content-digest')
      if (stored && stored !== digest)
        fail({code: 'O021', message: `${name} stored ${stored} for what was sent`, expected: digest}, 3)
      return
    }
    await judge(response, `pushing ${digest} to ${name}`)
  })
}

/** The registry knows nothing of the upload any more: going on is no use, beginning anew is. */
class UploadLost extends Trouble {}

/** No fault of the line: the registry wants no chunks, or not such. */
class ChunksRefused extends UploadLost {}

/** A refused upload: worth beginning again, or an error for good. */
async function judge(response: Response, what: string): Promise<never> {
  const errors = await readErrors(response)
  if (errors.some(e => e.code === 'DIGEST_INVALID'))
    fail({
      code: 'O021',
      message: `${what}: the registry got other bytes than those of the digest`,
      hint: 'if it happens again, the file here is damaged: `lockstep release build` makes it anew',
    })
  const lost = errors.some(e =>
    ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'SIZE_INVALID'].includes(e.code),
  )
  if (lost || response.status === 404 || response.status === 408)
    throw new UploadLost('R010', errorText(response.status, errors))
  return refusedWith(response.status, errors, what)
}

/** As `judge`, where the registry may just not know chunks, for which there are many words. */
function judgeChunk(response: Response, what: string): Promise<never> {
  return judge(response, what).catch(error => {
    if (!(error instanceof DiagnosticError) || error.diagnostics.some(d => d.code !== 'R005')) throw error
    throw new UploadLost('R010', error.diagnostics.map(d => d.message).join('; '))
  })
}

/** @returns where to send the closing PUT */
async function sendChunks(target: UploadTarget, blob: Blob, session: Session): Promise<URL> {
  const {size} = blob.descriptor
  const step = Math.max(chunkSize, session.minimum)
  let state = {url: session.url, offset: 0}
  let setbacks = 0
  let sure = true
  let broke = false
  while (state.offset < size) {
    try {
      if (sure) {
        state = await sendChunk(target, blob.source, state, step)
        setbacks = 0
      } else state = await whereItStands(target, state.url)
      sure = true
    } catch (error) {
      const {retry: options} = target.http
      if (!(error instanceof Trouble)) throw error
      if (error instanceof UploadLost) throw broke ? error : new ChunksRefused('R010', error.message)
      broke = true
      if (++setbacks >= options.attempts)
        throw error.code === 'R010' ? new ChunksRefused('R010', error.message) : error
      sure = false
      await options.sleep(pause(setbacks, error.after, options))
    }
  }
  return state.url
}

async function sendChunk(
  target: UploadTarget,
  source: Source,
  at: {url: URL; offset: number},
  step: number,
): Promise<{url: URL; offset: number}> {
  const {http, name} = target
  const bytes = await readChunk(source, at.offset, step)
  const end = at.offset + bytes.length
  const request: RegistryRequest = {
    method: 'PATCH',
    url: at.url,
    scopes: pushScopes(target),
    again: false,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(bytes.length),
      // Without "bytes=": the distribution-spec's own form.
      'content-range': `${at.offset}-${end - 1}`,
    },
    body: () => bytes,
  }
  return http.send(request, async response => {
    if (response.status === 202) {
      await dismiss(response)
      const offset = received(response) ?? end
      // Sent again without end otherwise.
      if (offset <= at.offset) throw new Trouble('R010', 'the registry took a chunk and has none of it')
      return {url: location(response, at.url, name), offset}
    }
    // 416: the registry stands elsewhere than we think; it will say where.
    if (response.status !== 416) return judgeChunk(response, `pushing a chunk to ${name}`)
    await dismiss(response)
    throw new Trouble('R010', 'the registry has got other chunks than were sent')
  })
}

/** Asks how far an upload has come. */
function whereItStands(
  {http, repository, name}: UploadTarget,
  url: URL,
): Promise<{url: URL; offset: number}> {
  return http.send({method: 'GET', url, scopes: pushScopes({repository}), again: false}, async response => {
    if (response.status !== 204 && response.status !== 202)
      return judgeChunk(response, `taking up an upload to ${name}`)
    await dismiss(response)
    return {url: location(response, url, name, url), offset: received(response) ?? 0}
  })
}

async function readChunk(source: Source, start: number, size: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let have = 0
  for await (const part of source.open(start)) {
    parts.push(part.subarray(0, size - have))
    have += part.length
    if (have >= size) break
  }
  return Buffer.concat(parts)
}

/** Bytes received, from `Range: 0-41` (42 of them); undefined without that header. */
function received(response: Response): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1]
  // Some answer 0-0 for nothing at all; one byte sent twice is an answer 416 and another look.
  return last === undefined ? undefined : last === '0' ? 0 : Number(last) + 1
}

function location(response: Response, base: URL, name: string, otherwise?: URL): URL {
  const text = response.headers.get('location')
  if (text) return asSpokenTo(new URL(text, base), base)
  return (
    otherwise ?? fail({code: 'R005', message: `${name} took an upload without saying where to send it`}, 3)
  )
}

/** By hand: URLSearchParams would write the rest of the query anew, and it may be signed. */
function withDigest(url: URL, digest: string): URL {
  return new URL(`${url.href}${url.search ? '&' : '?'}digest=${encodeURIComponent(digest)}`)
}

export function pushScopes({repository}: {repository: string}): string[] {
  return [`repository:${repository}:pull,push`]
}

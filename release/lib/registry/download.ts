import {fail} from '#lib/diagnostics.ts'
import {verified} from '../digest.ts'
import type {Descriptor, Source} from '../oci/descriptor.ts'
import {unexpected} from './errors.ts'
import {dismiss} from './http.ts'
import {pullScopes} from './manifests.ts'
import {lineTrouble, pause, Trouble} from './retry.ts'
import type {UploadTarget} from './upload.ts'

/** A registry's blob as a source: checked against its digest when read from the start, taken up when cut. */
export function downloadSource(target: UploadTarget, blob: Descriptor): Source {
  const open = (start = 0) => {
    const data = download(target, blob, start)
    return start > 0 ? data : verified(data, blob, `${target.name}@${blob.digest}`)
  }
  return {size: blob.size, open}
}

async function* download(target: UploadTarget, blob: Descriptor, start: number): AsyncGenerator<Uint8Array> {
  const options = target.http.retry
  let at = start
  for (let setbacks = 0; ; ) {
    try {
      for await (const part of await bodyFrom(target, blob, at)) {
        at += part.length
        setbacks = 0
        yield part
      }
      return
    } catch (error) {
      const trouble = troubleOf(error, target.http.host)
      // Broken off after the last byte: from there on there is nothing to ask for.
      if (at > 0 && at === blob.size) return
      if (++setbacks >= options.attempts)
        fail({code: trouble.code, message: `reading ${target.name}@${blob.digest}: ${trouble.message}`}, 3)
      await options.sleep(pause(setbacks, trouble.after, options))
    }
  }
}

/** The blob's bytes from one on, also when the registry knows no ranges. */
function bodyFrom(target: UploadTarget, blob: Descriptor, start: number): Promise<AsyncIterable<Uint8Array>> {
  const name = `${target.name}@${blob.digest}`
  return target.http.send(
    {
      method: 'GET',
      url: `/v2/${target.repository}/blobs/${blob.digest}`,
      scopes: pullScopes(target),
      ...(start > 0 ? {headers: {range: `bytes=${start}-`}} : {}),
    },
    async response => {
      if (response.status === 404) {
        await dismiss(response)
        return fail({code: 'O002', message: `${name} is not there`, hint: 'publish it again'})
      }
      const partial = response.status === 206 && start > 0
      if ((response.status !== 200 && !partial) || !response.body)
        return unexpected(response, `reading ${name}`)
      return partial ? response.body : skip(response.body, start)
    },
  )
}

async function* skip(data: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes
  for await (const part of data) {
    if (left < part.length) yield part.subarray(left)
    left = Math.max(0, left - part.length)
  }
}

function troubleOf(error: unknown, host: string): Trouble {
  if (error instanceof Trouble) return error
  try {
    return lineTrouble(error, host)
  } catch (trouble) {
    if (trouble instanceof Trouble) return trouble
    throw trouble
  }
}

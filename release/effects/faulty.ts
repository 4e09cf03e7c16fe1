import {collect} from '../lib/bytes.ts'
import type {Fetch, Files} from '../lib/effects.ts'
import {explain} from './files.ts'

/** Thrown by everything after the point where a "killed" process would have ended. */
export class Killed extends Error {
  override name = 'Killed'
}

export type FaultPlan = {
  /** The call that fails, counted from 1; a number that is never reached lets all pass. */
  failAt: number
  /** `kill`: this call and every later one throw `Killed`, as for a process that is gone. */
  error: 'ENOSPC' | 'EIO' | 'EROFS' | 'kill'
}
/** What happened: how many calls there were, and each one's name, so that a test can fail call k for all k. */
export type Calls = {readonly calls: string[]}

/**
 * A file tree whose call number `failAt` fails. A write fails after its data were read, as on a full disk;
 * being all-or-nothing, it leaves nothing behind.
 */
export function faultyFiles(files: Files, plan: FaultPlan): Files & Calls {
  const calls: string[] = []
  const step = (name: string, path: string) => {
    calls.push(`${name} ${path}`)
    if (calls.length < plan.failAt) return
    if (plan.error === 'kill') throw new Killed(`killed at call ${plan.failAt}`)
    if (calls.length > plan.failAt) return
    const error = new Error(`${plan.error}: ${name}`)
    explain(path, Object.assign(error, {code: plan.error, syscall: name}))
  }
  const before =
    <A extends [string, ...unknown[]], R>(name: string, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      step(name, args[0])
      return call(...args)
    }
  return {
    calls,
    read: before('read', files.read),
    hash: async all => {
      step('hash', all[0]?.path ?? 'nothing')
      return files.hash(all)
    },
    stat: before('stat', files.stat),
    list: before('list', files.list),
    mkdir: before('mkdir', files.mkdir),
    rename: before('rename', files.rename),
    link: before('link', files.link),
    remove: before('remove', files.remove),
    exclusive: async (path, work) => {
      step('exclusive', path)
      return files.exclusive(path, work)
    },
    sweep: before('sweep', files.sweep),
    write: async (path, data, options) => {
      const bytes = data instanceof Uint8Array ? data : await collect(data)
      step('write', path)
      return files.write(path, bytes, options)
    },
    async *stream(path, start) {
      step('stream', path)
      yield* files.stream(path, start)
    },
  }
}

/** `cut`: the request reaches the other side, its answer is lost; `refuse`: it does not even get there. */
export type FetchFault = 'cut' | 'refuse' | 'kill' | Response

/** A fetch whose call k answers what `plan(k, …)` says, or passes when that says nothing. k counts from 1. */
export function faultyFetch(
  fetch: Fetch,
  plan: (k: number, url: URL, init?: RequestInit) => FetchFault | undefined,
): Fetch & Calls {
  const calls: string[] = []
  let killed = false
  const faulty: Fetch = async (url, init) => {
    calls.push(`${init?.method ?? 'GET'} ${new URL(url).pathname}`)
    const fault = killed ? 'kill' : plan(calls.length, new URL(url), init)
    if (fault === 'kill') {
      killed = true
      throw new Killed(`killed at request ${calls.length}`)
    }
    if (fault === 'refuse') throw networkError('ECONNREFUSED')
    if (fault instanceof Response) {
      await (init?.body as {cancel?: () => Promise<void>} | undefined)?.cancel?.()
      return fault
    }
    const response = await fetch(url, init)
    if (fault !== 'cut') return response
    await response.body?.cancel()
    throw networkError('ECONNRESET')
  }
  return Object.assign(faulty, {calls})
}

/** As the global fetch reports trouble on the line. */
function networkError(code: string): TypeError {
  return new TypeError('fetch failed', {cause: Object.assign(new Error(code), {code})})
}

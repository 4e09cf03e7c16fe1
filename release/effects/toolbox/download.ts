import {createHash} from 'node:crypto'
import {createReadStream, createWriteStream} from 'node:fs'
import {mkdir, rename, rm, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {cacheDir, withLock} from './cache.ts'
import {mirrorFor} from './mirror.ts'
import type {Deb, FetchOptions} from './types.ts'

const tries = 4

/**
 * Brings one package file from the machine's own Debian mirror into `<cache>/debs/<sha256>` and answers
 * that path. A partial download is continued where the mirror can; the bytes are checked.
 * @throws DiagnosticError exit 3: T001 no mirror known, T002 not reachable, T003 vanished, T004 other bytes
 */
export async function fetchDeb(deb: Deb, options: FetchOptions = {}): Promise<string> {
  const path = join(cacheDir(), 'debs', deb.sha256)
  if (await has(path, deb.size)) return path
  const task =
    deb.size > 20e6 ? options.progress?.task(`download ${deb.filename.split('/').pop()}`) : undefined
  try {
    await withLock(`${path}.lock`, async () => {
      if (await has(path, deb.size)) return
      await download(`${await mirrorFor(deb.suite)}/${deb.filename}`, path, deb, options.signal)
    })
    task?.done()
  } catch (error) {
    task?.failed()
    throw error
  }
  return path
}

/** Fetches all, eight at once, and tells how far it is. */
export async function fetchDebs(debs: readonly Deb[], options: FetchOptions = {}): Promise<string[]> {
  const total = debs.reduce((sum, deb) => sum + deb.size, 0)
  const task = options.progress?.task(`download ${debs.length} packages (${megabytes(total)})`)
  const paths = new Array<string>(debs.length)
  const queue = debs.entries()
  let done = 0
  const worker = async () => {
    for (const [i, deb] of queue) {
      paths[i] = await fetchDeb(deb, {...(options.signal ? {signal: options.signal} : {})})
      done += deb.size
      task?.update(`${megabytes(done)} of ${megabytes(total)}`)
    }
  }
  try {
    await Promise.all(Array.from({length: 8}, worker))
    task?.done()
  } catch (error) {
    task?.failed()
    throw error
  }
  return paths
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`

const has = async (path: string, size: number) => (await stat(path).catch(() => undefined))?.size === size

async function download(url: string, path: string, deb: Deb, signal?: AbortSignal): Promise<void> {
  const partial = `${path}.part`
  await mkdir(dirname(path), {recursive: true})
  for (let attempt = 1; ; attempt++) {
    try {
      await transfer(url, partial, deb.size, signal)
      break
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof DiagnosticError || attempt === tries) throw unreachable(url, error)
      await sleep(500 * 2 ** attempt)
    }
  }
  const found = await sha256(partial)
  if (found !== deb.sha256) {
    await rm(partial, {force: true})
    fail(
      {
        code: 'T004',
        message: `${deb.filename} from the mirror has sha256 ${found}, the lock says ${deb.sha256}`,
        hint: 'the mirror or something between alters files: try another with MOCK_DEVICE_DEBIAN_MIRROR=URL',
      },
      3,
    )
  }
  await rename(partial, path)
}

async function transfer(url: string, partial: string, size: number, signal?: AbortSignal): Promise<void> {
  const start = (await stat(partial).catch(() => undefined))?.size ?? 0
  const resume = start > 0 && start < size
  const response = await fetch(url, {
    ...(resume ? {headers: {range: `bytes=${start}-`}} : {}),
    ...(signal ? {signal} : {}),
  })
  if (response.status === 404 || response.status === 410) vanished(url)
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`)
  const flags = response.status === 206 ? 'a' : 'w'
  await pipeline(Readable.fromWeb(response.body), createWriteStream(partial, {flags}))
  const got = (await stat(partial)).size
  if (got < size) throw new Error(`the connection ended after ${got} of ${size} bytes`)
}

function vanished(url: string): never {
  fail(
    {
      code: 'T003',
      message: `the mirror no longer has ${url}`,
      hint: 'a newer version has replaced it: update the lock that names it',
    },
    3,
  )
}

function unreachable(url: string, error: unknown): unknown {
  if (error instanceof DiagnosticError) return error
  const cause =
    error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error)
  return new DiagnosticError(
    [
      {
        code: 'T002',
        severity: 'error',
        message: `${url} can't be fetched: ${cause}`,
        hint: 'check the network, then run the same command again: it goes on where it stopped',
      },
    ],
    3,
    {cause: error},
  )
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, {highWaterMark: 1 << 20}), hash)
  return hash.digest('hex')
}

/** Fetches a small file whole. @throws DiagnosticError exit 3: T002, T003 */
export async function fetchBytes(url: string, signal?: AbortSignal): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, signal ? {signal} : {})
      if (response.status === 404) vanished(url)
      if (!response.ok) throw new Error(`HTTP ${response.status}`)
      return Buffer.from(await response.arrayBuffer())
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof DiagnosticError || attempt === tries) throw unreachable(url, error)
      await sleep(500 * 2 ** attempt)
    }
  }
}

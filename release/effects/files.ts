import * as fs from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {compareBytewise} from '../lib/bytes.ts'
import type {Files} from '../lib/effects.ts'
import {hashOnce} from './hash-files.ts'
import {withLock} from './toolbox/cache.ts'

export type FilesOptions = {
  /** Flush to the disk before and after a rename. Off for caches and tests: a power cut may lose the file. */
  durable?: boolean
}

/** Temporary names carry the writer's process id, so that `sweep` can tell a dead writer's from a live one's. */
const temporary = /^\.tmp-(\d+)-/
/** Process ids come again (in a container it is always 1), so our own need a closer look. */
const ours = new Set<string>()
let count = 0

/** One memory for the process: what a build has read of the store it need not read again in dist/, which is linked to it. */
const hash = hashOnce()

/** The real file tree. @throws E001 to E004: no room, not allowed or read-only, not there, anything else */
export function realFiles({durable = true}: FilesOptions = {}): Files {
  return {
    read: path => guard(path, () => fs.readFile(path)),
    hash,
    stat: path => guard(path, () => stat(path)),
    list: path => guard(path, () => list(path)),
    mkdir: path => guard(path, () => makeFolder(path)),
    write: (path, data, options) => guard(path, () => write(path, data, options?.mode, durable)),
    rename: (from, to) =>
      guard(to, async () => {
        await fs.rename(from, to)
        if (durable) await flushFolder(dirname(to))
      }),
    link: (from, to) => guard(to, () => link(from, to, durable)),
    remove: path => guard(path, () => fs.rm(path, {recursive: true, force: true})),
    stream: (path, start) => stream(path, start),
    exclusive: (path, work) => guard(path, () => withLock(path, work)),
    sweep: path => guard(path, () => sweep(path)),
  }
}

async function stat(path: string): ReturnType<Files['stat']> {
  const found = await fs.stat(path).catch(unlessAbsent)
  if (!found) return undefined
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'dir' : 'other'
  return {kind, size: found.size, mode: found.mode & 0o7777, modified: found.mtimeMs}
}

async function list(path: string): Promise<string[]> {
  return ((await fs.readdir(path).catch(unlessAbsent)) ?? []).sort(compareBytewise)
}

async function makeFolder(path: string): Promise<void> {
  try {
    await fs.mkdir(path, {recursive: true})
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    // What Node says for several folders at once on a read-only file system; one step tells the truth.
    let first = path
    while (!(await stat(dirname(first)))) first = dirname(first)
    await fs.mkdir(first)
    await fs.mkdir(path, {recursive: true})
  }
}

async function write(
  path: string,
  data: Uint8Array | AsyncIterable<Uint8Array>,
  mode = 0o644,
  durable: boolean,
): Promise<void> {
  await makeFolder(dirname(path))
  await beside(path, async temp => {
    const file = await fs.open(temp, 'wx', mode)
    try {
      // The umask must not decide what a release looks like.
      await file.chmod(mode)
      if (data instanceof Uint8Array) await file.writeFile(data)
      else for await (const part of data) await writeAll(file, part)
      if (durable) await file.sync()
    } finally {
      await file.close()
    }
  })
  if (durable) await flushFolder(dirname(path))
}

async function writeAll(file: fs.FileHandle, part: Uint8Array): Promise<void> {
  for (let at = 0; at < part.length; ) at += (await file.write(part, at)).bytesWritten
}

async function link(from: string, to: string, durable: boolean): Promise<void> {
  await makeFolder(dirname(to))
  await beside(to, async temp => {
    try {
      await fs.link(from, temp)
    } catch {
      await fs.copyFile(from, temp)
    }
  })
  if (durable) await flushFolder(dirname(to))
}

/** Lets `make` fill a temporary file beside the target, then puts it in the target's place. */
async function beside(path: string, make: (temp: string) => Promise<void>): Promise<void> {
  const name = `.tmp-${process.pid}-${++count}-${basename(path)}`.slice(0, 200)
  const temp = join(dirname(path), name)
  ours.add(name)
  try {
    await fs.rm(temp, {force: true})
    await make(temp)
    await fs.rename(temp, path)
  } catch (error) {
    await fs.rm(temp, {force: true}).catch(() => {})
    throw error
  } finally {
    ours.delete(name)
    // rename(2) does nothing when both names are the same file already.
    await fs.rm(temp, {force: true}).catch(() => {})
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await fs.open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Large pieces: each costs a copy and a promise at every stage that it goes through. */
const pieceSize = 2 << 20

async function* stream(path: string, start = 0): AsyncGenerator<Uint8Array> {
  const file = await guard(path, () => fs.open(path, 'r'))
  try {
    const {size} = await file.stat()
    for (let at = start; ; ) {
      // A fresh piece each time: whoever got the last one may still hold it. One byte more notices growth.
      const piece = Buffer.allocUnsafeSlow(Math.max(1, Math.min(pieceSize, size - at)))
      const {bytesRead} = await guard(path, () => file.read(piece, 0, piece.length, at))
      if (bytesRead === 0) return
      at += bytesRead
      yield bytesRead === piece.length ? piece : piece.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function sweep(path: string): Promise<void> {
  for (const name of await list(path)) {
    const pid = Number(temporary.exec(name)?.[1])
    if (pid && !ours.has(name) && (pid === process.pid || !isAlive(pid)))
      // What a killed writer had started may go on for a moment; what is left then is for the next time.
      await fs.rm(join(path, name), {recursive: true, force: true, maxRetries: 10}).catch(() => {})
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}

async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    explain(path, error)
  }
}

/** Turns the system's error codes into words; everything else passes as it is. */
export function explain(path: string, cause: unknown): never {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  if (!(cause instanceof Error) || typeof code !== 'string' || !('syscall' in cause)) throw cause
  const [id, message, hint] = problems[code] ?? ['E004', `can't be used: ${cause.message}`, undefined]
  fail({code: id, message: `${path} ${message}`, ...(hint ? {hint} : {})}, 3, {cause})
}

const notAllowed = [
  'E002',
  'may not be written or read',
  'look at the owner and the mode of its folder',
] as const
const problems: Record<string, readonly [code: string, message: string, hint: string]> = {
  ENOSPC: [
    'E001',
    "can't be written: the disk is full",
    'make room and run the command again: it goes on where it stopped',
  ],
  EDQUOT: ['E001', "can't be written: the quota is used up", 'make room and run the command again'],
  EROFS: ['E002', 'lies on a read-only file system', 'choose another folder'],
  EACCES: notAllowed,
  EPERM: notAllowed,
  ENOENT: ['E003', 'is not there', 'look at the path, or run the step before that makes it'],
}

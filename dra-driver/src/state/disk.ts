/** The steps on disk that the driver's state is made of, small enough that a test can stop it after each. */
import {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {open} from 'node:fs/promises'
import {dirname} from 'node:path'

export type Disk = {
  /** Undefined when there is no such file. */
  read(path: string): Promise<string | undefined>
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): Promise<string[]>
  makeFolder(path: string): Promise<void>
  write(path: string, text: string): Promise<void>
  /** Waits until a file's bytes, or a folder's entries, would survive a power cut. */
  sync(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** One that is gone already is no error. */
  remove(path: string): Promise<void>
}

/**
 * The real one. Only `sync` may take long, and it alone leaves the event loop free: the others are over before a
 * thread of the pool would have been told.
 */
export const realDisk: Disk = {
  read: async path => orAbsent(() => readFileSync(path, 'utf8'), undefined),
  list: async folder => orAbsent(() => readdirSync(folder), []),
  makeFolder: async path => void mkdirSync(path, {recursive: true, mode: 0o755}),
  write: async (path, text) => writeFileSync(path, text, {mode: 0o644}),
  sync: async path => {
    const file = await open(path, 'r')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  },
  rename: async (from, to) => renameSync(from, to),
  remove: async path => rmSync(path, {force: true}),
}

/** Durable or not: without, a power cut may lose the file, but never leaves half of it under its name. */
export type Durability = 'fsync' | 'none'

/**
 * Puts a whole file in its place, or leaves the old one there. The temporary name has no ending that a container
 * runtime would read.
 */
export async function replaceFile(
  disk: Disk,
  path: string,
  text: string,
  durability: Durability,
): Promise<void> {
  const temporary = temporaryName(path)
  await disk.write(temporary, text)
  if (durability === 'fsync') await disk.sync(temporary)
  await disk.rename(temporary, path)
  if (durability === 'fsync') await disk.sync(dirname(path))
}

export const temporaryName = (path: string) => `${path}.tmp`

export async function removeFile(disk: Disk, path: string, durability: Durability): Promise<void> {
  await disk.remove(path)
  if (durability === 'fsync') await disk.sync(dirname(path))
}

function orAbsent<T, U>(work: () => T, otherwise: U): T | U {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return otherwise
    throw error
  }
}

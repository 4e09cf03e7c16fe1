import * as fs from 'node:fs/promises'
import {dirname} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import type {Log} from '#release/run/world.ts'

/** A journal on the disk; only its owner may read it. */
export function fileLog(path: string): Log {
  /** Where the last whole line ends, and the file with what a dead writer left behind that; and what this writer added last. */
  let known: {end: number; size: number; own: Buffer} | undefined
  const look = async () => {
    const bytes = await fs.readFile(path).catch(unlessAbsent)
    known = {end: (bytes?.lastIndexOf('\n') ?? -1) + 1, size: bytes?.length ?? 0, own: Buffer.alloc(0)}
    return bytes
  }
  return {
    read: async () => (await look())?.toString('utf8'),
    append: async line => {
      if (!known) await look()
      const {end = 0, size = 0, own = Buffer.alloc(0)} = known ?? {}
      const bytes = Buffer.from(`${line}\n`)
      const file = await open(path, size === 0)
      try {
        if ((await file.stat()).size !== size) refuse(path)
        // One who wrote at the same moment may have put a line of the same length in the place of ours.
        const there = await file.read(Buffer.alloc(own.length), 0, own.length, end - own.length)
        if (!there.buffer.equals(own)) refuse(path)
        if (end < size) await file.truncate(end)
        const {bytesWritten} = await file.write(bytes, 0, bytes.length, end)
        if (bytesWritten < bytes.length) tooFull(path)
        await file.sync()
      } finally {
        await file.close()
      }
      if (size === 0) await flushFolder(dirname(path))
      known = {end: end + bytes.length, size: end + bytes.length, own: bytes}
    },
  }
}

async function open(path: string, isNew: boolean): Promise<fs.FileHandle> {
  await fs.mkdir(dirname(path), {recursive: true})
  try {
    return await fs.open(path, isNew ? 'wx' : 'r+', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') refuse(path)
    throw error
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await fs.open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

function tooFull(path: string): never {
  fail(
    {
      code: 'Q011',
      message: `there is no room for the next record of ${path}: nothing is done that is not written down`,
      hint: 'make room, then go on with --resume',
    },
    3,
  )
}

function refuse(path: string): never {
  fail({
    code: 'Q010',
    message: `somebody else writes to ${path}: this run stops here`,
    hint: '`lockstep upgrade status` shows what the other one does',
  })
}

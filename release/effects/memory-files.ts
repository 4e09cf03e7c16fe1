import {dirname, join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {collect, compareBytewise} from '../lib/bytes.ts'
import {digestOf} from '../lib/digest.ts'
import type {Files} from '../lib/effects.ts'
import {serial} from '../lib/limit.ts'

export type MemoryFiles = Files & {
  /** Every file's bytes by its path. Tests look at it and compare it. */
  readonly tree: Map<string, Buffer>
}

/** A file tree in memory. Folders exist when something lies in them or when they were made. */
export function memoryFiles(start: Record<string, string | Uint8Array> = {}): MemoryFiles {
  const tree = new Map<string, Buffer>(
    Object.entries(start).map(([path, data]) => [join(path), Buffer.from(data)]),
  )
  const modes = new Map<string, number>()
  const times = new Map<string, number>()
  const folders = new Set<string>()
  const inTurn = serial()
  const isFolder = (path: string) =>
    folders.has(path) || [...tree.keys()].some(other => other.startsWith(`${path}/`))
  const get = (path: string): Buffer =>
    tree.get(join(path)) ?? fail({code: 'E003', message: `${path} is not there`}, 3)
  const put = (path: string, data: Buffer, mode: number) => {
    tree.set(join(path), data)
    modes.set(join(path), mode)
    times.set(join(path), Date.now())
  }
  return {
    tree,
    read: async path => Buffer.from(get(path)),
    hash: async files => files.map(({path}) => digestOf(get(path))),
    stat: async path => {
      const data = tree.get(join(path))
      const modified = times.get(join(path)) ?? 0
      if (data) return {kind: 'file', size: data.length, mode: modes.get(join(path)) ?? 0o644, modified}
      return isFolder(join(path)) ? {kind: 'dir', size: 0, mode: 0o755, modified} : undefined
    },
    list: async path => {
      const inside = [...tree.keys(), ...folders].filter(p => p.startsWith(`${join(path)}/`))
      const names = inside.map(p => p.slice(join(path).length + 1).split('/')[0] ?? '')
      return [...new Set(names)].sort(compareBytewise)
    },
    mkdir: async path => {
      for (let p = join(path); p !== dirname(p); p = dirname(p)) folders.add(p)
    },
    write: async (path, data, options) =>
      put(path, data instanceof Uint8Array ? Buffer.from(data) : await collect(data), options?.mode ?? 0o644),
    rename: async (from, to) => {
      const moved = [...tree.keys()].filter(p => p === join(from) || p.startsWith(`${join(from)}/`))
      if (moved.length === 0 && !folders.delete(join(from))) get(from)
      if (moved.length === 0) folders.add(join(to))
      for (const path of moved) {
        put(join(to) + path.slice(join(from).length), get(path), modes.get(path) ?? 0o644)
        tree.delete(path)
      }
    },
    link: async (from, to) => put(to, get(from), modes.get(join(from)) ?? 0o644),
    remove: async path => {
      for (const p of [...tree.keys(), ...folders])
        if (p === join(path) || p.startsWith(`${join(path)}/`)) {
          tree.delete(p)
          folders.delete(p)
        }
    },
    async *stream(path, start = 0) {
      yield get(path).subarray(start)
    },
    exclusive: (_path, work) => inTurn(work),
    sweep: async () => {},
  }
}

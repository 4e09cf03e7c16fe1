/** A disk in memory that can be stopped at every step, and knows what a power cut would leave. */
import {dirname} from 'node:path'
import type {Disk} from './disk.ts'

/** The process is dead: nothing that it still does has an effect. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

/** `kill`: dies before the step. `tear`: dies in the middle of writing. `error`: the step fails, and life goes on. */
export type Fault = {at: number; kind: 'kill' | 'tear' | 'error'}

type File = {text: string; durable: string | undefined}

export type TestDisk = Disk & {
  /** How many steps were done since the last `arm`. */
  steps: number
  /** Counts steps from 0 again, and meets a fault at one of them. */
  arm(fault: Fault | undefined): void
  /** A step of something else that is not on disk, such as sysfs. */
  step(): void
  /** What was not synced is lost; `lost` folders were in memory only. */
  cutPower(lost: string): void
  /** All files by path. */
  files(): Record<string, string>
}

export function testDisk(): TestDisk {
  let entries = new Map<string, File>()
  const durable = new Map<string, File>()
  let fault: Fault | undefined
  let dead = false

  /** Answers whether this step shall be torn. */
  const step = (): boolean => {
    if (dead) throw new Killed('dead')
    const here = fault?.at === disk.steps++ ? fault : undefined
    if (!here) return false
    if (here.kind === 'error') throw Object.assign(new Error('EIO: i/o error'), {code: 'EIO'})
    dead = true
    if (here.kind === 'kill') throw new Killed('killed')
    return true
  }
  const inFolder = (folder: string, path: string) => dirname(path) === folder
  const copy = (from: Map<string, File>, to: Map<string, File>, path: string) => {
    const file = from.get(path)
    if (file) to.set(path, file)
    else to.delete(path)
  }

  const disk: TestDisk = {
    steps: 0,
    arm(next) {
      disk.steps = 0
      dead = false
      fault = next
    },
    step: () => void (step() && dieNow()),
    read: async path => {
      if (dead) throw new Killed('dead')
      return entries.get(path)?.text
    },
    list: async folder => {
      if (dead) throw new Killed('dead')
      return [...entries.keys()]
        .filter(path => inFolder(folder, path))
        .map(path => path.slice(folder.length + 1))
    },
    makeFolder: async () => {},
    async write(path, text) {
      const torn = step()
      const file = entries.get(path) ?? {text: '', durable: undefined}
      file.text = torn ? text.slice(0, text.length / 2) : text
      entries.set(path, file)
      if (torn) dieNow()
    },
    async sync(path) {
      step()
      const file = entries.get(path)
      if (file) file.durable = file.text
      for (const one of new Set([...entries.keys(), ...durable.keys()]))
        if (inFolder(path, one)) copy(entries, durable, one)
    },
    async rename(from, to) {
      step()
      const file = entries.get(from)
      entries.delete(from)
      if (file) entries.set(to, file)
    },
    async remove(path) {
      step()
      entries.delete(path)
    },
    cutPower(lost) {
      const left = [...durable].filter(([path]) => !inFolder(lost, path))
      entries = new Map(left.map(([path, file]) => [path, {...file, text: file.durable ?? ''}]))
      durable.clear()
      for (const [path, file] of entries) durable.set(path, file)
    },
    files: () => Object.fromEntries([...entries].map(([path, {text}]) => [path, text])),
  }
  return disk
}

function dieNow(): never {
  throw new Killed('killed')
}

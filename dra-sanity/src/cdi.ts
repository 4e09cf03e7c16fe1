import {readdir, readFile, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {parse} from 'yaml'

export type Resolved = {there: string[]; missing: string[]; unsound: string[]}

/** The folder from which container runtimes read what a driver prepared. */
export type Cdi = {
  resolve(ids: readonly string[]): Promise<Resolved>
  /** Every device ID that a file defines. */
  all(): Promise<string[]>
  /** Removes the files that define one of these, as a reboot does. */
  forget(ids: readonly string[]): Promise<void>
}

type Spec = {file: string; problem: string | undefined; ids: Set<string>}

export function cdiFolder(folder: string): Cdi {
  return {
    async resolve(ids) {
      const specs = await readSpecs(folder)
      const there = ids.filter(id => specs.some(one => one.ids.has(id)))
      return {
        there,
        missing: ids.filter(id => !there.includes(id)),
        unsound: specs.flatMap(({problem, ids: own}) =>
          problem && ids.some(id => own.has(id)) ? [problem] : [],
        ),
      }
    },
    async all() {
      return (await readSpecs(folder)).flatMap(one => [...one.ids])
    },
    async forget(ids) {
      for (const {file, ids: own} of await readSpecs(folder))
        if (ids.some(id => own.has(id))) await rm(file, {force: true})
    },
  }
}

async function readSpecs(folder: string): Promise<Spec[]> {
  const names = await readdir(folder).catch(() => [])
  // Runtimes read files of these two kinds and nothing else.
  const files = names.filter(name => /\.(json|yaml)$/.test(name)).map(name => join(folder, name))
  return Promise.all(files.map(readSpec))
}

async function readSpec(file: string): Promise<Spec> {
  try {
    return {file, ...judgeSpec(file, parse(await readFile(file, 'utf8')))}
  } catch (error) {
    return {file, problem: `${file}: ${error instanceof Error ? error.message : error}`, ids: new Set()}
  }
}

/** Version, kind and devices of one file, and the first thing that a runtime would refuse. */
export function judgeSpec(file: string, spec: unknown): {problem: string | undefined; ids: Set<string>} {
  const {cdiVersion, kind, devices} = record(spec)
  const list = Array.isArray(devices) ? devices.map(record) : []
  const ids = new Set(list.map(one => `${kind}=${one.name}`))
  const edits = (one: Record<string, unknown>) => Object.values(record(one.containerEdits)).some(filled)
  const wrong = [
    [typeof cdiVersion === 'string' && /^\d+\.\d+\.\d+$/.test(cdiVersion), 'has no cdiVersion'],
    [typeof kind === 'string' && /^[^/]+\/[^/]+$/.test(kind), 'has no kind of the form vendor/class'],
    [list.length > 0, 'has no devices'],
    [ids.size === list.length, 'names a device twice'],
    [list.every(edits), 'has a device without container edits'],
  ].find(([holds]) => !holds)
  return {problem: wrong ? `${file} ${wrong[1]}` : undefined, ids}
}

const filled = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : value !== undefined)

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? {...value} : {}

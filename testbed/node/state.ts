/** Where clusters that outlive a command keep what is theirs, and who still lives of them. */
import {mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import type {KubernetesVersion} from '../tools/tools.ts'

/** What `up` was asked for: a second `up` compares. */
export type ClusterSettings = {
  nodes: number
  line: string
  topology: string
  module: boolean
  kubernetes: KubernetesVersion
  /** Digests of the archives that were loaded. */
  load: readonly string[]
}

export type ClusterState = {
  pid: number
  /** Process ids are used again: the start time of ours, of /proc/PID/stat. */
  started: string
  /** ISO 8601. */
  since: string
  settings: ClusterSettings
  nodes: readonly string[]
}

/** `${MOCK_DEVICE_STATE:-${XDG_STATE_HOME:-~/.local/state}/mock-device}/clusters` */
export function clustersFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base =
    env.MOCK_DEVICE_STATE || join(env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'mock-device')
  return join(base, 'clusters')
}

const folder = (name: string) => join(clustersFolder(), name)

/** By name. */
export const clusters = {
  folder,

  /** Undefined when there is none, or what is there cannot be read: then it is no cluster that lives. */
  async read(name: string): Promise<ClusterState | undefined> {
    try {
      return JSON.parse(await readFile(join(folder(name), 'state.json'), 'utf8')) as ClusterState
    } catch {
      return undefined
    }
  },

  async write(name: string, state: ClusterState): Promise<void> {
    const path = join(folder(name), 'state.json')
    await mkdir(folder(name), {recursive: true, mode: 0o700})
    await writeFile(`${path}.draft`, `${JSON.stringify(state, undefined, 2)}\n`)
    await rename(`${path}.draft`, path)
  },

  remove: (name: string) => rm(folder(name), {recursive: true, force: true}),

  names: async () => (await readdir(clustersFolder()).catch(() => [])).sort(),
}

/** Field 22 of /proc/PID/stat; empty when there is no such process. */
export async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/** Nothing of a cluster outlives its process, so that is all there is to look at. */
export const isAlive = async ({pid, started}: ClusterState) => (await startTime(pid)) === started

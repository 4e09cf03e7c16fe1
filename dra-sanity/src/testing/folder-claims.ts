/** Claims as files of a folder: the API server of tests, shared with plugins in other processes. */
import {randomUUID} from 'node:crypto'
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {ClaimSource} from '../claims.ts'

export type Result = {driver: string; request: string; pool: string; device: string}
export type StoredClaim = {uid: string; results: Result[] | undefined}

export const pool = 'node/numa0'
export const deviceNames = (count: number): string[] => Array.from({length: count}, (_, i) => `mock${i}`)

const fileOf = (folder: string, namespace: string, name: string) => join(folder, `${namespace}_${name}.json`)

/** What the API server answers for a claim; undefined for 404. */
export async function readClaim(
  folder: string,
  namespace: string,
  name: string,
): Promise<StoredClaim | undefined> {
  const text = await readFile(fileOf(folder, namespace, name), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as StoredClaim)
}

export function folderClaims(folder: string, driver: string, devices: readonly string[]): ClaimSource {
  const freeDevices = async () => {
    await mkdir(folder, {recursive: true})
    const texts = await Promise.all((await readdir(folder)).map(name => readFile(join(folder, name), 'utf8')))
    const taken = texts
      .flatMap(text => (JSON.parse(text) as StoredClaim).results ?? [])
      .map(one => one.device)
    return devices.filter(one => !taken.includes(one))
  }
  return {
    free: async () => (await freeDevices()).length,
    async make({devices: count = 1, sameAs, unallocated, foreign} = {}) {
      const free = await freeDevices()
      if (!sameAs && free.length < count) throw new Error(`only ${free.length} devices are free`)
      const own =
        sameAs?.devices ?? free.slice(0, count).map((device, i) => ({request: `r${i}`, pool, device}))
      const claim = {namespace: 'default', name: `claim-${randomUUID().slice(0, 8)}`, uid: randomUUID()}
      const other = {driver: 'other.example.com', request: 'foreign', pool: 'other', device: 'other'}
      const results = [...(foreign ? [other] : []), ...own.map(one => ({...one, driver}))]
      const stored: StoredClaim = {uid: claim.uid, results: unallocated ? undefined : results}
      await writeFile(fileOf(folder, claim.namespace, claim.name), JSON.stringify(stored))
      return {...claim, devices: own}
    },
    remove: ({namespace, name}) => rm(fileOf(folder, namespace, name), {force: true}),
  }
}

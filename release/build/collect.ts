import {z} from 'zod'
import {type Digest, hexOf} from '../lib/digest.ts'
import type {Files} from '../lib/effects.ts'
import {digestOf} from '../plan/digest.ts'
import {blobsOf, readJson, readOutput} from './output.ts'

/** Builds of this machine, in whatever clone, whose outputs are kept. */
const keptBuilds = 10
/** Milliseconds for which nothing is cleared away: what a build under way has made is in no record yet. */
const young = 60 * 60 * 1000

const use = z.strictObject({
  /** ISO 8601. */
  at: z.string(),
  keys: z.array(z.string()),
})

const lockOf = (folder: string) => `${folder}/.lock`

/**
 * Says that a build uses these outputs of the store, whether they are there or not: from now on `collect` keeps them.
 * @param folder the store's
 */
export async function useOutputs(files: Files, folder: string, keys: readonly string[], now = Date.now()) {
  const text = `${JSON.stringify({at: new Date(now).toISOString(), keys})}\n`
  await files.exclusive(lockOf(folder), () =>
    files.write(`${folder}/builds/${digestOf(keys)}.json`, Buffer.from(text)),
  )
}

/**
 * Removes from the store what none of the last ten builds has used, unless it is younger than an hour.
 * @returns how many files, and their bytes
 */
export function collect(
  files: Files,
  folder: string,
  now = Date.now(),
): Promise<{files: number; bytes: number}> {
  return files.exclusive(lockOf(folder), async () => {
    const removed = {files: 0, bytes: 0}
    const clear = async (path: string, keep: boolean): Promise<boolean> => {
      const found = keep ? undefined : await files.stat(path)
      if (!found || now - found.modified < young) return false
      await files.remove(path)
      removed.files++
      removed.bytes += found.size
      return true
    }
    const keys = await keptKeys(files, folder, now)
    const blobs = new Set<Digest>()
    for (const name of await files.list(`${folder}/outputs`)) {
      const path = `${folder}/outputs/${name}`
      if (await clear(path, keys.has(name.replace(/\.json$/, '')))) continue
      for (const {digest} of blobsOf(readOutput(await files.read(path)))) blobs.add(digest)
    }
    const kept = new Set([...blobs].map(hexOf))
    for (const name of await files.list(`${folder}/blobs/sha256`))
      await clear(`${folder}/blobs/sha256/${name}`, kept.has(name))
    return removed
  })
}

/** Keys of the newest builds and of all that may still run; records of the others are removed. */
async function keptKeys(files: Files, folder: string, now: number): Promise<Set<string>> {
  const uses: {path: string; at: number; keys: string[]}[] = []
  for (const name of await files.list(`${folder}/builds`)) {
    const path = `${folder}/builds/${name}`
    const {data} = use.safeParse(readJson(await files.read(path)))
    uses.push({path, at: Date.parse(data?.at ?? '') || 0, keys: data?.keys ?? []})
  }
  uses.sort((a, b) => b.at - a.at)
  const kept = uses.filter(({at}, i) => i < keptBuilds || now - at < young)
  for (const {path} of uses.slice(kept.length)) await files.remove(path)
  return new Set(kept.flatMap(({keys}) => keys))
}

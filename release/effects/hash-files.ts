import {stat} from 'node:fs/promises'
import {availableParallelism} from 'node:os'
import {Worker} from 'node:worker_threads'
import {fail} from '#lib/diagnostics.ts'
import type {Digest} from '../lib/digest.ts'

type Work = {paths: readonly string[]; next: SharedArrayBuffer; bufferSize: number}
type Hashed = {index: number; hex: string} | {index: number; error: string}

/** Below this a worker's start costs more than it saves. */
const worthWorkers = 32 << 20

/**
 * SHA-256 of many files at once, one thread per core.
 * @param files paths and sizes in bytes (the sizes only steer the work)
 * @returns digests in the order of the files
 * @throws E010 a file can't be read
 */
export async function hashFiles(files: readonly {path: string; size: number}[]): Promise<Digest[]> {
  // The largest first: a large one begun last would leave the other cores idle.
  const order = files.map((_, i) => i).sort((a, b) => (files[b]?.size ?? 0) - (files[a]?.size ?? 0))
  const total = files.reduce((sum, f) => sum + f.size, 0)
  const work: Work = {
    paths: order.map(i => files[i]?.path ?? ''),
    next: new SharedArrayBuffer(4),
    bufferSize: 1 << 20,
  }
  const digests: Digest[] = []
  const take = (hashed: Hashed) => {
    const index = order[hashed.index] ?? 0
    if ('error' in hashed)
      fail({code: 'E010', message: `${files[index]?.path} can't be read: ${hashed.error}`}, 3)
    digests[index] = `sha256:${hashed.hex}`
  }
  const threads = total < worthWorkers ? 0 : Math.min(availableParallelism(), files.length)
  if (threads < 2) hashShare(work, take)
  else await Promise.all(Array.from({length: threads}, () => inWorker(work, take)))
  return digests
}

/**
 * `hashFiles` that reads a file once: neither under another of its names, nor again when it has not changed since.
 */
export function hashOnce(): (files: readonly {path: string; size: number}[]) => Promise<Digest[]> {
  const known = new Map<string, Digest>()
  return async files => {
    const identities = await Promise.all(files.map(({path}) => identityOf(path)))
    const unread = new Map<string, {path: string; size: number}>()
    for (const [i, file] of files.entries()) {
      const {id} = identities[i] as Identity
      if (!known.has(id)) unread.set(id, file)
    }
    const digests = await hashFiles([...unread.values()])
    const fresh = new Map([...unread.keys()].map((id, i) => [id, digests[i] as Digest]))
    const answer = identities.map(({id}) => (fresh.get(id) ?? known.get(id)) as Digest)
    for (const {id, settled} of identities)
      if (settled && fresh.has(id)) known.set(id, fresh.get(id) as Digest)
    return answer
  }
}

type Identity = {id: string; settled: boolean}

/** Longer than a tick of any file system's clock (FAT has two seconds). */
const tick = 2_500

/** A file that was just written may be written again without another time: it is not settled. */
async function identityOf(path: string): Promise<Identity> {
  try {
    const {dev, ino, size, mtimeNs, ctimeNs, ctimeMs} = await stat(path, {bigint: true})
    return {id: [dev, ino, size, mtimeNs, ctimeNs].join(), settled: Date.now() - Number(ctimeMs) > tick}
  } catch {
    // Whoever reads it says what is wrong.
    return {id: path, settled: false}
  }
}

function inWorker(work: Work, take: (hashed: Hashed) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    // The function travels as text: a bundle has no file of its own for a worker.
    const code = `const {parentPort, workerData} = require('node:worker_threads')
;(${hashShare.toString()})(workerData, hashed => parentPort.postMessage(hashed))`
    const worker = new Worker(code, {eval: true, workerData: work, execArgv: []})
    worker.on('message', (hashed: Hashed) => {
      try {
        take(hashed)
      } catch (error) {
        reject(error)
        void worker.terminate()
      }
    })
    worker.once('error', reject)
    worker.once('exit', () => resolve())
  })
}

/** Takes the next file until none is left. Stands alone, without anything from outside: see `inWorker`. */
function hashShare(work: Work, report: (hashed: Hashed) => void): void {
  const fs = process.getBuiltinModule('node:fs')
  const crypto = process.getBuiltinModule('node:crypto')
  const next = new Int32Array(work.next)
  const buffer = Buffer.allocUnsafeSlow(work.bufferSize)
  for (;;) {
    const index = Atomics.add(next, 0, 1)
    const path = work.paths[index]
    if (path === undefined) return
    try {
      const file = fs.openSync(path, 'r')
      try {
        const sum = crypto.createHash('sha256')
        for (;;) {
          const read = fs.readSync(file, buffer, 0, buffer.length, null)
          if (read === 0) break
          sum.update(read === buffer.length ? buffer : buffer.subarray(0, read))
        }
        report({index, hex: sum.digest('hex')})
      } finally {
        fs.closeSync(file)
      }
    } catch (error) {
      report({index, error: error instanceof Error ? error.message : String(error)})
    }
  }
}

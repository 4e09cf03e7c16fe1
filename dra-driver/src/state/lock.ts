/** One at a time: in this process, and among all that use the same file. */
import {statSync, truncateSync} from 'node:fs'
import {DatabaseSync, type StatementSync} from 'node:sqlite'
import {setTimeout as sleep} from 'node:timers/promises'

export type Lock = {
  /**
   * Runs `work` while nobody else does; `signal` ends only the waiting.
   * @throws what `work` throws, the signal's reason, or an Error when the lock can't be had in time
   */
  hold<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** For one process alone, and for tests. */
export function queue(): Lock {
  let last: Promise<unknown> = Promise.resolve()
  return {
    hold(work) {
      const mine = last.then(work)
      last = mine.catch(() => {})
      return mine
    },
  }
}

/**
 * A lock that the kernel takes back when its holder dies, however it dies, and that works between containers.
 * Node has no file locks of its own; SQLite's are fcntl's, on a file that stays empty.
 */
export function fileLock(path: string, waitMs = 30_000): Lock {
  const inside = queue()
  let file: {database: DatabaseSync; lock: StatementSync; unlock: StatementSync; inode: number} | undefined

  const begin = (): boolean => {
    // Somebody may have removed the file: a lock on an inode without a name excludes nobody.
    if (file && inodeOf(path) !== file.inode) {
      file.database.close()
      file = undefined
    }
    if (!file) {
      const database = new DatabaseSync(path)
      try {
        // No journal beside the file; without any at all SQLite reads more at each turn.
        database.exec('PRAGMA journal_mode=MEMORY')
        const [lock, unlock] = [database.prepare('BEGIN EXCLUSIVE'), database.prepare('ROLLBACK')]
        file = {database, lock, unlock, inode: inodeOf(path)}
      } catch (error) {
        database.close()
        if (!isBusy(error)) repair(path, error)
        return false
      }
    }
    try {
      file.lock.run()
      return inodeOf(path) === file.inode
    } catch (error) {
      if (isBusy(error)) return false
      file.database.close()
      file = undefined
      repair(path, error)
      return false
    }
  }

  return {
    hold: (work, signal) =>
      inside.hold(async () => {
        const until = Date.now() + waitMs
        for (let wait = 2; !begin(); wait = Math.min(wait * 2, 100)) {
          if (Date.now() > until)
            throw new Error(`${path} has been locked by another process for ${waitMs} ms`)
          await sleep(wait, undefined, signal ? {signal} : {})
        }
        try {
          return await work()
        } finally {
          file?.unlock.run()
        }
      }),
  }
}

function inodeOf(path: string): number {
  return statSync(path, {throwIfNoEntry: false})?.ino ?? 0
}

const busy = 5
const isBusy = (error: unknown) => error instanceof Error && 'errcode' in error && error.errcode === busy

/** A lock file is empty: whatever stands in it means nothing, and may be what SQLite stumbles over. */
function repair(path: string, error: unknown): void {
  if (!statSync(path, {throwIfNoEntry: false})?.size) throw error
  truncateSync(path)
}

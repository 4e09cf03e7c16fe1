import {randomBytes} from 'node:crypto'
import {link, mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

export {cacheDir} from '#lib/cache-dir.ts'

/** A name beside `path` that says whose it is, so that a later run can clear what a dead process left. */
export async function temporaryName(path: string): Promise<string> {
  return `${path}.tmp-${(await self()).replace(':', '-')}-${randomBytes(4).toString('hex')}`
}

/** Removes the temporary names beside `path` whose processes are gone. */
export async function clearLeftovers(path: string): Promise<void> {
  const prefix = `${basename(path)}.tmp-`
  const names = await readdir(dirname(path)).catch(() => [])
  for (const name of names.filter(n => n.startsWith(prefix))) {
    const [pid, started] = name.slice(prefix.length).split('-')
    if (!(await isAlive(`${pid}:${started}`)))
      await rm(join(dirname(path), name), {recursive: true, force: true, maxRetries: 5})
  }
}

/**
 * Does `work` while no other process holds `path`. A lock names its holder's process id and start time; a
 * dead holder's lock is taken over. Two waiters might take over at once in a rare race: what is done under
 * such a lock ends in one rename of content-addressed data, so the worst is work done twice.
 * @param onWait called once with the holder's process id, when there is one to wait for
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait?: (pid: string) => void,
): Promise<T> {
  await mkdir(dirname(path), {recursive: true})
  const mine = await self()
  let told = false
  let pause = 5
  while (!(await acquire(path, mine))) {
    const holder = await readFile(path, 'utf8').catch(() => '')
    if (holder !== '' && !(await isAlive(holder))) await takeOver(path, holder, mine)
    else {
      if (!told) onWait?.(holder.split(':')[0] ?? '')
      told = true
      await sleep(pause)
      pause = Math.min(200, pause * 2)
    }
  }
  try {
    return await work()
  } finally {
    await rm(path, {force: true})
  }
}

/** The lock appears with its content in one step: a hard link to a file written before. */
async function acquire(path: string, mine: string): Promise<boolean> {
  const draft = besideLock(path, mine)
  await writeFile(draft, mine)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    // Held, or swept away by another part of this process, which knows nothing of it.
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  } finally {
    await rm(draft, {force: true})
  }
}

/** A name that `Files.sweep` knows for one of a process that may have ended. */
function besideLock(path: string, mine: string): string {
  const unique = `${mine.replace(':', '-')}-${randomBytes(4).toString('hex')}`
  return join(dirname(path), `.tmp-${unique}-${basename(path)}`)
}

async function takeOver(path: string, holder: string, mine: string): Promise<void> {
  const aside = besideLock(path, mine)
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  )
  if (moved && (await readFile(aside, 'utf8')) !== holder) await link(aside, path).catch(() => {})
  await rm(aside, {force: true})
}

/** `pid:start time`, because process ids are used again. */
async function self(): Promise<string> {
  return `${process.pid}:${await startTime(process.pid)}`
}

async function isAlive(holder: string): Promise<boolean> {
  const [pid, started] = holder.split(':')
  return (await startTime(Number(pid))) === started
}

/** Field 22 of /proc/PID/stat; the name before it may hold blanks and parentheses. */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

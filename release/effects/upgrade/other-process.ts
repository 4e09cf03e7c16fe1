import {readFile} from 'node:fs/promises'
import {hostname} from 'node:os'

/** How a process on this machine is called in locks and journals. */
export function holderHere(run: string): string {
  return `${hostname()}/${process.pid}/${run}`
}

/** The id of the process that a holder is, if it runs on this machine still and is not this one. */
export async function stillRuns(holder: string): Promise<number | undefined> {
  const [, host, text] = /^(.*)\/(\d+)\/[^/]*$/.exec(holder) ?? []
  const pid = Number(text)
  if (host !== hostname() || pid === process.pid) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined
  }
  // Numbers are used again. Where the system does not say what a process is, it is taken for what it was.
  const called = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
  return called === undefined || called.split('\0').includes('upgrade') ? pid : undefined
}

import type {ChildProcess} from 'node:child_process'

/** Milliseconds between two looks whether a group is gone. */
const beat = 50

/**
 * Asks every process of a child's group to end, and ends what has not done so after a while. What a shell began ends with it:
 * otherwise it would go on with what nobody waits for any more. A process that left the group is only no longer listened to.
 * @param child the leader, spawned `detached`
 * @param grace milliseconds from SIGTERM to SIGKILL
 */
export async function endGroup(child: ChildProcess, grace: number): Promise<void> {
  const {pid} = child
  if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return
  for (let left = grace; left > 0 && signalGroup(pid, 0); left -= beat)
    await new Promise(resolve => setTimeout(resolve, Math.min(beat, left)))
  signalGroup(pid, 'SIGKILL')
  child.stdout?.destroy()
  child.stderr?.destroy()
}

/** Ends a child's group at once when this process ends first, for which there is no time to wait. @returns takes it back */
export function endWithMe({pid}: ChildProcess): () => void {
  const end = () => pid !== undefined && signalGroup(pid, 'SIGKILL')
  process.once('exit', end)
  return () => process.off('exit', end)
}

/** @returns whether there is any process in the group */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Sockets that earlier starts of the driver left. */
import {readdirSync, rmSync} from 'node:fs'
import {connect} from 'node:net'
import {basename, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import type {Log} from '../log.ts'
import type {PluginPaths} from './paths.ts'

/** Far longer than a start takes from binding a socket to answering there. */
const makingMs = 1_000

/**
 * Removes sockets of the driver on which nobody listens: an instance that was killed could not do it. While such a
 * registration socket is there, kubelet dials it again and again. A live instance's sockets stay.
 */
export async function removeDead({folder, registry, isOurs}: PluginPaths, log: Log): Promise<void> {
  const remove = (path: string) => {
    rmSync(path, {force: true})
    log('info', "removed a dead instance's socket", {path})
  }
  const named = [
    ...socketsIn(folder).filter(path => path.endsWith('.sock')),
    ...socketsIn(registry).filter(path => isOurs(basename(path))),
  ]
  for (const path of await dead(named)) remove(path)

  const hidden = [
    ...socketsIn(folder, true),
    ...socketsIn(registry, true).filter(path => isOurs(`${basename(path).slice(1)}.sock`)),
  ]
  // Perhaps of another start, which has yet to listen there.
  const silent = await dead(hidden)
  if (silent.length === 0) return
  await sleep(makingMs)
  for (const path of await dead(silent)) remove(path)
}

/** Paths of a folder's sockets, sorted; none when there is no such folder. One with a hidden name is still being made. */
export function socketsIn(folder: string, hidden = false): string[] {
  try {
    return readdirSync(folder, {withFileTypes: true})
      .filter(entry => entry.isSocket() && entry.name.startsWith('.') === hidden)
      .map(entry => join(folder, entry.name))
      .sort()
  } catch {
    return []
  }
}

async function dead(paths: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(paths.map(isDead))
  return paths.filter((_, i) => answers[i])
}

/** Refused: the kernel knows nobody behind the name. Whatever else may be, somebody could be alive. */
async function isDead(path: string): Promise<boolean> {
  const {promise, resolve} = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.on('connect', () => resolve(false))
  socket.on('error', error => resolve('code' in error && error.code === 'ECONNREFUSED'))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

import {lstat, readdir} from 'node:fs/promises'
import {basename, join} from 'node:path'

/** The kernel's limit for the path of a Unix socket, without the NUL at its end (unix(7)). */
export const socketPathMax = 107

export const isSocket = (path: string): Promise<boolean> =>
  lstat(path).then(
    found => found.isSocket(),
    () => false,
  )

/**
 * Sockets under the registry folder as kubelet's watcher finds them: in sub-folders too, names that begin with a
 * dot left out. Sorted.
 */
export async function registrationSockets(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true}).catch(() => [])
  return entries
    .filter(entry => entry.isSocket() && !basename(entry.name).startsWith('.'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

/** Whether `path` lies in `folder` or below. */
export const isUnder = (folder: string, path: string): boolean =>
  path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)

import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {fetchDebs} from '#release/effects/toolbox/download.ts'
import {readLock, readWishes, type ToolboxLock} from '#release/effects/toolbox/lock.ts'
import {packageIndex} from '#release/effects/toolbox/packages.ts'
import {resolveToolbox} from '#release/effects/toolbox/resolve.ts'
import type {FetchOptions} from '#release/effects/toolbox/types.ts'

export const lockPath = join(import.meta.dirname, 'node.lock.yaml')
const wishesPath = join(import.meta.dirname, 'node.yaml')

export type Package = {name: string; path: string; sha256: string}

/**
 * The locked packages of a node's disk, downloaded; when the mirror has dropped one, what it has today instead.
 * @throws DiagnosticError what `fetchDeb` throws
 */
export async function nodePackages(options: FetchOptions = {}): Promise<Package[]> {
  try {
    return await download(readLock(await readFile(lockPath), lockPath), options)
  } catch (error) {
    if (!(error instanceof DiagnosticError && error.diagnostics[0]?.code === 'T003')) throw error
    options.progress?.task('packages of a node').update('the mirror has dropped one: take today’s')
    return download(await resolveToday(options), options)
  }
}

async function download({packages}: ToolboxLock, options: FetchOptions): Promise<Package[]> {
  const paths = await fetchDebs(packages, options)
  return packages.map(({name, sha256}, i) => ({name, sha256, path: paths[i] ?? ''}))
}

/** What `node.yaml` wishes, resolved against the mirror as it is now. */
export async function resolveToday(options: FetchOptions = {}): Promise<ToolboxLock> {
  const wishes = readWishes(await readFile(wishesPath), wishesPath)
  const stable = await packageIndex(wishes.suite, wishes.architecture, options)
  const newer = await packageIndex(wishes.newer.suite, wishes.architecture, options)
  return resolveToolbox(wishes, stable, newer)
}

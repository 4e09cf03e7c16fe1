import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import type {Archived, NpmArchive} from '../archive/artifact.ts'
import type {DebInput, Inputs} from '../archive/inputs.ts'
import {realFiles} from '../effects/files.ts'
import {keepNpm, npmArchive} from '../effects/npm-package.ts'
import {cacheDir} from '../effects/toolbox/cache.ts'
import {lockDigest} from '../effects/toolbox/digest.ts'
import {readLock} from '../effects/toolbox/lock.ts'
import {digestOf} from '../lib/digest.ts'
import type {Exec} from '../lib/effects.ts'
import {forEachLimited} from '../lib/limit.ts'
import {bytesSource} from '../lib/oci/descriptor.ts'
import type {Repository} from '../lib/oci/target.ts'
import type {NpmPackage} from '../plan/plan.ts'
import type {Context} from './command.ts'

/** Lock files, which are archived with what they name. */
export const lockFiles = {
  toolbox: 'testbed/toolbox/toolbox.lock.yaml',
  kernels: 'matrix/kernels.lock.yaml',
  npm: 'package-lock.json',
} as const

/** The toolbox root's packages as the checkout locks them, and the digest that plans name. */
export async function toolboxLock(
  root: string,
  {files}: Context,
): Promise<{digest: string; packages: DebInput[]}> {
  const path = join(root, lockFiles.toolbox)
  const bytes = await files.read(path)
  return {digest: lockDigest(bytes), packages: readLock(bytes, path).packages}
}

/** Whether a toolbox root stands in the cache, so that its packages are not needed. */
export function hasToolbox(digest: string, {files}: Context): Promise<boolean> {
  return files.stat(join(cacheDir(), 'toolbox', digest, 'root')).then(found => found !== undefined)
}

/**
 * Puts archived inputs where builds look first: what lies there already is not read.
 * @returns how many were taken from the archive
 */
export async function restoreInputs(
  archived: Archived | undefined,
  repository: Repository,
  inputs: Inputs,
  {exec}: Context,
): Promise<number> {
  if (!archived) return 0
  const files = realFiles({durable: false})
  let taken = 0
  await forEachLimited(inputs.debs, 4, async ({sha256, size}) => {
    const [path, blob] = [join(cacheDir(), 'debs', sha256), archived.debs.get(sha256)]
    if (!blob || (await files.stat(path))?.size === size) return
    await files.write(path, repository.readBlob(blob).open())
    taken++
  })
  for (const locked of inputs.npm) {
    const blob = archived.npm.get(locked.integrity)
    if (!blob) continue
    await keepNpm(locked, exec, async draft => {
      const path = join(draft, 'package.tgz')
      await files.write(path, repository.readBlob(blob).open())
      taken++
      return path
    })
  }
  return taken
}

/** Archives of npm's packages: from npm what is not archived, of the rest only what is known of it. */
export async function npmArchives(
  root: string,
  npm: readonly NpmPackage[],
  archived: Archived | undefined,
  repository: Repository,
  exec: Exec,
): Promise<NpmArchive[]> {
  const folder = join(cacheDir(), 'npm')
  await mkdir(folder, {recursive: true})
  const found: NpmArchive[] = []
  for (const locked of npm) {
    const there = archived?.npm.get(locked.integrity)
    if (there) found.push({...locked, blob: {descriptor: there, source: repository.readBlob(there)}})
    else {
      const bytes = await npmArchive(root, locked, exec, folder)
      const descriptor = {mediaType: 'application/gzip', digest: digestOf(bytes), size: bytes.length}
      found.push({...locked, blob: {descriptor, source: bytesSource(bytes)}})
    }
  }
  return found
}

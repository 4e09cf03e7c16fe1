import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {fetchDebs} from '#release/effects/toolbox/download.ts'
import {readLock, type ToolboxLock} from '#release/effects/toolbox/lock.ts'
import {packageIndex} from '#release/effects/toolbox/packages.ts'
import type {FetchOptions} from '#release/effects/toolbox/types.ts'

const suite = 'trixie'

/** The source, and what only its build needs: the toolbox, which everybody downloads, stays small. */
const names = ['bc', 'bison', 'flex', 'libelf-dev', 'libelf1t64', 'linux-source-6.12', 'm4']

export const lockPath = join(import.meta.dirname, 'debug-kernel.lock.yaml')

export type Package = {name: string; path: string; sha256: string}

/**
 * The locked packages, downloaded; when the mirror has dropped one, what it has today instead.
 * @throws DiagnosticError what `fetchDeb` throws
 */
export async function debugPackages(options: FetchOptions): Promise<Package[]> {
  const lock = readLock(await readFile(lockPath), lockPath)
  try {
    return await download(lock, options)
  } catch (error) {
    if (!(error instanceof DiagnosticError && error.diagnostics[0]?.code === 'T003')) throw error
    options.progress?.task('debug kernel').update('the mirror has dropped a locked package: take today’s')
    return download(await resolveToday(options), options)
  }
}

async function download({packages}: ToolboxLock, options: FetchOptions): Promise<Package[]> {
  const paths = await fetchDebs(packages, options)
  return packages.map(({name, sha256}, i) => ({name, sha256, path: paths[i] ?? ''}))
}

/** @throws DiagnosticError B540 naming a package that the suite lacks */
export async function resolveToday(options: FetchOptions = {}): Promise<ToolboxLock> {
  const index = await packageIndex(suite, 'amd64', options)
  const packages = names.map(wish => {
    // The index lists versions in their order.
    const record = index.findLast(r => r.name === wish)
    if (!record) return fail({code: 'B540', message: `${suite} has no package ${wish}`}, 3)
    const {name, version, filename, size, sha256} = record
    return {name, version, suite, filename, size, sha256}
  })
  return {apiVersion: 'lockstep/toolbox/v1', architecture: 'amd64', packages}
}

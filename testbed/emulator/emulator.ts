import {mkdir, readFile, rename, rm, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {cacheDir, clearLeftovers, temporaryName, withLock} from '#release/effects/toolbox/cache.ts'
import {fetchDeb} from '#release/effects/toolbox/download.ts'
import {readLock, type ToolboxLock} from '#release/effects/toolbox/lock.ts'
import {packageIndex} from '#release/effects/toolbox/packages.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {Deb, FetchOptions} from '#release/effects/toolbox/types.ts'

const suite = 'trixie-backports'
export const lockPath = join(import.meta.dirname, 'emulator.lock.yaml')

/**
 * What is put in front of an arm64 program's own command line; its libraries are those of the toolbox root. Fetches
 * 70 MB the first time.
 * @throws DiagnosticError what `fetchDeb` throws; B561 when the package can't be unpacked
 */
export async function arm64Emulator(options: FetchOptions = {}): Promise<string[]> {
  const [deb] = readLock(await readFile(lockPath), lockPath).packages
  const folder = deb && (await unpacked(deb, options))
  const {root} = await openToolbox(options)
  return [`${folder}/usr/bin/qemu-aarch64`, '-L', join(root, 'usr/aarch64-linux-gnu')]
}

/** The package's files, in the cache; when the mirror has dropped it, those of today's. */
async function unpacked(deb: Deb, options: FetchOptions): Promise<string> {
  const folder = join(cacheDir(), 'emulator', deb.sha256)
  await withLock(`${folder}.lock`, async () => {
    if (await stat(folder).catch(() => undefined)) return
    await mkdir(dirname(folder), {recursive: true})
    await clearLeftovers(folder)
    await unpack(await fetched(deb, options), folder)
  })
  return folder
}

async function fetched(deb: Deb, options: FetchOptions): Promise<string> {
  try {
    return await fetchDeb(deb, options)
  } catch (error) {
    if (!(error instanceof DiagnosticError && error.diagnostics[0]?.code === 'T003')) throw error
    const [today] = (await resolveToday(options)).packages
    return fetchDeb(today as Deb, options)
  }
}

/** Only the one program of the many. */
async function unpack(path: string, folder: string): Promise<void> {
  const toolbox = await openToolbox()
  const draft = await temporaryName(folder)
  await mkdir(draft)
  const script = 'dpkg-deb --fsys-tarfile /build/deb | tar -x -C /build/out ./usr/bin/qemu-aarch64'
  const result = await toolbox.run(['bash', '-c', `set -o pipefail; ${script}`], {
    binds: [
      {from: path, to: '/build/deb', readonly: true},
      {from: draft, to: '/build/out'},
    ],
  })
  if (result.code !== 0) {
    await rm(draft, {recursive: true, force: true})
    fail({code: 'B561', message: `the emulator can't be unpacked: ${result.stderr.toString().trim()}`}, 3)
  }
  await rename(draft, folder)
}

/** A lock of what the machine's Debian mirror has today. @throws DiagnosticError B561 the suite lacks it */
export async function resolveToday(options: FetchOptions = {}): Promise<ToolboxLock> {
  const index = await packageIndex(suite, 'amd64', options)
  // The index lists versions in their order.
  const record = index.findLast(one => one.name === 'qemu-user')
  if (!record) return fail({code: 'B561', message: `${suite} has no package qemu-user`}, 3)
  const {name, version, filename, size, sha256} = record
  return {
    apiVersion: 'lockstep/toolbox/v1',
    architecture: 'amd64',
    packages: [{name, version, suite, filename, size, sha256}],
  }
}

import {chmod, mkdir, readFile, rename, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {cacheDir, temporaryName} from '#release/effects/toolbox/cache.ts'
import {fetchDeb} from '#release/effects/toolbox/download.ts'
import {readLock} from '#release/effects/toolbox/lock.ts'
import {packageIndex} from '#release/effects/toolbox/packages.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {Deb, FetchOptions} from '#release/effects/toolbox/types.ts'

/** Debian packages it: the current one, and the one of the stable release, which knows other formats by default. */
export const cosignSuites = ['forky', 'trixie'] as const
export type CosignSuite = (typeof cosignSuites)[number]
export const cosignLock = join(import.meta.dirname, 'cosign.lock.yaml')

/**
 * The path of cosign's binary out of a locked Debian package; it is linked to the toolbox's C library, so it runs there.
 * When the mirror has dropped the package, what it has today instead.
 * @throws DiagnosticError what `fetchDeb` throws; B060 the package does not unpack
 */
export async function cosign(suite: CosignSuite, options: FetchOptions = {}): Promise<string> {
  const locked = readLock(await readFile(cosignLock), cosignLock).packages.find(p => p.suite === suite)
  if (!locked) return fail({code: 'B060', message: `${cosignLock} names no cosign of ${suite}`}, 3)
  try {
    return await unpacked(locked, options)
  } catch (error) {
    if (!(error instanceof DiagnosticError && error.diagnostics[0]?.code === 'T003')) throw error
    return unpacked(await cosignToday(suite, options), options)
  }
}

/** @throws DiagnosticError B060 the suite has no such package */
export async function cosignToday(suite: CosignSuite, options: FetchOptions = {}) {
  const found = (await packageIndex(suite, 'amd64', options)).findLast(r => r.name === 'cosign')
  if (!found) return fail({code: 'B060', message: `${suite} has no package cosign`}, 3)
  const {name, version, filename, size, sha256} = found
  return {name, version, suite, filename, size, sha256}
}

async function unpacked(deb: Deb, options: FetchOptions): Promise<string> {
  const path = join(cacheDir(), 'tools', `cosign-${deb.sha256.slice(0, 32)}`)
  if (await stat(path).catch(() => undefined)) return path
  await mkdir(join(cacheDir(), 'tools'), {recursive: true})
  const draft = await temporaryName(path)
  await mkdir(draft)
  const toolbox = await openToolbox(options)
  const binds = [
    {from: await fetchDeb(deb, options), to: '/build/cosign.deb', readonly: true},
    {from: draft, to: '/build/out'},
  ]
  const {code, stderr} = await toolbox.run(['dpkg-deb', '-x', '/build/cosign.deb', '/build/out'], {binds})
  if (code !== 0) fail({code: 'B060', message: `cosign's package does not unpack: ${stderr}`}, 3)
  await chmod(join(draft, 'usr/bin/cosign'), 0o755)
  await rename(join(draft, 'usr/bin/cosign'), path)
  await rm(draft, {recursive: true, force: true})
  return path
}

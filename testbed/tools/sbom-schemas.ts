import {execFileSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {mkdir, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {cacheDir, temporaryName} from '#release/effects/toolbox/cache.ts'

/** A Python package that carries the official JSON schemas of SPDX and CycloneDX as data; nothing of it is run. */
const carrier = {
  name: 'lib4sbom',
  version: '0.10.4',
  sha256: 'ba6652ac2d0ba767d48f912c762f41ab3843cf5817303082aaa2ee8a1952de04',
}

/** Whether this machine can fetch it: pip is not among the programs that the tests ask for. */
export function hasPip(): boolean {
  try {
    execFileSync('python3', ['-m', 'pip', '--version'], {stdio: 'ignore'})
    return true
  } catch {
    return false
  }
}

/** Reads `spdx/2.3-schema.json` or `cyclonedx/bom-1.6.schema.json`, and what the latter refers to. */
export async function sbomSchema(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(await unpacked(), carrier.name, 'schemas', path), 'utf8'))
}

async function unpacked(): Promise<string> {
  const {name, version, sha256} = carrier
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
    python('pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '-r', wanted, '-d', draft)
    python('zipfile', '-e', `${name}-${version}-py3-none-any.whl`, draft)
    await rename(draft, folder)
  } finally {
    await rm(draft, {recursive: true, force: true})
  }
  return folder
}

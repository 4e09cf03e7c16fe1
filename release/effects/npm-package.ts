import {createHash} from 'node:crypto'
import {mkdir, mkdtemp, readdir, readFile, rename, rm, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {Exec, Progress} from '../lib/effects.ts'
import {cacheDir, withLock} from './toolbox/cache.ts'

/** As package-lock.json names it; `integrity` is `sha512-` and base64. */
export type LockedNpm = {name: string; version: string; integrity: string}

/** npm can't fetch this package here and now; `reason` is a clause for a sentence about what needs it. */
export class PackageUnavailable extends DiagnosticError {
  readonly package: string
  readonly reason: string

  constructor({name, version}: LockedNpm, said: string) {
    const reason = `npm can't fetch ${name} ${version}: ${said}`
    const hint = 'check the network and npm’s registry, then run the command again'
    super([{code: 'E030', severity: 'error', message: reason, hint}], 3)
    this.package = name
    this.reason = reason
  }
}

/**
 * The folder of a package's files: in node_modules when npm has installed it, else from npm's registry through
 * npm's own configuration, once, into `<cache>/npm/<digest>`.
 * @param root the clone's folder
 * @throws PackageUnavailable (E030) npm can't fetch it, DiagnosticError exit 3: E031 it has other bytes than were locked
 */
export async function npmPackage(
  root: string,
  {name, version, integrity}: LockedNpm,
  {exec, progress}: {exec: Exec; progress: Progress},
): Promise<string> {
  const installed = join(root, 'node_modules', name)
  if ((await installedIntegrity(root, name)) === integrity && (await isThere(installed))) return installed
  const digest = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')
  const place = join(cacheDir(), 'npm', digest.slice(0, 64))
  const files = join(place, 'package')
  await withLock(`${place}.lock`, async () => {
    if (await isThere(files)) return
    const task = progress.task(`Fetching ${name} ${version}`)
    const draft = await draftIn(dirname(place))
    try {
      await fetchInto(draft, root, {name, version, integrity}, exec)
      await rm(place, {recursive: true, force: true})
      await rename(draft, place)
      task.done()
    } catch (error) {
      task.failed()
      throw error
    } finally {
      await rm(draft, {recursive: true, force: true})
    }
  })
  return files
}

async function fetchInto(draft: string, root: string, locked: LockedNpm, exec: Exec): Promise<void> {
  const {name, version, integrity} = locked
  const fetched = await exec
    .run(['npm', 'pack', `${name}@${version}`, '--pack-destination', draft], {
      cwd: root,
      timeout: 10 * 60_000,
    })
    .catch(error => {
      if (!(error instanceof DiagnosticError)) throw error
      throw new PackageUnavailable(locked, error.diagnostics[0]?.message ?? 'npm did not run')
    })
  const [file] = (await readdir(draft)).filter(one => one.endsWith('.tgz'))
  if (fetched.code !== 0 || file === undefined)
    throw new PackageUnavailable(locked, lastLine(fetched.stderr.toString()))
  const archive = join(draft, file)
  const found = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`
  if (found !== integrity)
    fail(
      {
        code: 'E031',
        message: `${name} ${version} has other bytes than package-lock.json says: ${found}`,
        expected: integrity,
        hint: 'look where npm’s registry points to; do not go on with these bytes',
      },
      3,
    )
  const unpacked = await exec.run(['tar', '-xzf', archive, '-C', draft, '--no-same-owner'])
  if (unpacked.code !== 0)
    fail({code: 'E030', message: `${file} can't be unpacked: ${lastLine(unpacked.stderr.toString())}`}, 3)
  await rm(archive)
}

/** What npm says that it has installed; it writes this file last. */
async function installedIntegrity(root: string, name: string): Promise<string | undefined> {
  try {
    const lock = JSON.parse(await readFile(join(root, 'node_modules/.package-lock.json'), 'utf8'))
    return lock.packages[`node_modules/${name}`]?.integrity
  } catch {
    return undefined
  }
}

async function draftIn(folder: string): Promise<string> {
  await mkdir(folder, {recursive: true})
  return mkdtemp(join(folder, '.tmp-'))
}

const isThere = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined

function lastLine(text: string): string {
  const lines = text.split('\n').filter(line => line.trim() !== '' && !/A complete log|npm warn/.test(line))
  return lines.at(-1)?.trim() ?? 'it said nothing'
}

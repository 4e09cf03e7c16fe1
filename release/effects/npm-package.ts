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
  locked: LockedNpm,
  {exec, progress}: {exec: Exec; progress: Progress},
): Promise<string> {
  const installed = join(root, 'node_modules', locked.name)
  if ((await installedIntegrity(root, locked.name)) === locked.integrity && (await isThere(installed)))
    return installed
  return keepNpm(locked, exec, async draft => {
    const task = progress.task(`Fetching ${locked.name} ${locked.version}`)
    try {
      const archive = await fetchArchive(draft, root, locked, exec)
      task.done()
      return archive
    } catch (error) {
      task.failed()
      throw error
    }
  })
}

/**
 * Puts a package into `<cache>/npm/<digest>`, unless it is there, and answers the folder of its files.
 * @param bring writes the package's archive into a folder and answers its path
 * @throws DiagnosticError exit 3: E030 it can't be unpacked, E031 it has other bytes than were locked
 */
export async function keepNpm(
  locked: LockedNpm,
  exec: Exec,
  bring: (draft: string) => Promise<string>,
): Promise<string> {
  const digest = Buffer.from(locked.integrity.replace(/^sha512-/, ''), 'base64').toString('hex')
  const place = join(cacheDir(), 'npm', digest.slice(0, 64))
  const files = join(place, 'package')
  await withLock(`${place}.lock`, async () => {
    if (await isThere(files)) return
    const draft = await draftIn(dirname(place))
    try {
      await unpackInto(draft, await bring(draft), locked, exec)
      await rm(place, {recursive: true, force: true})
      await rename(draft, place)
    } finally {
      await rm(draft, {recursive: true, force: true})
    }
  })
  return files
}

/**
 * A package's archive as npm gives it, its bytes compared with the lock.
 * @param folder where it is written
 * @throws PackageUnavailable (E030) npm can't fetch it, DiagnosticError exit 3: E031 it has other bytes than were locked
 */
export async function npmArchive(
  root: string,
  locked: LockedNpm,
  exec: Exec,
  folder: string,
): Promise<Buffer> {
  const draft = await draftIn(folder)
  try {
    return await checked(await fetchArchive(draft, root, locked, exec), locked)
  } finally {
    await rm(draft, {recursive: true, force: true})
  }
}

async function fetchArchive(draft: string, root: string, locked: LockedNpm, exec: Exec): Promise<string> {
  const {name, version} = locked
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
  return join(draft, file)
}

async function unpackInto(draft: string, archive: string, locked: LockedNpm, exec: Exec): Promise<void> {
  await checked(archive, locked)
  const unpacked = await exec.run(['tar', '-xzf', archive, '-C', draft, '--no-same-owner'])
  if (unpacked.code !== 0)
    fail(
      {code: 'E030', message: `${locked.name} can't be unpacked: ${lastLine(unpacked.stderr.toString())}`},
      3,
    )
  await rm(archive)
}

async function checked(archive: string, {name, version, integrity}: LockedNpm): Promise<Buffer> {
  const bytes = await readFile(archive)
  const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
  if (found === integrity) return bytes
  fail(
    {
      code: 'E031',
      message: `${name} ${version} has other bytes than package-lock.json says: ${found}`,
      expected: integrity,
      hint: 'look where npm’s registry points to; do not go on with these bytes',
    },
    3,
  )
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

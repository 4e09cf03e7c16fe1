import {execFile, spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {access, mkdir, readFile, rename, stat, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {fail} from '#lib/diagnostics.ts'
import {cacheDir, temporaryName} from './cache.ts'
import {fetchBytes} from './download.ts'
import {mirrorFor} from './mirror.ts'
import type {FetchOptions, PackageRecord} from './types.ts'

const freshFor = 60 * 60 * 1000
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * Every package of one suite (component main) for one architecture, in the index's order, `all` included.
 * The Release file's signature is checked when gpgv and Debian's keyring are at hand, the index by the
 * Release file's sha256. An answer is kept for an hour unless `refresh` is set.
 * @throws DiagnosticError exit 3: T001 no mirror known, T002 not reachable, T003 no such suite there,
 *   T005 bad signature, T006 index and Release file disagree
 */
export async function packageIndex(
  suite: string,
  arch: 'amd64' | 'arm64',
  options: FetchOptions = {},
): Promise<PackageRecord[]> {
  const task = options.progress?.task(`package index of ${suite} ${arch}`)
  try {
    const index = await indexBytes(suite, arch, options)
    const records = parsePackages(await unxz(index), suite)
    task?.done(`${records.length} packages`)
    return records
  } catch (error) {
    task?.failed()
    throw error
  }
}

async function indexBytes(suite: string, arch: string, options: FetchOptions): Promise<Buffer> {
  const base = `${await mirrorFor(suite)}/dists/${suite}`
  const release = await releaseText(suite, base, options)
  const name = `main/binary-${arch}/Packages.xz`
  const wanted = releaseDigest(release, name) ?? indexMismatch(suite, `it does not list ${name}`)
  const path = join(cacheDir(), 'indices', wanted)
  const cached = await readFile(path).catch(() => undefined)
  if (cached) return cached
  const bytes = await fetchBytes(`${base}/${name}`, options.signal)
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== wanted) indexMismatch(suite, `${name} has sha256 ${found}, not ${wanted}`)
  await store(path, bytes)
  return bytes
}

async function releaseText(suite: string, base: string, options: FetchOptions): Promise<string> {
  const id = createHash('sha256').update(base).digest('hex').slice(0, 16)
  const path = join(cacheDir(), 'indices', `${suite.replace('/', '_')}-${id}.InRelease`)
  const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0)
  if (!options.refresh && age < freshFor) return readFile(path, 'utf8')
  const bytes = await fetchBytes(`${base}/InRelease`, options.signal)
  const draft = await temporaryName(path)
  await mkdir(dirname(path), {recursive: true})
  await writeFile(draft, bytes)
  await verifySignature(draft, suite)
  await rename(draft, path)
  return bytes.toString('utf8')
}

/** Locks pin every file by sha256: the signature matters when a lock is made, and there only. */
async function verifySignature(path: string, suite: string): Promise<void> {
  const run = promisify(execFile)
  const ready = await Promise.all([access(keyring), run('gpgv', ['--version'])]).catch(() => undefined)
  if (!ready) return
  await run('gpgv', ['--keyring', keyring, path]).catch(error => {
    const text = String(error.stderr ?? error)
    // An older host's keyring may not know a newer suite's key yet: that is no forgery.
    if (/No public key/.test(text) && !/BAD signature/.test(text)) return
    fail({code: 'T005', message: `the Release file of ${suite} has no good signature: ${text.trim()}`}, 3)
  })
}

/** The sha256 that a Release file's `SHA256:` section gives for one of its files. */
export function releaseDigest(release: string, name: string): string | undefined {
  const section = release.slice(release.indexOf('\nSHA256:'))
  const line = section.split('\n').find(l => l.endsWith(` ${name}`))
  return line?.trim().split(/\s+/)[0]
}

function indexMismatch(suite: string, what: string): never {
  fail(
    {
      code: 'T006',
      message: `the Release file of ${suite} and the mirror's index disagree: ${what}`,
      hint: 'the mirror may be in the middle of an update: try again in some minutes',
    },
    3,
  )
}

/** Node has no xz of its own, and backports offer nothing else. */
async function unxz(bytes: Uint8Array): Promise<string> {
  const child = spawn('xz', ['-dc'], {stdio: ['pipe', 'pipe', 'inherit']})
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => (code === 0 ? resolve() : reject(new Error(`xz ended with ${code}`))))
  })
  ended.catch(() => {})
  child.stdin.on('error', () => {})
  child.stdin.end(bytes)
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout) chunks.push(chunk)
  await ended.catch(error =>
    fail(
      {
        code: 'T007',
        message: `the package index can't be unpacked: ${error.message}`,
        hint: 'install xz-utils',
      },
      3,
    ),
  )
  return Buffer.concat(chunks).toString('utf8')
}

/** Reads the stanzas of a `Packages` file (deb822); stanzas without a file name are left out. */
export function parsePackages(text: string, suite: string): PackageRecord[] {
  const records: PackageRecord[] = []
  for (const stanza of text.split('\n\n')) {
    const field = fieldReader(stanza)
    const filename = field('Filename')
    if (!filename) continue
    const [name, version] = [field('Package'), field('Version')]
    const [, source, sourceVersion] = /^(\S+)(?: \((.+)\))?$/.exec(field('Source')) ?? []
    records.push({
      name,
      version,
      architecture: field('Architecture'),
      source: source ?? name,
      sourceVersion: sourceVersion ?? version,
      filename,
      size: Number(field('Size')),
      sha256: field('SHA256'),
      suite,
      depends: field('Depends'),
      preDepends: field('Pre-Depends'),
      provides: field('Provides'),
    })
  }
  return records
}

/** Single-line fields only: searching beats splitting, an index has a million lines. */
function fieldReader(stanza: string): (name: string) => string {
  const text = `\n${stanza}\n`
  return name => {
    const at = text.indexOf(`\n${name}: `)
    if (at < 0) return ''
    const from = at + name.length + 3
    return text.slice(from, text.indexOf('\n', from))
  }
}

async function store(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), {recursive: true})
  const draft = await temporaryName(path)
  await writeFile(draft, bytes)
  await rename(draft, path)
}

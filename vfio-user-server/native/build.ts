/**
 * Builds the addon for this machine, with its own C compiler and the pinned Node's own headers, so nothing is fetched;
 * the result lies in the cache under its sources' digest.
 */
import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {cp, mkdir, mkdtemp, readdir, rename, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {cacheDir} from '#lib/cache-dir.ts'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {hostCommand} from './compile.ts'
import type {AddonName} from './load.ts'

const here = import.meta.dirname
const modules = join(here, '../../node_modules')
const isSource = (name: string) => /\.[ch]$|^binding\.gyp$/.test(name)

/** Names the sources, the flags and what Node they are built for. */
export function addonDigest(): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.version}\0`)
  for (const name of readdirSync(here).filter(isSource).sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(here, name)))
      .update('\0')
  return hash.digest('hex').slice(0, 32)
}

const folder = () => join(cacheDir(), 'addon', addonDigest())

/** Where the addon of these sources is, when it has been built. */
export function builtAddon(name: AddonName): string | undefined {
  const path = join(folder(), `${name}.node`)
  return existsSync(path) ? path : undefined
}

/**
 * Builds what is not in the cache yet (about 3 s).
 * @returns the addon's path
 * @throws DiagnosticError U101, exit 3, when the compiler is missing or refuses
 */
export async function ensureAddon(name: AddonName = 'mock_accel'): Promise<string> {
  const there = builtAddon(name)
  if (there) return there
  // Built elsewhere and moved in whole: two at once do the same work, and either result is good.
  const draft = await mkdtemp(join(tmpdir(), 'addon-'))
  try {
    for (const target of ['mock_accel', 'peer'] as const) await compile(target, draft)
    await moveIn(draft)
  } finally {
    await rm(draft, {recursive: true, force: true})
  }
  return builtAddon(name) ?? fail({code: 'U101', message: `the build left no ${name}.node`}, 3)
}

async function compile(target: AddonName, output: string): Promise<void> {
  const headers = join(modules, `node-linux-${process.arch}`, 'include/node')
  const [compiler = '', ...args] = hostCommand(target, {
    sources: here,
    headers,
    output: join(output, `${target}.node`),
  })
  try {
    await promisify(execFile)(compiler, args, {maxBuffer: 16 * 1024 * 1024})
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new DiagnosticError(
      [
        {
          code: 'U101',
          severity: 'error',
          message: `the addon does not compile with ${compiler}: ${words.split('\n').slice(-30).join('\n')}`,
          hint: 'a C compiler with the C library’s headers is needed: apt-get install gcc libc6-dev',
        },
      ],
      3,
      {cause: error},
    )
  }
}

async function moveIn(built: string): Promise<void> {
  const target = folder()
  await mkdir(dirname(target), {recursive: true})
  const draft = await mkdtemp(`${target}.`)
  for (const file of (await readdir(built)).filter(name => name.endsWith('.node')))
    await cp(join(built, file), join(draft, file))
  try {
    await rename(draft, target)
  } catch (error) {
    await rm(draft, {recursive: true, force: true})
    if (!existsSync(target)) throw error
  }
}

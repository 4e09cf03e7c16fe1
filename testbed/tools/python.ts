import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, readFile, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {fail} from '#lib/diagnostics.ts'
import {cacheDir, temporaryName, withLock} from '#release/effects/toolbox/cache.ts'

const run = promisify(execFile)

/** Programs made of Python packages; each has a lock of its own in `python/`, with every package's digests. */
export type PythonSet = 'mlflow-2.9.2' | 'mlflow-3.17.2' | 'postgres' | 'aws'

/**
 * The folder with the packages of a lock, for PYTHONPATH; its `bin` has their programs. pip takes them from where this
 * machine's configuration says, refuses other bytes than the locked ones, and builds nothing.
 * @throws DiagnosticError exit 3: B562 there is no python3 with pip, or a package cannot be had for it
 */
export async function pythonPackages(name: PythonSet): Promise<string> {
  const lock = join(import.meta.dirname, 'python', `${name}.txt`)
  const python = await versionOfPython()
  const digest = createHash('sha256')
    .update(python)
    .update(await readFile(lock))
    .digest('hex')
    .slice(0, 32)
  const folder = join(cacheDir(), 'tools', `python-${name}-${digest}`)
  if (existsSync(folder)) return folder
  await mkdir(join(cacheDir(), 'tools'), {recursive: true})
  await withLock(`${folder}.lock`, async () => {
    if (!existsSync(folder)) await install(name, lock, folder)
  })
  return folder
}

async function install(name: PythonSet, lock: string, folder: string): Promise<void> {
  const draft = await temporaryName(folder)
  const only = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--no-compile', '--no-cache-dir']
  try {
    await run('python3', ['-m', 'pip', 'install', '--quiet', ...only, '--target', draft, '-r', lock])
    await rename(draft, folder)
  } catch (error) {
    refuse(`the Python packages of ${name} cannot be had`, error)
  } finally {
    await rm(draft, {recursive: true, force: true})
  }
}

/** Wheels are made for one minor of Python. */
async function versionOfPython(): Promise<string> {
  try {
    const {stdout} = await run('python3', ['-m', 'pip', '--version'])
    return /\(.*\)/.exec(stdout)?.[0] ?? stdout
  } catch (error) {
    return refuse('there is no python3 with pip', error)
  }
}

function refuse(message: string, error: unknown): never {
  const {stderr = ''} = error as {stderr?: string}
  const lines = stderr.trim().split('\n')
  const reason = lines.findLast(line => line.startsWith('ERROR:')) ?? lines.at(-1) ?? ''
  return fail(
    {
      code: 'B562',
      message: `${message}: ${reason || String(error)}`,
      hint: 'Python 3.10 to 3.12 have all of them',
    },
    3,
  )
}

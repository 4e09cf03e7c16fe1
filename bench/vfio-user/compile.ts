import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, readFileSync} from 'node:fs'
import {mkdir, rename} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {cacheDir} from '#lib/cache-dir.ts'

/**
 * Compiles one of this folder's programs with the machine's own compiler, once for each change of it.
 * @returns its path
 * @throws Error when there is no compiler or it refuses
 */
export async function compile(name: 'server' | 'client'): Promise<string> {
  const source = join(import.meta.dirname, `${name}.c`)
  const hash = createHash('sha256')
  for (const file of [source, join(import.meta.dirname, 'wire.h')]) hash.update(readFileSync(file))
  const folder = join(cacheDir(), 'bench')
  const path = join(folder, `${name}-${hash.digest('hex').slice(0, 32)}`)
  if (existsSync(path)) return path
  await mkdir(folder, {recursive: true})
  const draft = `${path}.${process.pid}`
  const flags = ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-Werror']
  try {
    await promisify(execFile)('cc', [...flags, '-o', draft, source])
  } catch (error) {
    throw new Error(`${name}.c does not compile: is there a C compiler (apt-get install gcc libc6-dev)?`, {
      cause: error,
    })
  }
  await rename(draft, path)
  return path
}

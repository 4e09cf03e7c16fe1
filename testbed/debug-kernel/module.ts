import {createHash} from 'node:crypto'
import {glob, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {cacheDir, temporaryName} from '#release/effects/toolbox/cache.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {ToolboxResult} from '#release/effects/toolbox/types.ts'
import {type DebugKernel, treePlace} from './kernel.ts'

const driver = join(import.meta.dirname, '../../kernel-driver')
const place = '/build/mock-accel'

/** Paths of the driver's own C files and headers, below its folder. */
export async function driverSources(): Promise<string[]> {
  const paths = []
  for await (const path of glob(['*.[ch]', 'include/**/*.h'], {cwd: driver})) paths.push(path)
  return paths.sort()
}

/**
 * The module of this checkout for the debug kernel, with its KUnit tests in it.
 * @returns its path on the host, and what the compiler said, which should be nothing
 * @throws DiagnosticError B542 with the compiler's words when it does not compile
 */
export async function debugModule(kernel: DebugKernel): Promise<{path: string; warnings: string}> {
  const hash = createHash('sha256').update(kernel.digest)
  const files = ['Kbuild', 'version.mk', ...(await driverSources())]
  for (const file of files) hash.update(file).update(await readFile(join(driver, file)))
  const path = join(cacheDir(), 'guest-modules', `debug-${hash.digest('hex')}`, 'mock-accel.ko')
  const told = `${path}.warnings`
  if (await stat(path).catch(() => undefined)) return {path, warnings: await readFile(told, 'utf8')}
  await mkdir(dirname(path), {recursive: true})
  return inCopy(files, async folder => {
    const result = await make(kernel, folder, ['W=1', 'CONFIG_MOCK_ACCEL_KUNIT_TEST=y', 'modules'])
    const warnings = result.stderr.toString()
    if (result.code !== 0) fail({code: 'B542', message: `the module does not compile:\n${warnings}`})
    const draft = await temporaryName(path)
    await writeFile(told, warnings)
    await writeFile(draft, await readFile(join(folder, 'mock-accel.ko')))
    await rename(draft, path)
    return {path, warnings}
  })
}

/** What sparse says of the module, its KUnit tests included: `file:line:col: warning: …`, or nothing. */
export async function sparse(kernel: DebugKernel): Promise<string> {
  return inCopy(['Kbuild', 'version.mk', ...(await driverSources())], async folder => {
    const result = await make(kernel, folder, ['C=2', 'CONFIG_MOCK_ACCEL_KUNIT_TEST=y', 'modules'])
    if (result.code !== 0) fail({code: 'B542', message: `sparse does not run:\n${result.stderr}`})
    return result.stderr.toString()
  })
}

/** What `checkpatch.pl --strict` says of files below the driver's folder; nothing when all is well. */
export async function checkpatch(kernel: DebugKernel, files: readonly string[]): Promise<string> {
  const toolbox = await openToolbox()
  const options = ['--strict', '--no-tree', '--no-summary', '--terse', '--show-types', '-f']
  const script = `${treePlace}/scripts/checkpatch.pl`
  const result = await toolbox.run(['perl', script, ...options, ...files], {
    cwd: place,
    binds: [
      {from: kernel.tree, to: treePlace, readonly: true},
      {from: driver, to: place, readonly: true},
    ],
  })
  return `${result.stdout}${result.stderr}`.trim()
}

async function make(kernel: DebugKernel, folder: string, words: readonly string[]): Promise<ToolboxResult> {
  const toolbox = await openToolbox()
  const command = ['make', '-s', '-C', treePlace, 'ARCH=x86_64', `M=${place}`, 'MOCK_ACCEL_VERSION=0.0.0']
  return toolbox.run([...command, ...words], {
    binds: [
      {from: kernel.tree, to: treePlace, readonly: true},
      {from: folder, to: place},
    ],
  })
}

/** The kernel's build writes beside the sources: it gets a copy. */
async function inCopy<T>(files: readonly string[], work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'debug-module-'))
  try {
    for (const file of files) {
      await mkdir(dirname(join(folder, file)), {recursive: true})
      await writeFile(join(folder, file), await readFile(join(driver, file)))
    }
    return await work(folder)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

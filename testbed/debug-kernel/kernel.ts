import {createHash} from 'node:crypto'
import {mkdir, readFile, rename, rm, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {cacheDir, clearLeftovers, temporaryName, withLock} from '#release/effects/toolbox/cache.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {FetchOptions} from '#release/effects/toolbox/types.ts'
import {debugPackages, type Package} from './packages.ts'

export type DebugKernel = {
  /** `uname -r`. */
  release: string
  /** The kernel image on the host. */
  image: string
  /** Its source as far as builds of modules need it; they must see it at `treePlace`. */
  tree: string
  /** Changes with everything that the kernel is made of. */
  digest: string
}

/** Where the kernel was built in the toolbox root: its own build files name this place. */
export const treePlace = '/build/linux'

const inputs = ['kernel.config', 'build.sh'].map(name => join(import.meta.dirname, name))

/**
 * The kernel that watches, from the cache when it was built of the same before; else it takes some minutes.
 * @throws DiagnosticError B541 with the compiler's last words; what `debugPackages` throws
 */
export async function debugKernel(options: FetchOptions = {}): Promise<DebugKernel> {
  const toolbox = await openToolbox(options)
  const packages = await debugPackages(options)
  const hash = createHash('sha256').update(toolbox.digest)
  for (const {sha256} of packages) hash.update(sha256)
  for (const path of inputs) hash.update(await readFile(path))
  const digest = hash.digest('hex')
  const folder = join(cacheDir(), 'debug-kernels', digest)
  await withLock(`${folder}.lock`, async () => {
    if (await stat(folder).catch(() => undefined)) return
    await mkdir(dirname(folder), {recursive: true})
    await clearLeftovers(folder)
    await build(folder, packages, options)
  })
  const release = (await readFile(join(folder, 'release'), 'utf8')).trim()
  return {release, image: join(folder, 'vmlinuz'), tree: join(folder, 'tree'), digest}
}

/** What it starts ends with it: make's children would go on for minutes when somebody presses Ctrl-C. */
const withChildren = ['unshare', '--pid', '--fork', '--kill-child']

async function build(folder: string, packages: readonly Package[], options: FetchOptions): Promise<void> {
  const toolbox = await openToolbox(options)
  const task = options.progress?.task('build the debug kernel')
  const draft = await temporaryName(folder)
  await mkdir(join(draft, 'tree'), {recursive: true})
  const result = await toolbox.run([...withChildren, 'sh', '/build/build.sh'], {
    binds: [
      ...packages.map(({name, path}) => ({from: path, to: `/build/debs/${name}`, readonly: true})),
      ...inputs.map(path => ({from: path, to: `/build/${path.split('/').pop()}`, readonly: true})),
      {from: draft, to: '/build/out'},
    ],
  })
  if (result.code === 0) {
    await rename(draft, folder)
    task?.done()
    return
  }
  task?.failed()
  await rm(draft, {recursive: true, force: true})
  const words = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-20).join('\n')
  fail({code: 'B541', message: `the debug kernel does not build:\n${words}`}, 3)
}

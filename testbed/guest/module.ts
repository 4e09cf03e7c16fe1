import {readFileSync} from 'node:fs'
import {glob, mkdir, readFile, rename, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {buildModule} from '#release/build/builders/module.ts'
import type {BuildContext} from '#release/build/context.ts'
import {Store} from '#release/build/store.ts'
import {realFiles} from '#release/effects/files.ts'
import {silentProgress} from '#release/effects/progress.ts'
import {cacheDir, temporaryName} from '#release/effects/toolbox/cache.ts'
import {fetchDeb} from '#release/effects/toolbox/download.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {readLock} from '#release/kernels/lock.ts'
import {lockPath} from '#release/kernels/lock-lines.ts'
import type {LockedKernel} from '#release/kernels/lock-schema.ts'
import {digestOf} from '#release/plan/digest.ts'
import type {Artifact, ReleasePlan} from '#release/plan/plan.ts'
import {type GuestKernel, guestKernel} from './kernel.ts'

export type LineKernel = {line: string; kernel: LockedKernel}

/** The newest kernel of each line of the committed lock. */
export function newestKernels(): LineKernel[] {
  return Object.entries(readLock(readFileSync(lockPath), lockPath).value?.lines ?? {}).flatMap(
    ([line, [kernel]]) => (kernel ? [{line, kernel}] : []),
  )
}

/** @throws DiagnosticError B517 when the lock has no such line */
export function lineKernel(line: string): LineKernel {
  const kernels = newestKernels()
  const found = kernels.find(k => k.line === line)
  if (found) return found
  return fail({
    code: 'B517',
    message: `no kernel line ${line}`,
    expected: kernels.map(k => k.line).join(', '),
  })
}

/** The kernel's image, ready to boot. @throws DiagnosticError as `guestKernel`, and B513 without an image package */
export async function imageOf({kernel}: LineKernel): Promise<GuestKernel> {
  const image = kernel.packages.find(p => p.role === 'image')
  return guestKernel(image ?? fail({code: 'B513', message: `${kernel.kernel} has no image package`}))
}

/** What a build of the module in this checkout calls itself. */
export const moduleVersion = '0.0.0-checkout'

/**
 * The module of this checkout for a kernel, as a release builds it; from the cache when it was built of the same
 * sources before. Answers the path of `mock-accel.ko`.
 * @throws DiagnosticError B531 with the compiler's words when it does not compile
 */
export async function moduleFor({line, kernel}: LineKernel): Promise<string> {
  const toolbox = await openToolbox()
  const sources: {path: string; data: Buffer}[] = []
  for await (const path of glob(['Kbuild', 'version.mk', '*.[ch]', 'include/**/*.h'], {cwd: 'kernel-driver'}))
    sources.push({path: `kernel-driver/${path}`, data: await readFile(join('kernel-driver', path))})
  sources.sort((a, b) => (a.path < b.path ? -1 : 1))
  const inputs = sources.map(s => [s.path, s.data.toString('base64')])
  const digest = digestOf({kernel, inputs, toolbox: toolbox.digest, version: moduleVersion})
  const path = join(cacheDir(), 'guest-modules', digest, 'mock-accel.ko')
  if (await stat(path).catch(() => undefined)) return path
  await mkdir(join(path, '..'), {recursive: true})
  const draft = await temporaryName(path)
  await writeFile(
    draft,
    await build(
      {line, kernel},
      sources.map(s => s.path),
    ),
  )
  await rename(draft, path)
  return path
}

async function build({line, kernel: locked}: LineKernel, paths: readonly string[]): Promise<Buffer> {
  const {kernel, arch, compiler, packages} = locked
  const files = realFiles({durable: false})
  const context: BuildContext = {
    plan: {epoch: 1_700_000_000} as ReleasePlan,
    store: new Store(files, join(cacheDir(), 'store')),
    files,
    cache: cacheDir(),
    toolbox: () => openToolbox(),
    fetchDeb,
    npmPackage: () => Promise.reject(new Error('a module needs no npm package')),
    readTree: file => readFile(file.path),
    progress: silentProgress,
  }
  const output = await buildModule(
    {
      ...{kind: 'module', module: 'mock-accel', version: moduleVersion},
      ...{kernel, line, arch, compiler, root: 'kernel-driver'},
      packages: packages.filter(p => ['headers', 'common', 'kbuild'].includes(p.role)),
      sources: paths.map(path => ({path, mode: '0644', digest: '0'.repeat(64)})),
    },
    [],
    {} as Artifact,
    context,
  )
  const made = output.files['mock-accel.ko']
  const module = made && (await context.store.get(made))
  return module ?? fail({code: 'B518', message: `nothing was built for ${kernel}`})
}

import {mkdir, readdir, rename, rm, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {cacheDir, clearLeftovers, temporaryName, withLock} from '#release/effects/toolbox/cache.ts'
import {fetchDeb} from '#release/effects/toolbox/download.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {Deb, FetchOptions} from '#release/effects/toolbox/types.ts'

/** A distribution kernel ready to boot. */
export type GuestKernel = {
  /** `uname -r`. */
  release: string
  /** `vmlinuz` on the host. */
  image: string
  /** The folder with the release's modules (`kernel/…/*.ko.xz`) on the host. */
  modules: string
}

/**
 * Unpacks a `linux-image-…` package into the cache.
 * @throws DiagnosticError what `fetchDeb` throws; B513 when the package holds no kernel
 */
export async function guestKernel(deb: Deb, options: FetchOptions = {}): Promise<GuestKernel> {
  const folder = join(cacheDir(), 'kernels', deb.sha256)
  await withLock(`${folder}.lock`, async () => {
    if (await stat(folder).catch(() => undefined)) return
    await mkdir(dirname(folder), {recursive: true})
    await clearLeftovers(folder)
    await unpack(await fetchDeb(deb, options), folder, deb)
  })
  const kernel = await findImage(folder)
  if (!kernel) return fail({code: 'B513', message: `${deb.filename} holds no kernel image`})
  return {...kernel, modules: join(folder, 'usr/lib/modules', kernel.release)}
}

/** In /boot with the release in its name; since 7.x beside the modules, whose folder is named so. */
async function findImage(folder: string): Promise<Pick<GuestKernel, 'release' | 'image'> | undefined> {
  const names = (path: string) => readdir(join(folder, path)).catch((): string[] => [])
  const image = (await names('boot')).find(name => name.startsWith('vmlinuz-'))
  if (image) return {release: image.slice('vmlinuz-'.length), image: join(folder, 'boot', image)}
  for (const release of await names('usr/lib/modules'))
    if ((await names(`usr/lib/modules/${release}`)).includes('vmlinuz'))
      return {release, image: join(folder, 'usr/lib/modules', release, 'vmlinuz')}
  return undefined
}

async function unpack(path: string, folder: string, deb: Deb): Promise<void> {
  const toolbox = await openToolbox()
  const draft = await temporaryName(folder)
  await mkdir(draft)
  const result = await toolbox.run(['dpkg-deb', '-x', '/build/deb', '/build/out'], {
    binds: [
      {from: path, to: '/build/deb', readonly: true},
      {from: draft, to: '/build/out'},
    ],
  })
  if (result.code !== 0) {
    await rm(draft, {recursive: true, force: true})
    fail({code: 'B513', message: `${deb.filename} can't be unpacked: ${result.stderr.toString().trim()}`}, 3)
  }
  await rename(draft, folder)
}

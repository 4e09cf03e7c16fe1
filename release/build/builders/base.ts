import {fail} from '#lib/diagnostics.ts'
import type {TarEntry} from '../../lib/tar.ts'
import {untar} from '../../lib/untar.ts'
import {type Builder, debOf} from '../context.ts'
import {keepLayer} from '../layers.ts'

/** What KMM's init container runs in a kmod image: `/bin/sh -c "mkdir -p …; cp -R …"`. */
const applets = ['sh', 'mkdir', 'cp', 'ls', 'cat', 'rm']

/**
 * The layer under every kmod image, of one static binary, the same for all kernels of an architecture, so that nodes
 * and registries hold it once.
 */
export const buildBase: Builder<'base'> = async (recipe, _needed, _artifact, context) => {
  const deb = await debOf(context, recipe.package)
  const toolbox = await context.toolbox()
  const unpacked = await toolbox.run(['dpkg-deb', '--fsys-tarfile', '/build/package.deb'], {
    binds: [{from: deb, to: '/build/package.deb', readonly: true}],
  })
  const found = new Map(
    [...untar(unpacked.stdout)].flatMap(e =>
      e.type === 'file' ? [[e.path.replace(/^\.\//, ''), e.data]] : [],
    ),
  )
  const pick = (...paths: string[]): Uint8Array => {
    const data = paths.map(p => found.get(p)).find(d => d !== undefined)
    if (data) return data
    fail({
      code: 'B020',
      message: `${recipe.package.name} ${recipe.package.version} holds no ${paths.join(' or ')}`,
    })
  }
  const licence = 'usr/share/doc/busybox-static/copyright'
  const entries: TarEntry[] = [
    {type: 'file', path: 'bin/busybox', data: pick('usr/bin/busybox', 'bin/busybox'), mode: 0o755},
    ...applets.map((name): TarEntry => ({type: 'symlink', path: `bin/${name}`, linkname: 'busybox'})),
    {type: 'dir', path: 'tmp'},
    {type: 'file', path: licence, data: pick(licence)},
  ]
  return keepLayer(entries, context)
}

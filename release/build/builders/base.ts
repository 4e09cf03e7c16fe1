import {fail} from '#lib/diagnostics.ts'
import {collect} from '../../lib/bytes.ts'
import {packLayer} from '../../lib/oci/image.ts'
import {type TarEntry, tar} from '../../lib/tar.ts'
import {untar} from '../../lib/untar.ts'
import {type Builder, debOf} from '../context.ts'

/** What KMM's init container runs in a kmod image: `/bin/sh -c "mkdir -p …; cp -R …"`. */
const applets = ['sh', 'mkdir', 'cp', 'ls', 'cat', 'rm']

/**
 * The layer under every kmod image, of one static binary: files `layer.tar` and `layer.tar.gz`, the same for all
 * kernels of an architecture, so that nodes and registries hold it once.
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
    {type: 'dir', path: 'bin'},
    {type: 'file', path: 'bin/busybox', data: pick('usr/bin/busybox', 'bin/busybox'), mode: 0o755},
    ...applets.map((name): TarEntry => ({type: 'symlink', path: `bin/${name}`, linkname: 'busybox'})),
    {type: 'dir', path: 'tmp'},
    {type: 'file', path: licence, data: pick(licence)},
  ]
  const options = {mtime: context.plan.epoch}
  const layer = await packLayer(entries, options)
  return {
    files: {
      'layer.tar': await context.store.put(tar(entries, options)),
      'layer.tar.gz': await context.store.put(await collect(layer.source.open())),
    },
  }
}

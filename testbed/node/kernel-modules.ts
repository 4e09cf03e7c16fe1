import {glob} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {GuestKernel} from '../guest/kernel.ts'

/** What a node needs; what of it a kernel has built in, or has not at all, has no file. */
const wanted = ['virtio_pci', 'virtio_blk', 'virtio_net', 'ext4', 'overlay', 'veth']

/**
 * Paths of the modules that a node loads, each after those that it needs. Kernel packages bring no modules.dep, so the
 * modules themselves are asked.
 */
export async function nodeModules(kernel: GuestKernel): Promise<string[]> {
  const files = new Map<string, string>()
  for await (const path of glob('kernel/**/*.ko*', {cwd: kernel.modules})) files.set(moduleOf(path), path)
  const toolbox = await openToolbox()
  const ordered: string[] = []
  const visit = async (name: string): Promise<void> => {
    const path = files.get(name)
    files.delete(name)
    if (path === undefined) return
    const told = await toolbox.run(['modinfo', '-F', 'depends', `/build/modules/${path}`], {
      binds: [{from: kernel.modules, to: '/build/modules', readonly: true}],
    })
    for (const needed of told.stdout.toString().trim().split(',')) await visit(moduleOf(needed))
    ordered.push(join(kernel.modules, path))
  }
  for (const name of wanted) await visit(name)
  return ordered
}

/** A file may spell with - what everybody else spells with _. */
const moduleOf = (path: string) =>
  basename(path)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_')

import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {mkdir, readFile, rename, stat, writeFile} from 'node:fs/promises'
import {dirname, join, resolve} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {cacheDir, temporaryName} from '#release/effects/toolbox/cache.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {digestOf} from '#release/lib/digest.ts'
import {type TarEntry, tar} from '#release/lib/tar.ts'
import {guestProgram} from '../guest/program.ts'

/** An image as a file that containerd takes: `docker save`, or an OCI layout in a tar. */
export type NodeImage = {
  /** For people. */
  name: string
  path: string
  /** Of the file, hex. */
  digest: string
}

/** A file name for it. */
export const imageName = (image: NodeImage) => `${image.digest.slice(0, 16)}.tar`

/** An archive that a person brings. */
export async function archiveImage(path: string): Promise<NodeImage> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, {highWaterMark: 1 << 20}), hash)
  return {name: path.split('/').at(-1) ?? path, path: resolve(path), digest: hash.digest('hex')}
}

export type SmallImage = {
  /** `localhost/busybox:1` */
  reference: string
  layers: readonly (readonly TarEntry[])[]
  entrypoint: readonly string[]
  env?: readonly string[]
}

/** An image of entries in memory, in the cache. */
export async function smallImage({reference, layers, entrypoint, env = []}: SmallImage): Promise<NodeImage> {
  const options = {mtime: 0}
  const tars = layers.map(entries => tar(entries, options))
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {Entrypoint: entrypoint, Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...env]},
      rootfs: {type: 'layers', diff_ids: tars.map(digestOf)},
    }),
  )
  const manifest = [{Config: 'config.json', RepoTags: [reference], Layers: tars.map((_, i) => `${i}.tar`)}]
  const archive = tar(
    [
      {type: 'file', path: 'manifest.json', data: Buffer.from(JSON.stringify(manifest))},
      {type: 'file', path: 'config.json', data: config},
      ...tars.map((data, i): TarEntry => ({type: 'file', path: `${i}.tar`, data})),
    ],
    options,
  )
  const digest = createHash('sha256').update(archive).digest('hex')
  const path = join(cacheDir(), 'node-archives', `${digest}.tar`)
  if (!(await stat(path).catch(() => undefined))) {
    await mkdir(dirname(path), {recursive: true})
    const draft = await temporaryName(path)
    await writeFile(draft, archive)
    await rename(draft, path)
  }
  return {name: reference, path, digest}
}

/** What every pod's sandbox runs. */
export async function pauseImage(): Promise<NodeImage> {
  const uapi = join(import.meta.dirname, '../../kernel-driver/include/uapi')
  const program = await guestProgram(join(import.meta.dirname, 'guest/pause.c'), uapi)
  return smallImage({
    reference: 'localhost/pause:1',
    layers: [[{type: 'file', path: 'pause', mode: 0o755, data: await readFile(program)}]],
    entrypoint: ['/pause'],
  })
}

/** A shell for pods: `localhost/busybox:1`, with the files that a test adds (path without `/` in front). */
export async function busyboxImage(
  reference = 'localhost/busybox:1',
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<NodeImage> {
  const toolbox = await openToolbox()
  const program = await readFile(join(toolbox.root, 'usr/bin/busybox'))
  const list = await toolbox.run(['busybox', '--list'])
  const applets = list.stdout.toString().split('\n')
  const base: TarEntry[] = [
    ...['bin', 'tmp', 'etc'].map((path): TarEntry => ({type: 'dir', path})),
    {type: 'file', path: 'bin/busybox', mode: 0o755, data: program},
    {type: 'file', path: 'etc/passwd', data: Buffer.from('root:x:0:0:root:/:/bin/sh\n')},
    ...applets
      .filter(name => name && name !== 'busybox')
      .map((name): TarEntry => ({type: 'symlink', path: `bin/${name}`, linkname: 'busybox'})),
  ]
  const added = Object.entries(files).map(
    ([path, data]): TarEntry => ({type: 'file', path, mode: 0o755, data}),
  )
  return smallImage({reference, layers: added.length > 0 ? [base, added] : [base], entrypoint: ['/bin/sh']})
}

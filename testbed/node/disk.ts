import {createHash} from 'node:crypto'
import {chmod, copyFile, lstat, mkdir, readFile, rename, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {unpackAll} from '#release/effects/toolbox/assemble.ts'
import {cacheDir, clearLeftovers, temporaryName, withLock} from '#release/effects/toolbox/cache.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {Bind, FetchOptions, Toolbox} from '#release/effects/toolbox/types.ts'
import {tool} from '../tools/tool.ts'
import {componentOf, type KubernetesVersion, standardKubernetes} from '../tools/tools.ts'
import {imageName, type NodeImage} from './images.ts'
import {nodePackages} from './packages.ts'

const guest = join(import.meta.dirname, 'guest')

/** Two raw ext4 file systems: the node's root, and what containerd keeps, with the images already unpacked. */
export type NodeDisks = {root: string; images: string}

/**
 * The disks of a node, from the cache when the same ones were made before. Images are brought in here and not in the
 * guest, where unpacking is ten times slower.
 * @throws DiagnosticError B550 when a disk cannot be made; what `nodePackages` and `tool` throw
 */
export async function nodeDisks(
  images: readonly NodeImage[],
  options: FetchOptions = {},
  version: KubernetesVersion = standardKubernetes,
): Promise<NodeDisks> {
  const tree = await rootTree(version, options)
  return {root: join(tree, 'root.img'), images: await imagesDisk(tree, images, options)}
}

/** A folder with `tree/`, the node's root, and `root.img`, the same as a disk. */
async function rootTree(version: KubernetesVersion, options: FetchOptions): Promise<string> {
  const [toolbox, packages, kubelet] = await Promise.all([
    openToolbox(options),
    nodePackages(options),
    tool(componentOf('kubelet', version), options),
  ])
  const hash = createHash('sha256')
  hash.update(
    JSON.stringify([
      packages.map(p => p.sha256),
      kubelet.split('/').slice(-2),
      toolbox.digest,
      [...mkfs, diskSize],
      applets,
    ]),
  )
  for (const name of Object.keys(placed)) hash.update(await readFile(join(guest, name)))
  return made('node-roots', hash.digest('hex'), options, 'the disk of a node', async draft => {
    const tree = join(draft, 'tree')
    await unpackAll(tree, packages)
    await settle(tree, kubelet)
    await makeDisk(toolbox, tree, join(draft, 'root.img'))
  })
}

/** What of `guest/` lies where on the root disk. */
const placed: Readonly<Record<string, string>> = {
  'start.sh': 'etc/node/start.sh',
  'cni.sh': 'opt/cni/bin/node',
  'loopback.sh': 'opt/cni/bin/loopback',
  'containerd.toml': 'etc/containerd/config.toml',
}
const network = {cniVersion: '1.0.0', name: 'node', plugins: [{type: 'node'}]}

/** What scripts and people use that none of the packages brings. */
const applets =
  'sh cat ls cp mv rm mkdir rmdir ln chmod chown touch stat head tail cut sort uniq wc tr grep sed find xargs sleep date ps kill killall pidof hostname id env true false test readlink basename dirname dd sync tar gzip vi less wget nc top df du free dmesg od sha256sum tee seq printf echo reboot poweroff'.split(
    ' ',
  )

async function settle(tree: string, kubelet: string): Promise<void> {
  for (const folder of [
    'proc',
    'sys',
    'dev',
    'run',
    'tmp',
    'root',
    'etc/node',
    'etc/cni/net.d',
    'opt/cni/bin',
  ])
    await mkdir(join(tree, folder), {recursive: true})
  for (const folder of ['var/lib/containerd', 'etc/containerd', 'etc/cdi'])
    await mkdir(join(tree, folder), {recursive: true})
  // The package's script would make it a link: what lies there shall not outlive a boot.
  await rm(join(tree, 'var/run'), {recursive: true})
  await symlink('/run', join(tree, 'var/run'))
  for (const [name, place] of Object.entries(placed)) {
    await copyFile(join(guest, name), join(tree, place))
    await chmod(join(tree, place), 0o755)
  }
  await writeFile(join(tree, 'etc/cni/net.d/10-node.conflist'), JSON.stringify(network))
  await copyFile(kubelet, join(tree, 'usr/bin/kubelet'))
  await writeFile(
    join(tree, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n',
  )
  await writeFile(join(tree, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
  await writeFile(join(tree, 'etc/hosts'), '127.0.0.1 localhost\n')
  await writeFile(join(tree, 'etc/resolv.conf'), '')
  for (const name of applets) {
    const path = join(tree, 'usr/bin', name)
    if (!(await lstat(path).catch(() => undefined))) await symlink('busybox', path)
  }
}

/** The disk with containerd's data after it has taken the images in. */
async function imagesDisk(
  tree: string,
  images: readonly NodeImage[],
  options: FetchOptions,
): Promise<string> {
  const toolbox = await openToolbox(options)
  const key = JSON.stringify([tree, mkfs, diskSize, importing, images.map(i => [i.name, i.digest])])
  const digest = createHash('sha256').update(key).digest('hex')
  const title = `container images of a node (${images.map(i => i.name).join(', ')})`
  const folder = await made('node-images', digest, options, title, async draft => {
    const data = join(draft, 'data')
    await mkdir(data)
    const result = await toolbox.run(['sh', '-c', importing, 'import', ...images.map(imageName)], {
      binds: [
        {from: join(tree, 'tree'), to: '/build/root', readonly: true},
        {from: data, to: '/build/data'},
        ...images.map(
          (image): Bind => ({from: image.path, to: `/build/in/${imageName(image)}`, readonly: true}),
        ),
      ],
      timeout: 300_000,
    })
    if (result.code !== 0) refuse(`containerd did not take the images: ${result.stderr.toString().trim()}`)
    await makeDisk(toolbox, data, join(draft, 'images.img'))
    await rm(data, {recursive: true})
  })
  return join(folder, 'images.img')
}

/** containerd itself takes them in, as it would in the guest; nothing of it is left but its data. */
const importing = `
set -eu
root=/build/root
mount --rbind /proc $root/proc
mount --rbind /dev $root/dev
mount -t tmpfs run $root/run
mount -t tmpfs tmp $root/tmp
mkdir -p $root/tmp/in $root/tmp/data
mount --rbind /build/in $root/tmp/in
mount --rbind /build/data $root/tmp/data
cat > $root/tmp/config.toml <<EOF
version = 3
root = "/tmp/data"
state = "/run/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.nri.v1.nri"]
[grpc]
address = "/run/containerd.sock"
EOF
chroot $root containerd --log-level error --config /tmp/config.toml > $root/tmp/log 2>&1 &
server=$!
tries=0
until chroot $root ctr -a /run/containerd.sock version > /dev/null 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 200 ]; then cat $root/tmp/log >&2; exit 1; fi
  sleep 0.1
done
for image in "$@"; do
  chroot $root ctr -a /run/containerd.sock -n k8s.io images import --local --snapshotter overlayfs "/tmp/in/$image" > $root/tmp/out 2>&1 ||
    { cat $root/tmp/out >&2; kill $server; exit 1; }
done
kill $server
wait $server || :
`

/** Room for images that come later; the file is sparse. With a journal, since nodes are reset in the middle of things. */
const diskSize = '8G'
const mkfs = [
  'mkfs.ext4',
  '-q',
  '-F',
  '-J',
  'size=16',
  '-E',
  'lazy_itable_init=1,lazy_journal_init=1',
  '-m',
  '0',
]

async function makeDisk(toolbox: Toolbox, folder: string, path: string): Promise<void> {
  await writeFile(path, '')
  const result = await toolbox.run([...mkfs, '-d', '/build/in', '/build/out', diskSize], {
    binds: [
      {from: folder, to: '/build/in', readonly: true},
      {from: path, to: '/build/out'},
    ],
  })
  if (result.code !== 0) refuse(`mkfs.ext4: ${result.stderr.toString().trim()}`)
}

function refuse(message: string): never {
  fail({code: 'B550', message: `a node's disk cannot be made: ${message}`, hint: 'is the disk full?'}, 3)
}

/** `<cache>/KIND/DIGEST`, made under a draft's name first. */
async function made(
  kind: string,
  digest: string,
  options: FetchOptions,
  title: string,
  make: (draft: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheDir(), kind, digest)
  await withLock(`${folder}.lock`, async () => {
    if (await stat(folder).catch(() => undefined)) return
    const task = options.progress?.task(title)
    await mkdir(dirname(folder), {recursive: true})
    await clearLeftovers(folder)
    const draft = await temporaryName(folder)
    await mkdir(draft)
    try {
      await make(draft)
      await rename(draft, folder)
      task?.done()
    } catch (error) {
      task?.failed()
      await rm(draft, {recursive: true, force: true})
      throw error
    }
  })
  return folder
}

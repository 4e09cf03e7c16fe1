import {fail} from '#lib/diagnostics.ts'
import type {TarEntry} from '../../lib/tar.ts'
import {untar} from '../../lib/untar.ts'
import {type Builder, debOf} from '../context.ts'
import {keepLayer} from '../layers.ts'

/** Both halves of each package, in one go: an entry into the toolbox root costs more than the unpacking. */
const unpack = `
set -eu
mkdir -p /build/out
for deb in /build/debs/*.deb; do
  name=\${deb##*/}
  dpkg-deb --fsys-tarfile "$deb" > "/build/out/\${name%.deb}.files"
  dpkg-deb --ctrl-tarfile "$deb" > "/build/out/\${name%.deb}.control"
done
tar -c -C /build/out .
`
const largest = 2 ** 28

/** No program but the loader is of use there; copyright files name the common licences. */
const kept = [
  /^usr\/lib\/[^/]+-linux-gnu\/[^/]+\.so(?:\.\d+)*$/,
  /^(?:usr\/)?lib(?:64)?(?:\/ld-linux-[^/]+)?$/,
  /^etc\/(?:os-release|debian_version)$|^usr\/lib\/os-release$/,
  /^usr\/share\/doc\/[^/]+(?:\/copyright)?$/,
  /^usr\/share\/common-licenses\//,
]
/** What Node is linked with. */
const needed = ['libc.so.6', 'libdl.so.2', 'libgcc_s.so.1', 'libm.so.6', 'libpthread.so.0', 'libstdc++.so.6']

const own: TarEntry[] = [
  ...Object.entries({
    'etc/passwd':
      'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n',
    'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
    // Without it a name in /etc/hosts is asked for at the name server.
    'etc/nsswitch.conf': 'hosts: files dns\n',
  }).map(([path, text]): TarEntry => ({type: 'file', path, data: Buffer.from(text)})),
  {type: 'dir', path: 'root'},
  {type: 'dir', path: 'tmp'},
]

/**
 * The lowest layer of images with Node: libraries of Debian's, and for each package what scanners read in an image
 * without a package manager, `/var/lib/dpkg/status.d/<package>` and its `.md5sums`.
 * @throws B020 a package lacks a file, B021 the packages can't be unpacked
 */
export const buildDebianLayer: Builder<'debian-layer'> = async ({packages}, _needed, artifact, context) => {
  const toolbox = await context.toolbox()
  const debs = await Promise.all(packages.map(deb => debOf(context, deb)))
  const result = await toolbox.run(['sh', '-c', unpack, 'unpack'], {
    binds: debs.map((from, i) => ({from, to: `/build/debs/${packages[i]?.name}.deb`, readonly: true})),
    maxOutput: largest,
  })
  if (result.code !== 0)
    fail({code: 'B021', message: `${artifact.title}: ${result.stderr.toString().trim()}`}, 3)
  const archives = new Map([...untar(result.stdout)].map(({path, data}) => [path, data]))
  const entries = packages.flatMap(({name}) =>
    entriesOf(name, archives.get(`${name}.files`), archives.get(`${name}.control`)),
  )
  for (const library of needed)
    if (!entries.some(({path}) => path.endsWith(`/${library}`)))
      fail({code: 'B020', message: `${packages.map(p => p.name).join(', ')} hold no ${library}`})
  return keepLayer([...entries, ...own], context)
}

function entriesOf(name: string, files: Buffer | undefined, control: Buffer | undefined): TarEntry[] {
  if (!files || !control) fail({code: 'B020', message: `${name} is not a Debian package`})
  const entries = [...untar(files, name)].flatMap(({type, path, linkname, mode, data}): TarEntry[] => {
    if (!kept.some(pattern => pattern.test(path))) return []
    if (type === 'symlink') return [{type, path, linkname}]
    return type === 'file' ? [{type, path, mode, data}] : []
  })
  const told = new Map([...untar(control, name)].map(({path, data}) => [path, data]))
  const paths = new Set(entries.map(({path}) => path))
  // A line is the sum, two spaces and the path; only what is there is told.
  const sums = (told.get('md5sums')?.toString() ?? '').split('\n').filter(line => paths.has(line.slice(34)))
  const status = `var/lib/dpkg/status.d/${name}`
  return [
    ...entries,
    {type: 'file', path: status, data: told.get('control') ?? Buffer.alloc(0)},
    {type: 'file', path: `${status}.md5sums`, data: Buffer.from(sums.map(line => `${line}\n`).join(''))},
  ]
}

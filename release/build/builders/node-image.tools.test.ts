import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {arm64Emulator} from '#testbed/emulator/emulator.ts'
import {realExec} from '../../effects/exec.ts'
import {realFiles} from '../../effects/files.ts'
import {npmPackage} from '../../effects/npm-package.ts'
import {silentProgress} from '../../effects/progress.ts'
import {fetchDeb} from '../../effects/toolbox/download.ts'
import {openToolbox} from '../../effects/toolbox/toolbox.ts'
import {readTree} from '../../effects/tree.ts'
import {readLock} from '../../kernels/lock.ts'
import {hexOf} from '../../lib/digest.ts'
import {loadShape} from '../../matrix/load.ts'
import {componentSchema} from '../../plan/component.ts'
import {makePlan} from '../../plan/make.ts'
import {lockedNpmPackages} from '../../plan/npm-lock.ts'
import type {ReleasePlan} from '../../plan/plan.ts'
import {build} from '../build.ts'
import type {BuildContext} from '../context.ts'
import {distFiles, writeDist} from '../dist.ts'
import {Store} from '../store.ts'
import {realMatrix, smallContext} from '../testing.ts'

const root = join(import.meta.dirname, '../../..')
const files = realFiles({durable: false})
const names = ['mock-accel-dra-driver', 'dra-sanity']
const architectures = ['amd64', 'arm64'] as const

type Manifest = {
  annotations: Record<string, string>
  layers: {digest: `sha256:${string}`; size: number}[]
  manifests: {digest: `sha256:${string}`; platform: {architecture: string}}[]
}
let dir: string
const roots = new Set<string>()
let plan: ReleasePlan
let context: BuildContext

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'images-'))
  const whole = await planOf(['dra-driver', 'dra-sanity'])
  const images = whole.plan.artifacts.filter(a => a.recipe.kind === 'node-image')
  const wanted = new Set(images.flatMap(a => [a.id, ...a.needs]))
  plan = {...whole.plan, artifacts: whole.plan.artifacts.filter(a => wanted.has(a.id))}
  context = {
    ...smallContext(plan, files),
    store: new Store(files, join(dir, 'store')),
    cache: dir,
    toolbox: () => openToolbox(),
    fetchDeb,
    npmPackage: locked => npmPackage(root, locked, {exec: realExec, progress: silentProgress}),
    readTree: async ({path}) => whole.bytes.get(path) ?? Buffer.alloc(0),
  }
  const {outputs} = await build(plan, context, 2)
  await writeDist(join(dir, 'dist'), distFiles(plan, outputs), context.store, files)
})
afterAll(() => rm(dir, {recursive: true, force: true}))

async function planOf(ids: string[]) {
  const tree = await readTree(root, realExec)
  const text = (path: string) => tree.bytes.get(path) ?? Buffer.alloc(0)
  const lock = readLock(text('matrix/kernels.lock.yaml'), 'kernels.lock.yaml').value
  const matrix = await realMatrix()
  if (!lock || !matrix.release) throw new Error('neither lock nor release')
  const components = ids.flatMap(
    id => loadShape(text(`components/${id}.yaml`), id, componentSchema).value ?? [],
  )
  const {digest} = await openToolbox()
  return {
    bytes: tree.bytes,
    plan: makePlan({
      matrix: {...matrix, release: {...matrix.release, components: ids}},
      components,
      kernels: [],
      base: lock.base,
      runtime: lock.runtime,
      tree: tree.files,
      npm: lockedNpmPackages(text('package-lock.json')),
      toolbox: digest,
      lock: 'committed',
    }),
  }
}

const blob = (image: string, digest: `sha256:${string}`) =>
  join(dir, 'dist/oci', image, 'blobs/sha256', hexOf(digest))

async function manifestOf(image: string, arch: string): Promise<Manifest> {
  const json = async (path: string): Promise<Manifest> => JSON.parse(await readFile(path, 'utf8'))
  const [index] = (await json(join(dir, 'dist/oci', image, 'index.json'))).manifests
  if (!index) throw new Error(`${image} has no index`)
  const own = (await json(blob(image, index.digest))).manifests.find(m => m.platform.architecture === arch)
  if (!own) throw new Error(`${image} is not there for ${arch}`)
  return json(blob(image, own.digest))
}

/** What skopeo reads of an image of the layout, as JSON. */
async function skopeo(image: string, arch: string, ...flags: string[]) {
  const {run} = await openToolbox()
  const place = `oci:/build/${image}:v${plan.version}`
  const {code, stdout, stderr} = await run(
    ['skopeo', '--override-arch', arch, '--override-os', 'linux', 'inspect', ...flags, place],
    {binds: [{from: join(dir, 'dist/oci'), to: '/build', readonly: true}]},
  )
  expect(stderr.toString()).toBe('')
  expect(code).toBe(0)
  return JSON.parse(stdout.toString())
}

/** As a container runtime would: the layers one over the other. */
async function unpacked(image: string, arch: string): Promise<string> {
  const folder = join(dir, `${image}-${arch}`)
  if (roots.has(folder)) return folder
  roots.add(folder)
  for (const part of ['', 'proc']) await mkdir(join(folder, part), {recursive: true})
  for (const {digest} of (await manifestOf(image, arch)).layers) {
    const {code, stderr} = await realExec.run(['tar', '-xzf', blob(image, digest), '-C', folder])
    expect([code, stderr.toString()]).toEqual([0, ''])
  }
  return folder
}

/** Root without a single capability in a read-only root folder, as the chart lets the driver run. */
const confined = `
my $root = shift;
chroot $root and chdir '/' or die "chroot: $!";
syscall(157, 24, $_) for 0..40;
exec @ARGV or die "exec: $!";
`

test.each(names)('%s: one index for both architectures, which skopeo reads', async image => {
  for (const arch of architectures) {
    const told = await skopeo(image, arch)
    expect(told.Architecture).toBe(arch)
    expect(told.Labels['org.opencontainers.image.version']).toBe(plan.version)
    expect(told.Layers).toEqual((await manifestOf(image, arch)).layers.map(l => l.digest))
    const {config} = await skopeo(image, arch, '--config')
    expect(config.User).toBe('0:0')
    expect(config.Entrypoint.slice(-1)).toEqual([`/app/${image}.cjs`])
  }
  expect((await skopeo(image, 'amd64', '--raw')).annotations['org.opencontainers.image.licenses']).toBe(
    'Apache-2.0',
  )
})

test.each(architectures)('%s: images share the libraries and Node, and are at most 48 MB', async arch => {
  const [driver, sanity] = await Promise.all(names.map(name => manifestOf(name, arch)))
  expect(sanity?.layers.slice(0, 2)).toEqual(driver?.layers.slice(0, 2))
  const sizes = [driver, sanity].map(m => (m?.layers ?? []).reduce((sum, {size}) => sum + size, 0))
  for (const size of sizes) expect(size).toBeLessThanOrEqual(48_000_000)
})

test('the program of an image is the same for both architectures, and the same each time', async () => {
  const [amd64, arm64] = await Promise.all(architectures.map(arch => manifestOf('dra-sanity', arch)))
  expect(amd64?.layers.at(-1)).toEqual(arm64?.layers.at(-1))
  const again = {...context, store: new Store(files, join(dir, 'again'))}
  const cheap = plan.artifacts.filter(({recipe: {kind}}) => /^(?:application|debian)-layer$/.test(kind))
  const {outputs} = await build({...plan, artifacts: cheap}, again, 2)
  for (const {id, digest} of cheap) expect(await context.store.recall(digest), id).toEqual(outputs.get(id))
})

test('a scanner finds the release, its packages, and what is bundled', async () => {
  const folder = await unpacked('dra-sanity', 'arm64')
  const text = (path: string) => readFile(join(folder, path), 'utf8')
  expect(await text('etc/os-release')).toMatch(/^ID=debian$/m)
  expect(await text('var/lib/dpkg/status.d/libc6')).toMatch(/^Architecture: arm64$/m)
  expect(await text('var/lib/dpkg/status.d/libc6.md5sums')).toContain('aarch64-linux-gnu/libc.so.6\n')
  expect(await text('usr/share/doc/gcc-14-base/copyright')).toContain('GPL')
  expect(await text('usr/share/doc/nodejs/copyright')).toContain('Node.js is licensed')
  expect(await text('usr/share/doc/dra-sanity/copyright')).toContain('Apache License')
  expect(JSON.parse(await text('app/node_modules/@grpc/grpc-js/package.json')).name).toBe('@grpc/grpc-js')
  expect(await text('app/node_modules/yaml/LICENSE')).toContain('Permission')
})

test.each(names)('%s runs as root without capabilities in a read-only root folder', async image => {
  const folder = await unpacked(image, 'amd64')
  const {config} = await skopeo(image, 'amd64', '--config')
  const {run} = await openToolbox()
  const inside = (...command: string[]) =>
    run(['perl', '-e', confined, '/build/root', ...command], {
      env: {NODE_DISABLE_COMPILE_CACHE: '1'},
      binds: [
        {from: folder, to: '/build/root', readonly: true},
        {from: '/proc', to: '/build/root/proc'},
      ],
    })
  expect(config.Env).toContain('NODE_DISABLE_COMPILE_CACHE=1')
  const told = await inside(...config.Entrypoint, '--help')
  expect([told.code, told.stderr.toString()]).toEqual([0, ''])
  expect(told.stdout.toString()).toContain('--kubeconfig')
  const looks = `const fs = require('fs')
    console.log(/CapEff:\\t(\\w+)/.exec(fs.readFileSync('/proc/self/status'))[1])
    try { fs.writeFileSync('/tmp/x', '') } catch (error) { console.log(error.code) }`
  const found = await inside('/usr/bin/node', '-e', looks)
  expect([found.stdout.toString(), found.stderr.toString()]).toEqual(['0000000000000000\nEROFS\n', ''])
})

test('for arm64: Node runs the program with the libraries of the image, in an emulator', async () => {
  const folder = await unpacked('dra-sanity', 'arm64')
  const [emulator = ''] = await arm64Emulator()
  const {config} = await skopeo('dra-sanity', 'arm64', '--config')
  const inside = config.Entrypoint.map((word: string) => (word.startsWith('/') ? join(folder, word) : word))
  const {code, stdout, stderr} = await realExec.run([emulator, '-L', folder, ...inside, '--version'])
  expect([code, stderr.toString()]).toEqual([0, ''])
  expect(stdout.toString()).toBe(`dra-sanity ${plan.version}\n`)
})

test('dra-sanity has a shell for the hooks of its user', async () => {
  const folder = await unpacked('dra-sanity', 'amd64')
  const script = join(folder, 'tmp/hook')
  await writeFile(script, 'echo "heard $SIGNAL"\n')
  const {run} = await openToolbox()
  const {stdout} = await run(['chroot', '/build/root', '/bin/sh', '/tmp/hook'], {
    env: {SIGNAL: 'SIGTERM'},
    binds: [{from: folder, to: '/build/root', readonly: true}],
  })
  expect(stdout.toString()).toBe('heard SIGTERM\n')
})

import type {X509Certificate} from 'node:crypto'
import {beforeAll, expect, test} from 'vitest'
import {build} from '../build/build.ts'
import {distFiles, writeDist} from '../build/dist.ts'
import {
  buildSmall,
  smallComponents,
  smallContext,
  smallKernel,
  smallPlanInput,
  smallTree,
} from '../build/testing.ts'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import {digestOf} from '../lib/digest.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import type {Descriptor} from '../lib/oci/descriptor.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import {makePlan} from '../plan/make.ts'
import type {TreeFile} from '../plan/plan.ts'
import {publish} from './publish.ts'
import {yankType} from './released.ts'
import {readStaged} from './staged.ts'
import {filesOfArtifact, filesOfFolder, verifyRelease} from './verify.ts'

const kernel = '6.12.2+deb13-amd64'
const own = {repository: 'mock-device', tag: 'v0.2.0', floating: ['v0.2', 'v0', 'latest']}
let built: MemoryFiles
beforeAll(async () => {
  built = memoryFiles()
  await buildSmall(built, {kernels: [smallKernel(kernel)]})
})

const copyOf = (files: MemoryFiles) => memoryFiles(Object.fromEntries(files.tree))

/** dist/ against its own plan. */
async function verifyDist(files: MemoryFiles) {
  const {plan, layout} = await readStaged('/dist', files)
  return verifyRelease({target: layout, files: filesOfFolder('/dist/release', files), plan, own})
}

/** What was published, seen from there alone. */
async function verifyPublished(files: MemoryFiles) {
  const target = layoutTarget(files, '/pub')
  const found = await filesOfArtifact(target, 'mock-device', 'v0.2.0')
  if (!found) throw new Error('no release there')
  return verifyRelease({target, files: found, own})
}

async function published(): Promise<MemoryFiles> {
  const files = copyOf(built)
  await publish(await readStaged('/dist', files), layoutTarget(files, '/pub'), silentProgress)
  return files
}

const tagsOf = ({tags}: {tags: string[]}) => tags.map(t => t.split('/').slice(2).join('/')).sort()

test('a release is right in dist and where it was published, every tag included', async () => {
  const plan = (await readStaged('/dist', built)).plan
  for (const result of [await verifyDist(built), await verifyPublished(await published())]) {
    expect(result.problems).toEqual([])
    expect(result.files).toHaveLength(plan.artifacts.flatMap(a => a.files).length - 1)
    const all = plan.artifacts.flatMap(a => (a.oci ? [...a.oci.tags, ...a.oci.floating] : []))
    expect(result.tags).toHaveLength(all.length)
    expect(result.moved).toEqual([])
  }
})

test('a changed file, one too many and one too few are each named', async () => {
  const files = copyOf(built)
  files.tree.set('/dist/release/images.txt', Buffer.from('nothing\n'))
  files.tree.set('/dist/release/gift.sh', Buffer.from('#!/bin/sh\n'))
  files.tree.delete('/dist/release/mock-device-0.2.0.tgz')
  const {problems} = await verifyDist(files)
  expect(problems.map(p => p.code).sort()).toEqual(['P030', 'P031', 'P035'])
})

test('any damaged blob and any moved or removed tag is named', async () => {
  const whole = await published()
  for (const [path, bytes] of whole.tree) {
    if (!path.startsWith('/pub/') || !path.includes('/blobs/')) continue
    const files = copyOf(whole)
    files.tree.set(path, Buffer.from(bytes.map(b => b ^ 1)))
    const told = await verifyPublished(files).then(
      ({problems}) => problems.map(p => p.message).join('\n'),
      String,
    )
    expect(told, path).toContain(path.slice(-64))
  }
  for (const [path, bytes] of whole.tree) {
    if (!path.startsWith('/pub/') || !path.endsWith('/index.json')) continue
    const index = JSON.parse(String(bytes))
    for (const [i, {annotations}] of index.manifests.entries()) {
      const tag = annotations['org.opencontainers.image.ref.name']
      if (path.includes('/mock-device/') && tag === 'v0.2.0') continue
      const files = copyOf(whole)
      const manifests = index.manifests.toSpliced(i, 1)
      files.tree.set(path, Buffer.from(JSON.stringify({...index, manifests})))
      const {problems} = await verifyPublished(files)
      expect(problems.map(p => p.message)).toEqual([expect.stringContaining(`:${tag} is absent`)])
    }
  }
})

test('a floating tag may go on to a newer kernel or version, and to nothing else', async () => {
  const files = await published()
  const target = layoutTarget(files, '/pub')
  const line = target.repository('mock-accel-module')
  const other = async (change: object): Promise<Descriptor> => {
    const others = memoryFiles()
    await buildSmall(others, {kernels: [smallKernel('6.12.3+deb13-amd64')], ...change})
    const staged = await readStaged('/dist', others)
    const image = staged.artifacts.find(a => a.artifact.recipe.kind === 'kmod-image')
    if (!image) throw new Error('no image')
    // Beside the release that is there, without its tags.
    const oci = {...image.oci, tags: [`other-${image.root.digest.slice(7, 19)}`], floating: []}
    await publish({...staged, artifacts: [{...image, oci}]}, target, silentProgress)
    return image.root
  }
  const versioned = async (version: string) => {
    const {matrix} = await smallPlanInput()
    const tree = [...smallTree(version)].map(
      ([path, data]): TreeFile => ({path, mode: '0644', digest: digestOf(data).slice(7)}),
    )
    const release = {...matrix.release, version, components: smallComponents.map(c => c.id)}
    return {tree, matrix: {...matrix, release} as typeof matrix}
  }
  const moved = async (to: Descriptor) => {
    await line.tag('latest-line', to, {floating: true})
    return verifyPublished(files)
  }
  const newer = await moved(await other({}))
  expect(newer.problems).toEqual([])
  expect(tagsOf({tags: newer.moved})).toEqual(['mock-accel-module:latest-line'])
  const foreign = await moved(await other({kernels: [smallKernel('6.12.3+deb13-amd64', 'other-line')]}))
  expect(foreign.problems.map(p => p.code)).toEqual(['P037'])
  expect((await moved(await other(await versioned('0.3.0')))).problems).toEqual([])
  const older = await moved(await other(await versioned('0.1.9')))
  expect(older.problems.map(p => p.message)).toEqual([expect.stringContaining('of 0.1.9; the release says')])
  // Unless this release was withdrawn: then going back is right.
  const root = await line.resolve('v0.2.0-6.12.2_deb13-amd64')
  if (!root) throw new Error('no image')
  await pushPacked(line, packArtifact({artifactType: yankType, layers: [], subject: root}))
  expect((await verifyPublished(files)).problems).toEqual([])
})

test('a module that is not the listed one, or that lies in no image, is named', async () => {
  const files = copyOf(built)
  const list = JSON.parse(String(files.tree.get('/dist/release/digests.json')))
  const {target, release} = {
    target: layoutTarget(files, '/dist/oci'),
    release: filesOfFolder('/dist/release', files),
  }
  const told = async (change: object) => {
    const text = Buffer.from(JSON.stringify({...list, ...change}))
    const sums = String(files.tree.get('/dist/release/SHA256SUMS')).replace(
      /^[0-9a-f]{64}(?= [ *]digests\.json$)/m,
      digestOf(text).slice(7),
    )
    const read = async (name: string) =>
      name === 'digests.json' ? text : name === 'SHA256SUMS' ? Buffer.from(sums) : release.read(name)
    const {problems} = await verifyRelease({target, files: {...release, read}, own})
    return problems.filter(p => p.code === 'P036').map(p => p.message)
  }
  expect(await told({})).toEqual([])
  const [module] = list.modules
  const digest = `sha256:${'0'.repeat(64)}`
  expect(await told({modules: [{...module, digest}]})).toEqual([
    expect.stringContaining(`digests.json says ${digest}`),
  ])
  expect(await told({modules: [module, {...module, id: 'module:x', kernel: '9.9'}]})).toEqual([
    'digests.json lists module:x, which no image holds',
  ])
  expect(await told({signature: {certificate: digest}})).toEqual([expect.stringContaining('is not signed')])
})

/** What the kernel finds at a signed module's end: four bytes of signature, and how many those are. */
const appended = Buffer.concat([
  Buffer.from('sign'),
  Buffer.from([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 4]),
  Buffer.from('~Module signature appended~\n'),
])

test('a signed module is compared without its signature', async () => {
  const files = memoryFiles()
  const sha256 = 'a'.repeat(64)
  const plan = makePlan(await smallPlanInput({signature: {certificate: sha256, algorithm: 'rsa'}}))
  const sign = async (module: Uint8Array) => Buffer.concat([module, appended])
  const certificate = {
    der: Buffer.from('certificate'),
    sha256,
    algorithm: 'rsa',
    x509: {} as X509Certificate,
  } as const
  const context = {...smallContext(plan, files), signer: {certificate, sign}}
  const {outputs} = await build(plan, context, 2)
  await writeDist('/dist', distFiles(plan, outputs), context.store, files)
  expect((await verifyDist(files)).problems).toEqual([])
})

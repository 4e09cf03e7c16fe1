import type {X509Certificate} from 'node:crypto'
import {expect, test} from 'vitest'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {gunzip} from '../lib/gzip.ts'
import type {ModuleSigner} from '../lib/signing/signer.ts'
import {parseSums} from '../lib/sums.ts'
import {untar} from '../lib/untar.ts'
import {makePlan} from '../plan/make.ts'
import type {ReleasePlan} from '../plan/plan.ts'
import {build} from './build.ts'
import {distFiles, writeDist} from './dist.ts'
import {buildSmall, smallContext, smallPlanInput} from './testing.ts'

const sha256 = 'a'.repeat(64)
/** Tells what it has signed in a way that no real one would. */
const signer: ModuleSigner = {
  certificate: {der: Buffer.from('certificate'), sha256, algorithm: 'rsa', x509: {} as X509Certificate},
  sign: async module => Buffer.concat([module, Buffer.from(' signed')]),
}

async function buildSigned(files: MemoryFiles): Promise<ReleasePlan> {
  const plan = makePlan(await smallPlanInput({signature: {certificate: sha256, algorithm: 'rsa'}}))
  const context = {...smallContext(plan, files), signer}
  const {outputs} = await build(plan, context, 2)
  await writeDist('/dist', distFiles(plan, outputs), context.store, files)
  return plan
}

const released = (files: MemoryFiles, name: string) => String(files.tree.get(`/dist/release/${name}`))

test('modules keep their digests; images, certificate and lists are all that differs', async () => {
  const [plain, signed] = [memoryFiles(), memoryFiles()]
  const {plan: without} = await buildSmall(plain)
  const plan = await buildSigned(signed)
  const digests = (p: ReleasePlan) => new Map(p.artifacts.map(a => [a.id, a.digest]))
  const before = digests(without)
  const changed = [...digests(plan)].filter(([id, d]) => before.get(id) !== d).map(([id]) => id.split(':')[0])
  expect(new Set(changed)).toEqual(new Set(['certificate', 'image', 'lists', 'sbom', 'checksums', 'release']))
  const [a, b] = [plain, signed].map(files => JSON.parse(released(files, 'digests.json')))
  expect(b.modules).toEqual(a.modules)
  expect(b.modules).toHaveLength(2)
  expect([a.signature, b.signature]).toEqual([undefined, {certificate: `sha256:${sha256}`, algorithm: 'rsa'}])
})

test('images hold the signed module and the certificate, which is a release file too', async () => {
  const files = memoryFiles()
  await buildSigned(files)
  expect(released(files, 'mock-accel-signing.crt')).toBe('certificate')
  expect([...parseSums(released(files, 'SHA256SUMS')).keys()]).toContain('mock-accel-signing.crt')
  const layers = [...files.tree].flatMap(([path, data]) =>
    path.startsWith('/dist/oci/mock-accel-module/blobs/') && data[0] === 0x1f ? [gunzip(data)] : [],
  )
  const found = new Map(
    layers.flatMap(layer =>
      [...untar(layer)].flatMap(e => (e.type === 'file' ? [[e.path, String(e.data)]] : [])),
    ),
  )
  const kernel = '6.12.2+deb13-amd64'
  expect(found.get(`opt/lib/modules/${kernel}/mock-accel.ko`)).toBe(`module for ${kernel} signed`)
  expect(found.get(`opt/lib/modules/${kernel}/modules.dep`)).toBe('mock-accel.ko:\n')
  expect(found.get('opt/share/mock-accel/mock-accel-signing.crt')).toBe('certificate')
})

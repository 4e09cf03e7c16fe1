/** A small published release for tests: signed, with an image for a kernel that came later. */
import {buildSmall, smallKernel} from '../build/testing.ts'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import {addendumText, addendumType, makeAddendum} from '../kernels/addendum.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {blobOf} from '../lib/oci/descriptor.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import type {Signing} from '../publish/attest.ts'
import {publish} from '../publish/publish.ts'
import {readStaged} from '../publish/staged.ts'

export const product = 'mock-device'
export const version = '0.2.0'
export const oldKernel = '6.12.2+deb13-amd64'
export const newKernel = '6.12.3+deb13-amd64'

/** @param place the folder of layouts that it is published to */
export async function publishedSmall(place: string, signing: Signing): Promise<MemoryFiles> {
  const files = memoryFiles()
  const target = layoutTarget(files, place)
  const built = memoryFiles()
  await buildSmall(built, {kernels: [smallKernel(oldKernel)]})
  await publish(await readStaged('/dist', built), target, silentProgress, signing)
  const later = memoryFiles()
  await buildSmall(later, {kernels: [smallKernel(newKernel)]})
  const all = await readStaged('/dist', later)
  const artifacts = all.artifacts.filter(a => a.artifact.recipe.kind === 'kmod-image')
  await publish({...all, artifacts}, target, silentProgress)
  const [image] = artifacts
  const own = target.repository(product)
  const subject = await own.resolve(`v${version}`)
  if (!image || !subject) throw new Error('no image or no release')
  const inputs = {compiler: 'gcc-14', toolbox: '0', source: image.root.digest, packages: []}
  const named = {kernel: newKernel, line: 'line', arch: 'amd64', digest: image.root.digest} as const
  const addendum = makeAddendum(version, 0, [{...named, tag: image.oci.tags[0] ?? '', inputs}])
  const layer = blobOf(addendumText(addendum), addendumType)
  await pushPacked(own, packArtifact({artifactType: addendumType, layers: [layer], subject}))
  return files
}

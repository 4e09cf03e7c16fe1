import {expect, test} from 'vitest'
import {memoryFiles} from '../../effects/memory-files.ts'
import {hexOf} from '../../lib/digest.ts'
import {gunzip} from '../../lib/gzip.ts'
import {parseManifest} from '../../lib/oci/manifest.ts'
import {untar} from '../../lib/untar.ts'
import {buildSmall, packageOf, smallComponents, smallImage, smallProgram} from '../testing.ts'

const components = [smallImage, ...smallComponents]

async function built() {
  const files = memoryFiles()
  const {plan, made} = await buildSmall(files, {components})
  const blob = (digest: `sha256:${string}`) =>
    files.tree.get(`/dist/oci/mock-driver/blobs/sha256/${hexOf(digest)}`) as Buffer
  const index = JSON.parse(String(files.tree.get('/dist/oci/mock-driver/index.json'))).manifests[0]
  const images = parseManifest(blob(index.digest), index.mediaType, 'the index').manifests.map(one => ({
    ...parseManifest(blob(one.digest), one.mediaType, 'an image'),
    platform: one.platform,
  }))
  const config = (i: number) => JSON.parse(String(blob(images[i]?.config?.digest ?? 'sha256:'))).config
  const paths = (i: number, layer: number) =>
    [...untar(gunzip(blob(images[i]?.layers[layer]?.digest ?? 'sha256:')))].map(e => e.path)
  return {files, plan, made, images, config, paths}
}

test('an image for each architecture, under one index, from shared layers', async () => {
  const {plan, images, config, paths} = await built()
  expect(images.map(i => i.platform)).toEqual([
    {architecture: 'amd64', os: 'linux'},
    {architecture: 'arm64', os: 'linux'},
  ])
  expect(images[0]?.layers[2]).toEqual(images[1]?.layers[2])
  expect(config(0)).toMatchObject({
    User: '0:0',
    Entrypoint: ['/usr/bin/node', '--flag', '/app/mock-driver.cjs'],
  })
  expect(paths(0, 1)).toContain('usr/bin/node')
  expect(paths(0, 2)).toEqual(
    expect.arrayContaining(['app/mock-driver.cjs', 'usr/share/doc/mock-driver/copyright']),
  )
  const artifact = plan.artifacts.find(a => a.id === 'image:mock-driver')
  expect(artifact?.oci?.tags).toEqual([`v${plan.version}`])
})

test('of Debian’s packages only libraries are taken, and scanners are told of those', async () => {
  const {paths} = await built()
  expect(paths(0, 0)).toContain('usr/lib/x86_64-linux-gnu/libc.so.6')
  expect(paths(0, 0)).toContain('var/lib/dpkg/status.d/libc6')
  expect(paths(0, 0)).not.toContain('usr/bin/locale')
})

test('a package without the libraries is refused by name', async () => {
  const files = memoryFiles()
  const runtime = {amd64: [packageOf('other')], arm64: [packageOf('other')]}
  await expect(buildSmall(files, {components, runtime})).rejects.toThrow(/B020.*other/)
})

test('layers and images are not made again when something else joins the release', async () => {
  const {files} = await built()
  const {made} = await buildSmall(files, {components: [smallProgram, ...components]})
  expect(made.filter(id => /^(?:node|libraries|application|image):/.test(id))).toEqual([])
})

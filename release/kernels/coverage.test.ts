// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so
import {describe, expect, test} from 'vitest'
import {addendumText, makeAddendum, readAddendum} from './addendum.ts'
import {type CoverageInput, coverage} from './coverage.ts'
import {dockerfiles} from './fedora.ts'
import {gate} from './gate.ts'
import {imagesOf, imagesOfRelease, kernelsWithoutImage, releasedTags} from './images.ts'
import {lineMappings} from './mappings.ts'
import {parseNodes} from './nodes.ts'
import {testLine, testLock} from './test-lines.ts'

const lines = [
  testLine({id: 'trixie', match: '^6\\.12\\.[0-9]+\\+deb13-amd64$'}),
  testLine({
    id: 'fedora-43',
    match: '^6\\.17\\.[0-9]+-[0-9]+\\.fc43\\.x86_64$',
    deliver: 'kmm-build',
    archive: {kind: 'rpm', distribution: 'fedora', release: '43', builder: 'registry.example.com/fedora:43'},
  }),
  testLine({
    id: 'old',
    match: '^6\\.11\\.0-300\\.fc43\\.x86_64$',
    state: 'eol',
    lastImage: 'mock-accel-module:v0.1.0-fc43',
  }),
  testLine({id: 'forky', match: '^7\\.[0-9]+\\.[0-9]+\\+deb14-amd64$', state: 'planned'}),
]
const release = {
  version: '0.2.0',
  registry: 'ghcr.io/owner',
  image: 'mock-accel-module',
  module: 'mock-accel',
}
const repository = `${release.registry}/${release.image}`
const kernel = (name: string) => ({kernel: name, arch: 'amd64' as const, compiler: 'gcc-14', packages: []})
const lock = testLock({trixie: [kernel('6.12.117+deb13-amd64'), kernel('6.12.116+deb13-amd64')]})

const input: Omit<CoverageInput, 'nodes'> = {
  mappings: lineMappings(lines, release),
  lines,
  exists: imagesOfRelease(repository, '0.2.0', releasedTags('0.2.0', lock, [])),
}
const one = async (kernelName: string, arch?: string) =>
  (await coverage({...input, nodes: [{kernel: kernelName, ...(arch ? {arch} : {})}]})).rows[0]

describe('coverage', () => {
  test('a kernel of the lock is covered, with mapping, image and tag', async () => {
    expect(await one('6.12.117+deb13-amd64', 'amd64')).toMatchObject({
      covered: 'yes',
      exists: 'yes',
      image: 'ghcr.io/owner/mock-accel-module:v0.2.0-6.12.117_deb13-amd64',
      tag: 'v0.2.0-6.12.117_deb13-amd64',
      mapping: {index: 1, line: 'trixie', text: 'regexp ^6\\.12\\.[0-9]+\\+deb13-amd64$'},
    })
  })

  test('a mapped kernel without image is not, nor is one of another architecture', async () => {
    expect(await one('6.12.120+deb13-amd64')).toMatchObject({
      covered: 'no',
      exists: 'no',
      mapping: {line: 'trixie'},
    })
    expect(await one('6.12.117+deb13-amd64', 'arm64')).toMatchObject({
      covered: 'no',
      reason: expect.stringContaining('arm64'),
    })
  })

  test('KMM builds what is built in the cluster; of an older release’s image nothing is known', async () => {
    expect(await one('6.17.4-300.fc43.x86_64')).toMatchObject({covered: 'yes', exists: 'build'})
    expect(await one('6.11.0-300.fc43.x86_64')).toMatchObject({
      covered: 'unknown',
      exists: 'unknown',
      image: 'ghcr.io/owner/mock-accel-module:v0.1.0-fc43',
    })
  })

  test('says why there is none: planned, nearly a line, nothing near, a name that KMM cannot read', async () => {
    expect(await one('7.2.12+deb14-amd64')).toMatchObject({
      covered: 'no',
      reason: expect.stringContaining('forky is only planned'),
    })
    expect(await one('6.12.117+deb13-cloud-amd64')).toMatchObject({
      covered: 'no',
      nearest: {line: 'trixie', differs: '"cloud-amd64" after "6.12.117+deb13-"'},
    })
    expect((await one('5.4.0-1-generic'))?.nearest).toBeUndefined()
    expect((await one('6.12.117+deb13-amd64+'))?.covered).toBe('yes')
  })

  test('adds up by kernel, and fails when one is not covered', async () => {
    const nodes = parseNodes(
      'b 6.12.117+deb13-amd64\na 6.12.117+deb13-amd64 # spare\n\n6.12.1+deb13-amd64\n',
      'nodes.txt',
    )
    const {rows, summary, exit} = await coverage({...input, nodes})
    expect(rows.map(r => [r.kernel, r.nodes, r.count])).toEqual([
      ['6.12.1+deb13-amd64', [], 1],
      ['6.12.117+deb13-amd64', ['a', 'b'], 2],
    ])
    expect(summary).toEqual({nodes: 3, kernels: 2, yes: 1, no: 1, unknown: 0})
    expect(exit).toBe(1)
    expect((await coverage({...input, nodes: nodes.slice(0, 2)})).exit).toBe(0)
  })
})

test('the gate passes only what is known to work', async () => {
  expect(await gate('6.12.117+deb13-amd64', input)).toMatchObject({allowed: true, exit: 0})
  expect(await gate('6.12.999+deb13-amd64', input)).toMatchObject({allowed: false, exit: 1})
  expect(await gate('6.11.0-300.fc43.x86_64', input)).toMatchObject({allowed: false})
  const exists = imagesOf(repository, ['v0.1.0-fc43'])
  expect(await gate('6.11.0-300.fc43.x86_64', {...input, exists})).toMatchObject({allowed: true})
})

describe('parseNodes', () => {
  const node = {metadata: {name: 'n1'}, status: {nodeInfo: {kernelVersion: '6.12.1', architecture: 'arm64'}}}

  test('reads kubectl’s list, one node, and plain lines', () => {
    const wanted = [{name: 'n1', kernel: '6.12.1', arch: 'arm64'}]
    expect(parseNodes(JSON.stringify({kind: 'List', items: [node]}), 'n.json')).toEqual(wanted)
    expect(parseNodes(JSON.stringify(node), 'n.json')).toEqual(wanted)
    expect(parseNodes('6.12.1\r\nn2\t6.1.0-1-amd64\n', 'n.txt')).toEqual([
      {kernel: '6.12.1'},
      {name: 'n2', kernel: '6.1.0-1-amd64'},
    ])
  })

  test('refuses anything else, at its line', () => {
    for (const text of ['{"items": [{}]}', '{', '6.12.1\nhello\n', 'a 6.12.1 b'])
      expect(() => parseNodes(text, 'f'), text).toThrow(/K030/)
  })
})

describe('addenda', () => {
  const image = (name: string) => ({
    ...{kernel: name, line: 'trixie', arch: 'amd64' as const, digest: `sha256:${'1'.repeat(64)}`},
    tag: `v0.2.0-${name.replace('+', '_')}`,
    inputs: {compiler: 'gcc-14', toolbox: 'a', source: `sha256:${'2'.repeat(64)}`, packages: []},
  })
  const addendum = makeAddendum('0.2.0', 1_764_064_800, [
    image('6.12.119+deb13-amd64'),
    image('6.12.118+deb13-amd64'),
  ])

  test('are sorted, dated and come back as they were', () => {
    expect(addendum.created).toBe('2025-11-25T10:00:00Z')
    expect(addendum.images.map(i => i.kernel)).toEqual(['6.12.118+deb13-amd64', '6.12.119+deb13-amd64'])
    const text = addendumText(addendum)
    expect(addendumText(readAddendum(text, 'a.json'))).toBe(text)
  })

  test('count as images, and what is in them need not be built again', () => {
    const tags = releasedTags('0.2.0', testLock({}), [addendum])
    expect(tags).toContain('v0.2.0-6.12.118_deb13-amd64')
    const newer = testLock({trixie: [kernel('6.12.118+deb13-amd64'), kernel('6.12.120+deb13-amd64')]})
    expect(kernelsWithoutImage('0.2.0', newer, tags).map(k => k.kernel)).toEqual(['6.12.120+deb13-amd64'])
  })

  test('refuse a tag that no mapping would ask for, and a file that is none', () => {
    expect(() => makeAddendum('0.3.0', 0, [image('6.12.118+deb13-amd64')])).toThrow(/K040/)
    expect(() => readAddendum('{"apiVersion": 1}', 'a.json')).toThrow(/K040/)
    const text = addendumText(addendum).replace('"release": "0.2.0"', '"release": "0.2.1"')
    expect(() => readAddendum(text, 'a.json')).toThrow(/K040/)
  })
})

test('a Dockerfile for each line that is built in the cluster', () => {
  const build = {
    version: '0.2.0',
    downloads: 'https://github.com/owner/mock-device/releases/download/v0.2.0',
    tarball: 'mock-device-v0.2.0-kernel-driver.tar.gz',
    folder: 'kernel-driver',
    module: 'mock-accel',
    firmware: ['firmware/mock-accel-wordlist.txt'],
  }
  const [file, ...others] = dockerfiles(lines, build)
  expect(others).toEqual([])
  expect(file?.line).toBe('fedora-43')
  expect(file?.text).toContain('FROM registry.example.com/fedora:43 AS build\nARG KERNEL_FULL_VERSION\n')
  expect(file?.text).toContain('/out/firmware/mock-accel-wordlist.txt')
  expect(file?.text).toContain('sha256sum --strict -c')
  expect(file?.text).not.toMatch(/undefined| \n/)
})

import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import tls from 'node:tls'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {realExec} from '../../effects/exec.ts'
import {faultyFetch} from '../../effects/faulty.ts'
import {realFiles} from '../../effects/files.ts'
import {openTarget} from '../../effects/open-target.ts'
import type {Fetch} from '../effects.ts'
import {copyTree, pushPacked} from '../oci/copy.ts'
import {blobOf, mediaTypes} from '../oci/descriptor.ts'
import {packImage, packLayer} from '../oci/image.ts'
import {packArtifact, packIndex} from '../oci/manifest.ts'
import type {Target} from '../oci/target.ts'
import {verifyTree} from '../oci/verify.ts'
import {fallbackTag} from './referrers.ts'

const mtime = 1_767_225_600
const files = realFiles({durable: false})
const stops: (() => Promise<unknown>)[] = []
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'registry-'))
})
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
  await rm(dir, {recursive: true, force: true})
})

async function registry(name: string, options: Parameters<typeof startDockerRegistry>[1] = {}) {
  const started = await startDockerRegistry(join(dir, name), options)
  stops.push(started.stop)
  return started
}
function open(text: string, world: {fetch?: Fetch; config?: string; quick?: boolean} = {}): Target {
  const env = {DOCKER_CONFIG: join(dir, world.config ?? 'no-config')}
  return openTarget(
    text,
    {files, exec: realExec, fetch: world.fetch ?? fetch, env},
    world.quick ? {retry: {first: 1, most: 2}} : {},
  )
}
/** A program of the toolbox; `/build` is this test's folder. Its standard output, if it ended well. */
async function tool(...command: string[]): Promise<string> {
  const toolbox = await openToolbox()
  const {code, stdout, stderr} = await toolbox.run(command, {binds: [{from: dir, to: '/build'}]})
  expect(code, `${command.join(' ')}: ${stderr}`).toBe(0)
  return stdout.toString()
}

const base = await packLayer([{type: 'file', path: 'bin/sh', mode: 0o755, data: Buffer.from('#!shell')}], {
  mtime,
})
const made = ['amd64', 'arm64'].map(async architecture =>
  packImage({
    platform: {os: 'linux', architecture},
    created: mtime,
    layers: [base, await packLayer([{type: 'file', path: 'arch', data: Buffer.from(architecture)}], {mtime})],
    config: {labels: {'org.opencontainers.image.version': '0.2.0'}},
  }),
)
const images = await Promise.all(made)
const index = packIndex({manifests: images})
const sbom = packArtifact({
  artifactType: 'application/spdx+json',
  layers: [blobOf('{"sbom":1}', 'application/spdx+json')],
  subject: index.descriptor,
  annotations: {about: 'what is inside'},
})
async function publish(target: Target) {
  const repository = target.repository('module')
  await pushPacked(repository, index)
  await pushPacked(repository, sbom)
  await repository.tag('v0.2.0', index.descriptor)
  return repository
}

describe('the real registry', () => {
  it('gives skopeo and oras what we pushed', {timeout: 120_000}, async () => {
    const {host} = await registry('plain')
    const repository = await publish(open(`${host}/acme`))
    expect((await verifyTree(repository, 'v0.2.0')).problems).toEqual([])
    expect(await repository.tags()).toEqual([fallbackTag(index.descriptor.digest), 'v0.2.0'])
    expect((await repository.referrers(index.descriptor.digest)).map(d => d.digest)).toEqual([
      sbom.descriptor.digest,
    ])

    const image = `${host}/acme/module:v0.2.0`
    const arm = ['--override-arch', 'arm64', '--override-os', 'linux']
    const seen = JSON.parse(
      await tool('skopeo', ...arm, 'inspect', '--tls-verify=false', `docker://${image}`),
    )
    expect(seen).toMatchObject({
      Digest: index.descriptor.digest,
      Architecture: 'arm64',
      Created: '2026-01-01T00:00:00Z',
      Labels: {'org.opencontainers.image.version': '0.2.0'},
    })
    const discovered = await tool('oras', 'discover', '--plain-http', '--format', 'json', image)
    expect(discovered).toContain(sbom.descriptor.digest)
    expect(discovered).toContain('application/spdx+json')

    await files.mkdir(join(dir, 'theirs'))
    // Back from their copy: the same digest, every blob right.
    await tool(
      'skopeo',
      'copy',
      '-q',
      '--all',
      '--insecure-policy',
      '--src-tls-verify=false',
      `docker://${image}`,
      'oci:/build/theirs/module:v0.2.0',
    )
    const theirs = open(`oci:${join(dir, 'theirs')}`).repository('module')
    expect(await theirs.resolve('v0.2.0')).toMatchObject({digest: index.descriptor.digest})
    expect((await verifyTree(theirs, 'v0.2.0')).problems).toEqual([])
  })

  it('takes large blobs in chunks after a broken upload, and mounts', {timeout: 120_000}, async () => {
    const {host} = await registry('chunks')
    const large = blobOf(Buffer.alloc((40 << 20) + 77, 'mock-device'), mediaTypes.layer)
    let puts = 0
    let patches = 0
    const breaking = faultyFetch(fetch, (_, url, init) => {
      if (init?.method === 'PUT' && url.pathname.includes('/uploads/') && ++puts === 1) return 'refuse'
      if (init?.method === 'PATCH' && ++patches === 2) return 'cut'
      return undefined
    })
    const target = open(host, {fetch: breaking, quick: true})
    expect(await target.repository('a').pushBlob(large)).toBe('pushed')
    expect(patches).toBeGreaterThan(2)
    expect(await target.repository('b').pushBlob(large)).toBe('linked')
    for (const name of ['a', 'b']) {
      let size = 0
      for await (const part of open(host).repository(name).readBlob(large.descriptor).open())
        size += part.length
      expect(size).toBe(large.descriptor.size)
    }
  })

  it('is published to once: a second run sends nothing', {timeout: 120_000}, async () => {
    const {host} = await registry('twice')
    await publish(open(`${host}/acme`))
    const counted = faultyFetch(fetch, () => undefined)
    await publish(open(`${host}/acme`, {fetch: counted}))
    const sent = counted.calls.filter(c => !/^(GET|HEAD)/.test(c))
    expect(sent).toEqual([`PUT /v2/acme/module/manifests/${sbom.descriptor.digest}`])
    const other = images[0]?.descriptor ?? index.descriptor
    await expect(open(`${host}/acme`).repository('module').tag('v0.2.0', other)).rejects.toThrow(/O010/)
  })

  it('is spoken to with TLS and a password', {timeout: 120_000}, async () => {
    const {host, certificate = ''} = await registry('secured', {tls: true, auth: true})
    const target = `https://${host}/acme`
    await expect(publish(open(target))).rejects.toThrow(/R006.*self-signed/)
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate])
    await expect(publish(open(target))).rejects.toThrow(/R003.*none are known/)
    const login = async (name: string, password: string) => {
      const auths = {[host]: {auth: Buffer.from(`ann:${password}`).toString('base64')}}
      await files.write(join(dir, name, 'config.json'), Buffer.from(JSON.stringify({auths})))
    }
    await login('wrong', 'guess')
    await expect(publish(open(target, {config: 'wrong'}))).rejects.toThrow(/R003.*refuses/)
    await login('right', 'secret')
    const repository = await publish(open(target, {config: 'right'}))
    expect((await verifyTree(repository, 'v0.2.0')).problems).toEqual([])
    const image = `docker://${host}/acme/module:v0.2.0`
    const seen = await tool(
      'skopeo',
      'inspect',
      '--raw',
      '--tls-verify=false',
      '--creds',
      'ann:secret',
      image,
    )
    expect(seen).toBe(index.bytes.toString())
  })
})

describe('our layout', () => {
  it('is read by skopeo and oras', {timeout: 120_000}, async () => {
    await publish(open(`oci:${join(dir, 'ours')}`))
    const raw = await tool('skopeo', 'inspect', '--raw', 'oci:/build/ours/module:v0.2.0')
    expect(raw).toBe(index.bytes.toString())
    const fetched = await tool('oras', 'manifest', 'fetch', '--oci-layout', '/build/ours/module:v0.2.0')
    expect(JSON.parse(fetched)).toEqual(JSON.parse(raw))
    const discovered = await tool(
      'oras',
      'discover',
      '--oci-layout',
      '--format',
      'json',
      '/build/ours/module:v0.2.0',
    )
    expect(discovered).toContain(sbom.descriptor.digest)
  })

  it('is copied to a registry and back without a changed byte', {timeout: 120_000}, async () => {
    const {host} = await registry('copies')
    const ours = await publish(open(`oci:${join(dir, 'source')}`))
    const there = open(host).repository('x')
    await there.tag('v0.2.0', await copyTree(ours, 'v0.2.0', there))
    const back = open(`oci:${join(dir, 'back')}`).repository('module')
    await back.tag('v0.2.0', await copyTree(there, 'v0.2.0', back))
    await copyTree(ours, sbom.descriptor.digest, back)
    await writeFile(join(dir, 'compare.sh'), 'diff -r /build/source /build/back')
    await tool('sh', '/build/compare.sh')
  })
})

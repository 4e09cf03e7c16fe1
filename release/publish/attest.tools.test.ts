import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type DockerRegistry, startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {type CosignSuite, cosign} from '#testbed/tools/cosign.ts'
import {buildSmall, smallKernel} from '../build/testing.ts'
import {realExec} from '../effects/exec.ts'
import {realFiles} from '../effects/files.ts'
import {memoryFiles} from '../effects/memory-files.ts'
import {openTarget} from '../effects/open-target.ts'
import {silentProgress} from '../effects/progress.ts'
import type {Target} from '../lib/oci/target.ts'
import {bundleBytes} from '../trust/bundle.ts'
import {predicates} from '../trust/statement.ts'
import {testSigner, testSource} from '../trust/testing.ts'
import {readFileSignatures} from './file-signatures.ts'
import {publish} from './publish.ts'
import {readStaged, type Staged} from './staged.ts'
import {filesOfArtifact, verifyRelease} from './verify.ts'

const dir = mkdtempSync(join(tmpdir(), 'attest-'))
const {signer, verifier, publicKey, privateKey} = testSigner()
let registry: DockerRegistry
let target: Target
let staged: Staged
beforeAll(async () => {
  registry = await startDockerRegistry(dir)
  const world = {files: realFiles({durable: false}), exec: realExec, fetch, env: {}}
  target = openTarget(`${registry.host}/acme`, world)
  const files = memoryFiles()
  await buildSmall(files, {kernels: [smallKernel('6.12.2+deb13-amd64')]})
  staged = await readStaged('/dist', files)
  await publish(staged, target, silentProgress, {signer, source: testSource})
  writeFileSync(join(dir, 'release.pub'), publicKey.export({format: 'pem', type: 'spki'}))
  writeFileSync(join(dir, 'release.key'), privateKey)
  writeFileSync(join(dir, 'nobody.json'), nobody)
  writeFileSync(join(dir, 'other.pub'), testSigner().publicKey.export({format: 'pem', type: 'spki'}))
})
afterAll(async () => {
  await registry.stop()
  rmSync(dir, {recursive: true, force: true})
})

const nobody = '{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'

/** A program of the toolbox, or cosign of a suite in it; `/build` is this test's folder. */
async function run(...command: string[]) {
  const [program = '', ...rest] = command
  const suite = /^cosign-(.+)$/.exec(program)?.[1] as CosignSuite | undefined
  const binds = [{from: dir, to: '/build'}]
  if (suite) binds.push({from: await cosign(suite), to: '/build/cosign'})
  const toolbox = await openToolbox()
  const env = {COSIGN_PASSWORD: ''}
  const words = suite ? ['/build/cosign', ...rest] : command
  const {code, stdout, stderr} = await toolbox.run(words, {binds, cwd: '/build', env})
  return {code, out: stdout.toString(), err: stderr.toString()}
}
const reference = (repository: string, tag: string) => `${registry.host}/acme/${repository}:${tag}`
const offline = ['--insecure-ignore-tlog=true', '--allow-http-registry']

describe.each<[CosignSuite, string[]]>([
  ['forky', []],
  // Version 2 reads bundles when told to, and asks sigstore's servers for keys unless given some, be it none.
  ['trixie', ['--new-bundle-format', '--trusted-root', 'nobody.json']],
])('cosign of %s', (suite, format) => {
  test.each([
    ['charts/mock-device', '0.2.0'],
    ['mock-accel-module', 'v0.2.0-6.12.2_deb13-amd64'],
    ['mock-device', 'v0.2.0'],
  ])('verifies signature and provenance of %s', async (repository, tag) => {
    const image = reference(repository, tag)
    const key = ['--key', 'release.pub', ...offline]
    const signed =
      suite === 'forky' ? ['verify'] : ['verify-attestation', ...format, '--type', predicates.signature]
    expect(await run(`cosign-${suite}`, ...signed, ...key, image)).toMatchObject({code: 0})
    const attested = ['verify-attestation', ...format, '--type', 'slsaprovenance1', ...key, image]
    const found = await run(`cosign-${suite}`, ...attested)
    expect(found).toMatchObject({code: 0})
    const {payload} = JSON.parse(found.out.split('\n')[0] ?? '')
    const statement = JSON.parse(Buffer.from(payload, 'base64').toString())
    expect(statement.predicate.buildDefinition.resolvedDependencies[0].digest).toEqual({
      gitCommit: testSource.commit,
    })
  })

  test('refuses another key', async () => {
    const key = ['--key', 'other.pub', ...offline]
    const image = reference('charts/mock-device', '0.2.0')
    const attested = ['verify-attestation', ...format, '--type', 'slsaprovenance1', ...key, image]
    expect((await run(`cosign-${suite}`, ...attested)).code).not.toBe(0)
  })

  test('verifies SHA256SUMS by the bundle that oras brings', async () => {
    const repository = target.repository('mock-device')
    const root = await repository.resolve('v0.2.0')
    if (!root) throw new Error('no release')
    const {sets} = await readFileSignatures(repository, root.digest)
    for (const [name, bundle] of sets[0] ?? []) writeFileSync(join(dir, name), bundleBytes(bundle))
    expect((await run('oras', 'pull', '--plain-http', reference('mock-device', 'v0.2.0'))).code).toBe(0)
    const blob = ['verify-blob', ...format, '--key', 'release.pub', '--insecure-ignore-tlog=true']
    const bundle = ['--bundle', 'SHA256SUMS.sigstore.json', 'SHA256SUMS']
    expect(await run(`cosign-${suite}`, ...blob, ...bundle)).toMatchObject({code: 0})
    expect((await run('sha256sum', '-c', '--strict', 'SHA256SUMS')).code).toBe(0)
    writeFileSync(join(dir, 'SHA256SUMS'), `${readFileSync(join(dir, 'SHA256SUMS'))} `)
    expect((await run(`cosign-${suite}`, ...blob, ...bundle)).code).not.toBe(0)
  })
})

test('oras lists what hangs on an image, by type', async () => {
  const args = ['discover', '--plain-http', '--format', 'json', reference('charts/mock-device', '0.2.0')]
  const {code, out, err} = await run('oras', ...args)
  expect({code, err}).toEqual({code: 0, err: ''})
  const found = JSON.parse(out)
  const types = (found.manifests ?? found.referrers).map((m: {artifactType: string}) => m.artifactType)
  expect(types.sort()).toEqual([
    'application/spdx+json',
    'application/vnd.cyclonedx+json',
    'application/vnd.dev.sigstore.bundle.v0.3+json',
    'application/vnd.dev.sigstore.bundle.v0.3+json',
  ])
})

test('what cosign has signed with the same key is accepted, and no second signature is added', async () => {
  const other = openTarget(`${registry.host}/other`, {
    files: realFiles({durable: false}),
    exec: realExec,
    fetch,
    env: {},
  })
  await publish(staged, other, silentProgress)
  const imported = ['import-key-pair', '--key', 'release.key', '--output-key-prefix', 'imported', '-y']
  expect(await run('cosign-forky', ...imported)).toMatchObject({code: 0})
  const sign = ['sign', '--yes', '--key', 'imported.key', '--use-signing-config=false', '--tlog-upload=false']
  const image = `${registry.host}/other/charts/mock-device:0.2.0`
  expect(await run('cosign-forky', ...sign, '--allow-http-registry', image)).toMatchObject({code: 0})
  const kinds: string[] = []
  const attached = (all: readonly {repository: string; kind: string; action: string}[]) =>
    kinds.push(...all.filter(a => a.repository.includes('charts/') && a.action === 'done').map(a => a.kind))
  await publish(staged, other, silentProgress, {signer, source: testSource, attached})
  expect(kinds).toEqual(['signature'])
  const files = await filesOfArtifact(other, 'mock-device', 'v0.2.0')
  const own = {repository: 'mock-device', tag: 'v0.2.0', floating: []}
  const trusted = {verifier, product: 'mock-device', version: '0.2.0'}
  expect(files && (await verifyRelease({target: other, files, own, trusted})).problems).toEqual([])
})

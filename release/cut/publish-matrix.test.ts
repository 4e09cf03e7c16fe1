import {beforeEach, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {type RegistryServer, startRegistry} from '#testbed/registry/server.ts'
import {Killed} from '../effects/faulty.ts'
import {memoryFiles} from '../effects/memory-files.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import type {Target} from '../lib/oci/target.ts'
import {registryTarget} from '../lib/registry/registry.ts'
import {fetchMatrix, packMatrix, parseMatrixReference, type Revision} from '../publish/matrix.ts'
import type {Signer} from '../trust/signer.ts'
import {testSigner} from '../trust/testing.ts'
import {matrixSteps} from './publish-matrix.ts'
import {isOpenCall, planSteps, runSteps} from './step.ts'
import {contentsOf, type Steps, steppedTarget, steps} from './testing.ts'

const revision = (version: string, created: string, text = `${version} ${created}`): Revision => ({
  product: 'example',
  source: 'https://example.com/repo',
  version,
  created,
  text: Buffer.from(text),
})
const first = revision('0.2.0', '2026-11-21T10:00:00Z')
const second = revision('0.2.0', '2026-11-21T12:00:00Z')
const older = revision('0.1.7', '2026-12-24T10:00:00Z')
const digestOf = (of: Revision) => packMatrix(of).descriptor.digest
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'right',
    (error: DiagnosticError) => error.diagnostics[0]?.code,
  )

let to: Target
beforeEach(() => {
  to = layoutTarget(memoryFiles(), '/registry')
})
const publish = (of: Revision, signer?: Signer) => runSteps(matrixSteps(of, to, signer))
const tagAt = async (tag: string) => (await to.repository('example-matrix').resolve(tag))?.digest

test.each([[[first, second, older]], [[older, second, first]], [[second, older, first]]])(
  'whatever the order, each has its tag, and that of the channel ends at the newest',
  async order => {
    for (const one of order) await publish(one)
    const own = (await to.repository('example-matrix').tags()).filter(tag => tag !== 'stable')
    expect(own.map(tag => tag.split('.')[0])).toEqual(['20261121', '20261121', '20261224'])
    expect(await tagAt('stable')).toBe(digestOf(second))
  },
)

test('candidates have a tag of their own; a second run finds nothing to do', async () => {
  const rc = revision('0.3.0-rc.1', '2026-11-22T10:00:00Z')
  await publish(first)
  await publish(rc)
  expect([await tagAt('stable'), await tagAt('rc')]).toEqual([digestOf(first), digestOf(rc)])
  const {signer} = testSigner()
  const again = await planSteps(matrixSteps(rc, to, signer))
  expect(again.flatMap(s => s.calls).map(c => c.state)).toEqual(['done', 'open', 'done'])
  await publish(rc, signer)
  expect((await publish(rc, signer)).flatMap(s => s.calls).filter(isOpenCall)).toEqual([])
})

test.each(['before', 'after'] as const)('killed %s every call, the next run finishes', async when => {
  const run = async (files: ReturnType<typeof memoryFiles>, count: Steps, signer?: Signer) => {
    const target = steppedTarget(layoutTarget(files, '/registry'), count)
    for (const one of [first, second]) await runSteps(matrixSteps(one, target, signer))
  }
  const calm = memoryFiles()
  const count = steps()
  await run(calm, count)
  expect(count.calls.length).toBeGreaterThan(10)
  for (let at = 1; at <= count.calls.length; at++) {
    const files = memoryFiles()
    await expect(run(files, steps(at, when))).rejects.toThrow(Killed)
    await run(files, steps())
    expect(contentsOf(files), `${when} call ${at}: ${count.calls[at - 1]}`).toEqual(contentsOf(calm))
  }
})

test('by digest it is fetched once and is there offline from then on, with its signature', async () => {
  const server: RegistryServer = await startRegistry({referrers: false})
  const registry = registryTarget({
    host: server.host,
    origin: `http://${server.host}`,
    prefix: 'acme',
    fetch,
    credentials: async () => undefined,
  })
  const cache = layoutTarget(memoryFiles(), '/cache').repository('x')
  const from = registry.repository('example-matrix')
  const {signer, verifier} = testSigner()
  try {
    await runSteps(matrixSteps(first, registry, undefined))
    const digest = digestOf(first)
    expect((await fetchMatrix('stable', from, cache)).digest).toBe(digest)
    expect(await code(fetchMatrix(digest, from, cache, verifier))).toBe('W010')
    // Signed later: what lies in the cache is no reason to miss it.
    await runSteps(matrixSteps(first, registry, signer))
    expect((await fetchMatrix(digest, from, cache, verifier)).text).toEqual(first.text)
    expect(await code(fetchMatrix('gone', from, cache))).toBe('O002')
    server.requests.length = 0
    expect((await fetchMatrix(digest, from, cache, verifier)).text).toEqual(first.text)
    expect(server.requests).toEqual([])
  } finally {
    await server.close()
  }
  expect((await fetchMatrix(digestOf(first), from, cache, verifier)).text).toEqual(first.text)
})

test('a stranger’s signature, and another kind of artifact, are refused', async () => {
  const from = to.repository('example-matrix')
  const cache = layoutTarget(memoryFiles(), '/cache').repository('x')
  await publish(first, testSigner('other.key').signer)
  expect(await code(fetchMatrix('stable', from, cache, testSigner().verifier))).toBe('W013')
  const image = packArtifact({artifactType: 'application/x', layers: []})
  await pushPacked(from, image)
  expect(await code(fetchMatrix(image.descriptor.digest, from, cache))).toBe('P042')
})

test('references', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const host = {registry: 'localhost:5000', repository: 'm', reference: 'stable'}
  expect(parseMatrixReference('oci://localhost:5000/m:stable')).toEqual(host)
  expect(parseMatrixReference(`oci://ghcr.io/a/b/m-matrix:v1@${digest}`)).toEqual({
    registry: 'ghcr.io/a/b',
    repository: 'm-matrix',
    reference: digest,
  })
  for (const bad of ['oci://ghcr.io/a/m', 'oci://ghcr.io', `oci://ghcr.io/a/m@sha256:abc`, 'oci://x/y:'])
    expect(() => parseMatrixReference(bad), bad).toThrow(DiagnosticError)
})

import {beforeAll, describe, expect, test} from 'vitest'
import {startRegistry} from '#testbed/registry/server.ts'
import {buildSmall, smallKernel} from '../build/testing.ts'
import {faultyFiles, Killed} from '../effects/faulty.ts'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import {parseDigest} from '../lib/digest.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {blobOf} from '../lib/oci/descriptor.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import type {Target} from '../lib/oci/target.ts'
import {registryTarget} from '../lib/registry/registry.ts'
import {bundleType} from '../trust/bundle.ts'
import {fileSignaturesType, packBundle, packSbom} from '../trust/referrers.ts'
import {cyclonedxType, spdxType} from '../trust/sbom/index.ts'
import {predicates, type Statement, signatureStatement, statementIn} from '../trust/statement.ts'
import {testSigner, testSource} from '../trust/testing.ts'
import type {Verifier} from '../trust/verifier.ts'
import type {Attachment, Signing} from './attest.ts'
import {sumsBundle} from './file-signatures.ts'
import {planAttest, publish} from './publish.ts'
import {readReferrers} from './referrers.ts'
import {readStaged, type Staged} from './staged.ts'
import {filesOfArtifact, verifyRelease} from './verify.ts'

const {signer, verifier, privateKey} = testSigner()
const signing: Signing = {signer, source: testSource}
const kernels = [smallKernel('6.12.2+deb13-amd64')]
let staged: Staged
/** A signed release in a folder, of which each test that changes something takes a copy. */
let signed: MemoryFiles
beforeAll(async () => {
  const files = memoryFiles()
  await buildSmall(files, {kernels})
  staged = await readStaged('/dist', files)
  signed = memoryFiles()
  await publishTo(layoutTarget(signed, '/oci'))
})

async function publishTo(target: Target, by: Signing | undefined = signing): Promise<Attachment[]> {
  const all: Attachment[] = []
  const attached = (more: readonly Attachment[]) => all.push(...more)
  await publish(staged, target, silentProgress, by && {...by, attached})
  return all.filter(a => a.action === 'push')
}

async function problems(target: Target, by: Verifier = verifier, version = '0.2.0') {
  const own = {repository: 'mock-device', tag: `v${version}`, floating: []}
  const files = await filesOfArtifact(target, own.repository, own.tag)
  if (!files) throw new Error('no release there')
  const trusted = {verifier: by, product: 'mock-device', version}
  return verifyRelease({target, files, own, trusted})
}
async function codes(target: Target, by?: Verifier): Promise<string[]> {
  return (await problems(target, by)).problems.map(p => p.code)
}

/** A copy of the signed release, its chart, and what somebody who may write there can do. */
function copy() {
  const files = memoryFiles(Object.fromEntries(signed.tree))
  const target = layoutTarget(files, '/oci')
  const item = staged.artifacts.find(a => a.artifact.recipe.kind === 'chart')
  if (!item) throw new Error('no chart')
  const repository = target.repository(item.oci.repository)
  type Entry = {digest: string; annotations?: Record<string, string>}
  const editIndex = (name: string, edit: (entries: Entry[]) => Entry[]) => {
    const path = `/oci/${name}/index.json`
    const index = JSON.parse(String(files.tree.get(path)))
    files.tree.set(path, Buffer.from(JSON.stringify({...index, manifests: edit(index.manifests)})))
  }
  const removeReferrers = (which: string) =>
    editIndex(item.oci.repository, entries => entries.filter(e => !JSON.stringify(e).includes(which)))
  const hang = (statement: Statement, bundle: Parameters<typeof packBundle>[1]) =>
    pushPacked(repository, packBundle(item.root, bundle, statement.predicateType))
  return {files, target, item, repository, editIndex, removeReferrers, hang}
}

test('into a registry: all of it hangs there before the version tag; a second run sends nothing', async () => {
  const server = await startRegistry({})
  const target = registryTarget({
    host: server.host,
    origin: `http://${server.host}`,
    prefix: 'acme',
    fetch: globalThis.fetch,
    credentials: async () => undefined,
    retry: {first: 0, most: 1, sleep: async () => {}},
  })
  expect(await publishTo(target)).toHaveLength(4 * 4 + 1)
  const puts = server.requests.filter(r => /^PUT .*\/charts\/mock-device\/manifests\//.test(r))
  expect(puts.at(-1)).toMatch(/manifests\/0\.2\.0$/)
  // The artifact, then each referrer and the list of them.
  expect(puts).toHaveLength(1 + 4 * 2 + 1)
  const result = await problems(target)
  expect(result.problems).toEqual([])
  expect(result.signed).toHaveLength(4)

  server.requests.length = 0
  expect(await publishTo(target)).toEqual([])
  expect(server.requests.filter(r => !/^(?:HEAD|GET) /.test(r))).toEqual([])
  await server.close()
})

describe('publishing with a key', () => {
  test('into a folder is the same', async () => {
    const {target} = copy()
    expect(await problems(target)).toMatchObject({problems: [], signed: {length: 4}})
    expect(await publishTo(target)).toEqual([])
  })

  test('adds to what was published without, and no tag moves', async () => {
    const target = layoutTarget(memoryFiles(), '/oci')
    await publish(staged, target, silentProgress)
    // Once for all, not for each artifact.
    expect(await codes(target)).toEqual(['W010'])
    expect((await planAttest(staged, target, signing)).every(a => a.action === 'push')).toBe(true)
    await publishTo(target)
    expect(await codes(target)).toEqual([])
  })

  test('signatures over files that others hang there are in nobody’s way', async () => {
    const target = layoutTarget(memoryFiles(), '/oci')
    const stranger = testSigner('a stranger')
    await publishTo(target, {signer: stranger.signer, source: testSource})
    const release = staged.artifacts.find(a => a.artifact.recipe.kind === 'release')
    if (!release) throw new Error('no release')
    const repository = target.repository(release.oci.repository)
    const garbage = blobOf('{}', bundleType, {'org.opencontainers.image.title': sumsBundle})
    const artifactType = fileSignaturesType
    await pushPacked(repository, packArtifact({artifactType, layers: [garbage], subject: release.root}))
    expect(new Set((await publishTo(target)).map(a => a.kind))).toEqual(
      new Set(['signature', 'provenance', 'file-signatures']),
    )
    expect(await publishTo(target)).toEqual([])
    expect([await codes(target), await codes(target, stranger.verifier)]).toEqual([[], []])
    expect(await codes(target, testSigner('nobody').verifier)).toContain('W013')
  })

  test('of another commit, adds that provenance beside, and no signature', async () => {
    const {target} = copy()
    const added = await publishTo(target, {signer, source: {...testSource, commit: 'd'.repeat(40)}})
    expect(new Set(added.map(a => a.kind))).toEqual(new Set(['provenance', 'file-signatures']))
  })

  test('puts the commit into the provenance and nowhere else, the private key nowhere at all', () => {
    const secret = privateKey.split('\n')[1] ?? ''
    const provenances = new Set<string>()
    for (const bytes of signed.tree.values()) {
      const text = bytes.toString('latin1')
      const payload = /"payload":"([^"]+)"/.exec(text)?.[1] ?? ''
      const inside = Buffer.from(payload, 'base64').toString()
      expect(text).not.toContain(secret)
      expect(text).not.toContain(testSource.commit)
      if (inside.includes(testSource.commit)) provenances.add(inside)
    }
    expect([...provenances].every(p => p.includes(predicates.provenance))).toBe(true)
    expect(provenances.size).toBe(5)
  })
})

test('killed at any file operation, the next run finishes it, and no consumer sees a tag without its signature', async () => {
  const counted = faultyFiles(memoryFiles(), {failAt: Number.POSITIVE_INFINITY, error: 'kill'})
  await publishTo(layoutTarget(counted, '/oci'))
  // Looks change nothing: only where something is written can two states differ.
  const points = counted.calls.flatMap((call, i) =>
    /^(write|link|rename|remove|exclusive) /.test(call) ? [i + 1] : [],
  )
  expect(points.length).toBeGreaterThan(40)
  for (const at of points) {
    const files = memoryFiles()
    const killed = faultyFiles(files, {failAt: at, error: 'kill'})
    await expect(publishTo(layoutTarget(killed, '/oci'))).rejects.toThrow(Killed)
    const target = layoutTarget(files, '/oci')
    for (const {oci, root} of staged.artifacts) {
      const repository = target.repository(oci.repository)
      const tagged = (await repository.tags()).some(tag => oci.tags.includes(tag))
      if (tagged) expect((await repository.referrers(root.digest)).length).toBeGreaterThanOrEqual(4)
    }
    await publishTo(target)
    expect((await problems(target)).problems, `killed at ${at}: ${killed.calls[at - 1]}`).toEqual([])
    for (const {oci, root, artifact} of staged.artifacts)
      expect(await target.repository(oci.repository).referrers(root.digest)).toHaveLength(
        artifact.recipe.kind === 'release' ? 5 : 4,
      )
  }
}, 60_000)

describe('verifying tells', () => {
  test('a key that is not theirs', async () => {
    const found = await codes(copy().target, testSigner().verifier)
    expect(new Set(found)).toEqual(new Set(['W013']))
  })

  test('a changed blob', async () => {
    const {files, target} = copy()
    const found = [...files.tree].find(
      ([p, b]) => p.startsWith('/oci/mock-accel-module/blobs') && b[0] === 0x1f,
    )
    const [path, bytes] = found ?? ['', Buffer.alloc(0)]
    files.tree.set(path, Buffer.from(bytes.map(b => b ^ 1)))
    expect(await codes(target)).toContain('O021')
  })

  test('a swapped tag', async () => {
    const {target, item, editIndex} = copy()
    editIndex(item.oci.repository, entries => {
      const [tagged, other] = [
        entries.find(e => e.digest === item.root.digest),
        entries.find(e => e.digest !== item.root.digest),
      ]
      return entries.map(e => (e === tagged ? {...e, digest: other?.digest ?? ''} : e))
    })
    expect(await codes(target)).toContain('P034')
  })

  test('an older release under a newer version’s tag, though all of it is signed', async () => {
    const {target, editIndex} = copy()
    const ref = 'org.opencontainers.image.ref.name'
    editIndex('mock-device', entries => [
      ...entries,
      ...entries
        .filter(e => e.annotations?.[ref] === 'v0.2.0')
        .map(e => ({...e, annotations: {[ref]: 'v0.3.0'}})),
    ])
    const found = (await problems(target, verifier, '0.3.0')).problems
    expect(new Set(found.map(p => p.code))).toEqual(new Set(['W017']))
    expect(found.map(p => p.message).join('\n')).toContain('version 0.2.0')
  })

  test('a missing signature, bill of materials or provenance', async () => {
    const {target, removeReferrers} = copy()
    removeReferrers(cyclonedxType)
    expect(await codes(target)).toEqual(['W020'])
    removeReferrers(predicates.signature)
    expect((await codes(target)).sort()).toEqual(['W010', 'W020'])
    removeReferrers(predicates.provenance)
    expect(await codes(target)).toEqual(['W010', 'W030'])
  })

  test('a forged bill of materials', async () => {
    const {target, item, repository} = copy()
    await pushPacked(repository, packSbom(item.root, spdxType, '{"packages":[]}', 'x.spdx.json'))
    expect(await codes(target)).toEqual(['W021'])
  })

  test('a signature of something else; beside a good one it does no harm', async () => {
    const {target, removeReferrers, hang} = copy()
    const statement = signatureStatement(parseDigest(`sha256:${'0'.repeat(64)}`))
    const elsewhere = await signer.signStatement(statement)
    await hang(statement, elsewhere)
    expect(await codes(target)).toEqual([])
    removeReferrers(predicates.signature)
    await hang(statement, elsewhere)
    expect(await codes(target)).toEqual(['W017'])
  })

  test('a changed statement', async () => {
    const {target, item, repository, removeReferrers, hang} = copy()
    const {bundles} = await readReferrers(repository, item.root.digest)
    const good = bundles.find(b => statementIn(b.bundle, '')?.predicateType === predicates.provenance)?.bundle
    const statement = good && statementIn(good, '')
    if (!good?.dsseEnvelope || !statement) throw new Error('no provenance')
    const text = Buffer.from(good.dsseEnvelope.payload, 'base64').toString()
    const payload = Buffer.from(text.replace('cccc', 'dddd')).toString('base64')
    removeReferrers(predicates.provenance)
    await hang(statement, {...good, dsseEnvelope: {...good.dsseEnvelope, payload}})
    expect(await codes(target)).toEqual(['W011'])
  })

  test('a release that somebody else has made and put in its place', async () => {
    const forgery = memoryFiles()
    await buildSmall(forgery, {kernels, epoch: 1})
    const forged = layoutTarget(memoryFiles(), '/oci')
    await publish(await readStaged('/dist', forgery), forged, silentProgress)
    expect(await codes(forged)).toEqual(['W010'])
    expect(sumsBundle).toBe('SHA256SUMS.sigstore.json')
  })
})

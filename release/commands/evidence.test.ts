import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {realFiles} from '../effects/files.ts'
import {readRecord, recordFormat, type TestRecord} from '../evidence/record.ts'
import {evidenceReferrerType, packEvidence} from '../evidence/referrers.ts'
import {evidenceStatement} from '../evidence/statement.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {blobOf} from '../lib/oci/descriptor.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import {bundleType} from '../trust/bundle.ts'
import {testSigner} from '../trust/testing.ts'
import {copyOfCheckout, lockstep} from './testing.ts'

const dir = mkdtempSync(join(tmpdir(), 'evidence-'))
const {signer, privateKey, publicKey} = testSigner()
const at = (name: string) => join(dir, name)
let copy: Awaited<ReturnType<typeof copyOfCheckout>>
const git = (...args: string[]) =>
  execFileSync('git', args, {cwd: copy.root, stdio: 'pipe'}).toString().trim()
const run = (...args: string[]) => lockstep(copy.root, ...args)
const key = () => ['--key', at('release.pub')]

beforeAll(async () => {
  copy = await copyOfCheckout()
  expect(await run('generate')).toMatchObject({code: 0})
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('-c', 'user.name=T', '-c', 'user.email=t@example.com', 'commit', '-q', '-m', 'Start')
  execFileSync('git', ['init', '-q', '--bare', at('remote.git')])
  git('remote', 'add', 'origin', at('remote.git'))
  writeFileSync(at('release.key'), privateKey)
  writeFileSync(at('release.pub'), publicKey.export({type: 'spki', format: 'pem'}))
  const record = (name: string, records: TestRecord['records']): TestRecord => ({
    apiVersion: recordFormat,
    name,
    commit: git('rev-parse', 'HEAD'),
    changed: false,
    finished: '2026-12-24T10:00:00.000Z',
    passed: 5,
    failed: 0,
    skipped: 0,
    records,
  })
  const kernel = {proves: ['debian-13-amd64'], test: 'load', versions: {linux: '6.12.117+deb13-amd64'}}
  const node = {proves: ['kubernetes-for-0.2'], test: 'node', versions: {kubernetes: '1.36.4', crun: '1.21'}}
  mkdirSync(at('records'))
  for (const one of [record('guest', [kernel]), record('e2e', [node]), record('unit', [])])
    writeFileSync(at(`records/${one.name}.json`), JSON.stringify(one))
}, 120_000)
afterAll(() => {
  copy?.remove()
  rmSync(dir, {recursive: true, force: true})
})

test('what tests have shown is signed, verified and applied, and the notes tell it', async () => {
  const file = at('evidence.json')
  expect((await run('evidence', 'write', at('records'), '--out', file)).err).toContain('H005')
  const written = await run(
    'evidence',
    'write',
    at('records'),
    '--out',
    file,
    '--sign-key',
    at('release.key'),
  )
  expect(written).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('2 tests of e2e, guest, unit'),
  })
  expect(await run('evidence', 'verify', file)).toMatchObject({
    code: 2,
    err: expect.stringContaining('H005'),
  })
  const verified = await run('evidence', 'verify', file, ...key())
  expect(verified).toMatchObject({code: 0, out: expect.stringContaining('crun 1.21, kubernetes 1.36.4')})

  const before = readFileSync(join(copy.root, 'matrix/mock-device.yaml'), 'utf8')
  writeFileSync(join(copy.root, 'matrix/mock-device.yaml'), `${before}# more\n`)
  const changed = await run('evidence', 'write', at('records'), '--sign-key', at('release.key'))
  expect(changed).toMatchObject({code: 1, err: expect.stringContaining('H003')})
  writeFileSync(join(copy.root, 'matrix/mock-device.yaml'), before)
  const applied = await run('evidence', 'apply', file, ...key(), '-o', 'json')
  expect({code: applied.code, err: applied.err}).toEqual({code: 0, err: ''})
  expect(JSON.parse(applied.out).outcomes).toEqual([
    {id: 'debian-13-amd64', result: 'raised', from: 'expected'},
    {
      id: 'kubernetes-for-0.2',
      result: 'short',
      from: 'expected',
      why: expect.stringContaining('not run: kubernetes'),
    },
  ])
  const after = readFileSync(join(copy.root, 'matrix/mock-device.yaml'), 'utf8')
  const lost = before.split('\n').filter(line => !after.split('\n').includes(line))
  expect(lost).toEqual([])
  expect((await run('check')).code).toBe(0)
  const notes = readFileSync(join(copy.root, 'docs/release-notes/v0.2.0.md'), 'utf8')
  expect(notes).toMatch(
    /\| Kubernetes 1\.36\.4, crun 1\.21 \| `node` \| ✅ tested, 2026-12-24\[\^run-2026-12-24-/,
  )
  const again = await run('evidence', 'apply', file, ...key())
  expect(again.out).toContain('was tested already')
  expect(readFileSync(join(copy.root, 'matrix/mock-device.yaml'), 'utf8')).toBe(after)
}, 120_000)

test('it hangs on the release of its commit, once, and is found there', async () => {
  const files = realFiles()
  const to = layoutTarget(files, at('layout')).repository('mock-device')
  const release = packArtifact({artifactType: 'application/x', layers: []})
  await pushPacked(to, release)
  await to.tag('v0.2.0', release.descriptor)
  const target = ['--to', `oci:${at('layout')}`, '--no-github']
  const publish = (version: string) => run('evidence', 'publish', at('evidence.json'), version, ...target)
  expect((await run('evidence', 'verify', '0.2.0', '--to', `oci:${at('layout')}`, ...key())).err).toContain(
    'H012',
  )
  expect((await publish('0.1.0')).err).toContain('H011')
  expect(await publish('0.2.0')).toMatchObject({code: 0, err: '', out: expect.stringContaining('now: PUT')})
  expect((await publish('0.2.0')).out).toContain('already')
  const found = await run('evidence', 'verify', '0.2.0', '--to', `oci:${at('layout')}`, ...key())
  expect(found).toMatchObject({code: 0, err: '', out: expect.stringContaining('debian-13-amd64')})
  const garbage = blobOf('{}', bundleType)
  await pushPacked(
    to,
    packArtifact({artifactType: evidenceReferrerType, layers: [garbage], subject: release.descriptor}),
  )
  const beside = await run('evidence', 'verify', '0.2.0', '--to', `oci:${at('layout')}`, ...key())
  expect(beside).toEqual(found)

  git('checkout', '-q', '.')
  const ofOther = evidenceStatement([readRecord(readFileSync(at('records/guest.json')), 'guest')], {
    product: 'mock-device',
    version: '9.9.9',
    repository: 'https://example.com/repo',
    commit: git('rev-parse', 'HEAD'),
    builder: 'https://example.com/builder',
  })
  await pushPacked(to, packEvidence(release.descriptor, await signer.signStatement(ofOther)))
  const refused = await run('evidence', 'apply', '0.2.0', '--to', `oci:${at('layout')}`, ...key())
  expect(refused).toMatchObject({code: 1, err: expect.stringContaining('H011')})
  expect(git('status', '--porcelain')).toBe('')
  const stranger = testSigner('x').publicKey.export({type: 'spki', format: 'pem'})
  writeFileSync(at('other.pub'), stranger)
  const other = await run(
    'evidence',
    'verify',
    '0.2.0',
    '--to',
    `oci:${at('layout')}`,
    '--key',
    at('other.pub'),
  )
  expect(other).toMatchObject({code: 1, err: expect.stringContaining('W013')})
  git('-c', 'user.name=T', '-c', 'user.email=t@example.com', 'commit', '-q', '--allow-empty', '-m', 'Go on')
  git('tag', 'v0.2.0')
  git('push', '-q', 'origin', 'v0.2.0')
  expect((await publish('0.2.0')).err).toContain('H003')
}, 60_000)

import {execFileSync} from 'node:child_process'
import {createPublicKey, generateKeyPairSync} from 'node:crypto'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {type DockerRegistry, startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {cosign} from '#testbed/tools/cosign.ts'
import {realExec} from '../effects/exec.ts'
import {realFiles} from '../effects/files.ts'
import {openTarget} from '../effects/open-target.ts'
import {addendumType} from '../kernels/addendum.ts'
import {readLock, writeLock} from '../kernels/lock.ts'
import type {Digest} from '../lib/digest.ts'
import {cyclonedxType, spdxType} from '../trust/sbom/index.ts'
import {predicates} from '../trust/statement.ts'
import {cli} from './cli.ts'
import {commands} from './table.ts'
import {copyOfCheckout, filesIn, testWorld} from './testing.ts'

const planted = 'planted-passphrase-4711'
const guide = 'docs/guides/verify-a-release.md'
const dir = mkdtempSync(join(tmpdir(), 'trust-'))
let copy: Awaited<ReturnType<typeof copyOfCheckout>>
let registry: DockerRegistry
let pem: string
/** With a kernel that came out after the release. */
let fullLock: string
const line = 'debian-13-amd64'
const said: string[] = []

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {cwd: copy.root})
async function lockstep(...argv: string[]) {
  const env = {COSIGN_PASSWORD: planted}
  const {world, written} = testWorld([...argv, '--quiet', '-o', 'json'], {cwd: copy.root, env})
  const code = await cli(world, commands)
  said.push(written.out, written.err)
  return {code, err: written.err, ...(written.out ? JSON.parse(written.out) : {})}
}
const publish = (...more: string[]) =>
  lockstep('release', 'publish', '--to', `${registry.host}/acme`, '--yes', ...more)
const key = () => ['--sign-key', join(dir, 'release.key')]

beforeAll(async () => {
  const {privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'})
  pem = privateKey.export({format: 'pem', type: 'pkcs8'}).toString()
  const encrypted = privateKey.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: planted,
  })
  writeFileSync(join(dir, 'release.key'), encrypted)
  writeFileSync(join(dir, 'release.pub'), createPublicKey(pem).export({format: 'pem', type: 'spki'}))
  mkdirSync(join(dir, 'registry'))
  registry = await startDockerRegistry(join(dir, 'registry'))
  copy = await copyOfCheckout()
  // Programs make a release large, and are signed no differently.
  const matrix = join(copy.root, 'matrix/mock-device.yaml')
  const few = '  components: [kernel-driver, chart, manifests, repository]\n'
  writeFileSync(matrix, readFileSync(matrix, 'utf8').replace(/^ {2}components: \[.*\]\n/m, few))
  const lockPath = join(copy.root, 'matrix/kernels.lock.yaml')
  fullLock = readFileSync(lockPath, 'utf8')
  const lock = readLock(fullLock, lockPath).value
  if (!lock) throw new Error('no lock')
  const older = (lock.lines[line] ?? []).slice(1)
  writeFileSync(lockPath, writeLock({...lock, lines: {...lock.lines, [line]: older}}))
  expect(await lockstep('generate')).toMatchObject({code: 0})
  git('init', '-q')
  git('add', '-A')
  git('commit', '-q', '-m', 'a release')
  expect(await lockstep('release', 'build')).toMatchObject({code: 0})
}, 900_000)
afterAll(async () => {
  await registry?.stop()
  copy?.remove()
  rmSync(dir, {recursive: true, force: true})
})

test('what was built from no known commit is not signed', async () => {
  writeFileSync(join(copy.root, 'stray.txt'), 'x')
  expect(await publish(...key())).toMatchObject({code: 1, err: expect.stringContaining('W040')})
  rmSync(join(copy.root, 'stray.txt'))
  writeFileSync(join(copy.root, 'README.md'), 'changed\n')
  git('commit', '-q', '-a', '-m', 'later')
  expect(await publish(...key())).toMatchObject({code: 1, err: expect.stringContaining('not built from')})
  git('reset', '-q', '--hard', 'HEAD~1')
})

test('a dry run tells, publishing does, a second run adds nothing; whoever has the public key finds it sound', async () => {
  const dry = await lockstep('release', 'publish', '--to', `${registry.host}/acme`, ...key())
  expect(dry).toMatchObject({code: 0, dryRun: true})
  const actions = (r: {attachments: {action: string}[]}) => new Set(r.attachments.map(a => a.action))
  expect(actions(dry)).toEqual(new Set(['push']))
  const first = await publish(...key())
  expect(first).toMatchObject({code: 0, attachments: {length: dry.attachments.length}})
  const second = await publish(...key())
  expect(actions(second)).toEqual(new Set(['done']))
  const verified = await lockstep(
    'release',
    'verify',
    `${registry.host}/acme`,
    '--key',
    join(dir, 'release.pub'),
  )
  expect(verified).toMatchObject({code: 0, sound: true, err: ''})
  expect(verified.signed).toHaveLength((dry.attachments.length - 1) / 4)
}, 300_000)

test('an image and its addendum that come after the release are signed as well, once', async () => {
  writeFileSync(join(copy.root, 'matrix/kernels.lock.yaml'), fullLock)
  await lockstep('generate')
  git('commit', '-q', '-a', '-m', 'a new kernel')
  const release = () =>
    lockstep(
      'kernels',
      'release',
      '0.2.0',
      '--to',
      `${registry.host}/acme`,
      '--yes',
      '--release-key',
      join(dir, 'release.key'),
    )
  const made = await release()
  expect(made).toMatchObject({code: 0, kernels: {length: 1}})
  const world = {files: realFiles({durable: false}), exec: realExec, fetch, env: {}}
  const target = openTarget(`${registry.host}/acme`, world)
  const hanging = async (name: string, digest: Digest) => {
    const all = await target.repository(name).referrers(digest)
    return all.map(r => r.annotations?.['dev.sigstore.bundle.predicateType'] ?? r.artifactType).sort()
  }
  const [image] = made.actions.filter((a: {floating: boolean}) => !a.floating)
  const own = [spdxType, cyclonedxType, predicates.signature, predicates.provenance].sort()
  expect(await hanging('mock-accel-module', image.digest)).toEqual(own)
  const signedAddendum = async () => {
    const root = await target.repository('mock-device').resolve('v0.2.0')
    const all = root ? await target.repository('mock-device').referrers(root.digest) : []
    const addendum = all.find(r => r.artifactType === addendumType)
    return addendum && hanging('mock-device', addendum.digest)
  }
  expect(await signedAddendum()).toEqual([predicates.signature])
  expect(await release()).toMatchObject({code: 0, kernels: []})
  expect(await signedAddendum()).toEqual([predicates.signature])
  const verified = await lockstep(
    'release',
    'verify',
    `${registry.host}/acme`,
    '--key',
    join(dir, 'release.pub'),
  )
  // What the line's floating tag stands for is told, and is no fault.
  expect(verified).toMatchObject({code: 0, sound: true})
}, 300_000)

test('the commands of the guide do what it says', async () => {
  const blocks = [...readFileSync(guide, 'utf8').matchAll(/```sh( [\w-]+)?\n([\s\S]*?)```/g)]
  const own = (text = '') => text.replaceAll('ghcr.io/fabiendupont', `${registry.host}/acme`)
  const script = blocks.filter(([, kind]) => !kind).map(([, , text]) => own(text))
  expect(script).toHaveLength(2)
  // A registry on the loopback has no TLS.
  const wrap = (name: string, rest: string) => `#!/bin/sh\nc=$1; shift\n${rest.replaceAll('NAME', name)}\n`
  mkdirSync(join(dir, 'bin'))
  const plain = 'case $c in verify|verify-attestation) set -- --allow-http-registry "$@";; esac'
  writeFileSync(join(dir, 'bin/cosign'), wrap('', `${plain}\nexec /build/cosign "$c" "$@"`), {mode: 0o755})
  writeFileSync(join(dir, 'bin/oras'), wrap('', 'exec /usr/bin/oras "$c" --plain-http "$@"'), {mode: 0o755})
  const toolbox = await openToolbox()
  const {code, stderr} = await toolbox.run(['sh', '-euc', `PATH=/build/bin:$PATH\n${script.join('\n')}`], {
    binds: [
      {from: dir, to: '/build'},
      {from: await cosign('forky'), to: '/build/cosign', readonly: true},
    ],
    cwd: '/build',
  })
  expect({code, stderr: code === 0 ? '' : stderr.toString()}).toEqual({code: 0, stderr: ''})
  const [, , command = ''] = blocks.find(([, kind]) => kind === ' lockstep') ?? []
  const [, ...argv] = own(command).replace('release.pub', join(dir, 'release.pub')).trim().split(/\s+/)
  expect(await lockstep(...argv)).toMatchObject({code: 0, sound: true})
}, 120_000)

test('what is misused or can not be read is told, and never a secret', async () => {
  const wrong = [
    [['--sign-key', join(dir, 'release.key'), '--keyless'], 'W005'],
    [['--sign-key', 'package.json'], 'W001'],
  ] as const
  for (const [args, code] of wrong) expect((await publish(...args)).err).toContain(code)
  const verify = (...args: string[]) => lockstep('release', 'verify', `${registry.host}/acme`, ...args)
  expect((await verify('--identity', 'https://example.com')).err).toContain('W005')
  expect((await verify('--key', join(copy.root, 'package.json'))).err).toContain('W001')
  const needles = [planted, ...pem.split('\n').filter(line => line.length > 40)].map(text =>
    Buffer.from(text),
  )
  const places = [join(dir, 'registry'), join(copy.root, 'dist')]
  const files = places.flatMap(place => filesIn(place).map(([path]) => join(place, path)))
  expect(files.length).toBeGreaterThan(100)
  const found = files.filter(path => needles.some(needle => readFileSync(path).includes(needle)))
  expect([...found, ...said.filter(text => needles.some(n => text.includes(n.toString())))]).toEqual([])
})

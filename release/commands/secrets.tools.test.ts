/** What is secret is planted wherever a release reads it, and looked for in all that is said, made and sent. */
import {execFileSync} from 'node:child_process'
import {createPrivateKey, randomBytes} from 'node:crypto'
import {mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gunzipSync, gzipSync} from 'node:zlib'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {cacheDir} from '#lib/cache-dir.ts'
import type {Fault} from '#testbed/registry/server.ts'
import {type TestKey, testKey} from '../lib/signing/testing.ts'
import {git} from './test-checkout.ts'
import {type Place, type SmallRelease, smallRelease, version} from './test-cut.ts'
import {type Ended, run} from './test-process.ts'
import {filesIn, freshCache} from './testing.ts'

/** Random, so that no source that a release holds can have it. */
const plant = (name: string) => `planted-${name}-${randomBytes(12).toString('hex')}`
const secret = {
  token: plant('token'),
  password: plant('password'),
  passphrase: plant('passphrase'),
  pin: plant('pin'),
  identity: plant('identity'),
  wrong: plant('wrong'),
  url: plant('url'),
}
const login = (password: string) => Buffer.from(`ann:${password}`).toString('base64')

let small: SmallRelease
let moduleKey: TestKey
let fresh: ReturnType<typeof freshCache>
/** What the commands have said, and the command lines of the programs that they have started. */
const said: string[] = []
const places: Place[] = []
const needles: Buffer[] = []

beforeAll(async () => {
  ;[small, moduleKey] = [await smallRelease(), await testKey()]
  fresh = freshCache()
  mkdirSync(join(cacheDir(), 'headers'), {recursive: true})
  symlinkSync(join(cacheDir(), 'headers'), join(fresh.cache, 'headers'))
  const release = readFileSync(small.privateKey, 'utf8')
  lockKey(small.privateKey, release, secret.passphrase)
  lockKey(join(moduleKey.dir, 'key.pem'), moduleKey.key, secret.pin)
  const texts = Object.values(secret).flatMap(text => [text, Buffer.from(text).toString('base64url')])
  const logins = [login(secret.password), login(secret.wrong)]
  needles.push(...[...texts, ...logins].map(text => Buffer.from(text)))
  needles.push(...numbersOf(release), ...numbersOf(moduleKey.key))
}, 300_000)
afterAll(async () => {
  await Promise.all(places.map(place => place.close()))
  moduleKey?.remove()
  fresh?.remove()
  small?.remove()
})

/** The same key, for who knows the passphrase. */
function lockKey(file: string, pem: string, passphrase: string): void {
  const cipher = {format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase} as const
  writeFileSync(file, createPrivateKey(pem).export(cipher))
}

/** The secret numbers of a key. */
function numbersOf(pem: string): Buffer[] {
  const {d, p, q} = createPrivateKey(pem).export({format: 'jwk'})
  return [d, p, q].flatMap(text => (text ? [Buffer.from(text), Buffer.from(text, 'base64url')] : []))
}

async function lockstep(args: string[], root: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const stepsTo = join(small.work, 'steps')
  const planted = {
    GH_TOKEN: secret.token,
    GITHUB_TOKEN: secret.token,
    COSIGN_PASSWORD: secret.passphrase,
    KBUILD_SIGN_PIN: secret.pin,
    SIGSTORE_ID_TOKEN: secret.identity,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret.identity,
    LOCKSTEP_DEBUG: '1',
    MOCK_DEVICE_CACHE: fresh.cache,
  }
  const ended = await run(args, {root, env: {...planted, ...env}, stepsTo})
  said.push(ended.stdout, ended.stderr, readFileSync(stepsTo, 'utf8'))
  return ended
}

const signedDist = () => join(small.work, 'signed')
const moduleSigning = () => [
  ...['--sign-key', join(moduleKey.dir, 'key.pem')],
  ...['--sign-cert', join(moduleKey.dir, 'cert.pem')],
]

async function place(fault?: () => Fault | undefined): Promise<Place> {
  const auth = {scheme: 'bearer', username: 'ann', password: secret.password} as const
  const made = await small.place({
    token: secret.token,
    registry: {auth, ...(fault ? {fault} : {})},
    args: ['--from', signedDist(), '--sign-key', small.privateKey],
  })
  places.push(made)
  knowPassword(made, secret.password)
  return made
}

function knowPassword({registry, env}: Place, password: string): void {
  const auths = {[registry.host]: {auth: login(password)}}
  writeFileSync(join(env.DOCKER_CONFIG ?? '', 'config.json'), JSON.stringify({auths}))
}

test('a build with a locked module key, and one with a PIN that is wrong', async () => {
  const build = ['release', 'build', ...moduleSigning(), '--out']
  const wrong = await lockstep([...build, join(small.work, 'none'), '-o', 'json'], small.root, {
    KBUILD_SIGN_PIN: secret.wrong,
  })
  expect(wrong).toMatchObject({status: 1, stderr: expect.stringMatching(/S0\d\d/)})
  expect(await lockstep([...build, signedDist()], small.root)).toMatchObject({status: 0})
}, 120_000)

test.each(['text', 'json'])(
  'a cut that fails at one step after the other, then one that does not: %s',
  async format => {
    let failing = false
    const there = await place(() => (failing ? {status: 403} : undefined))
    const root = there.clone('ann')
    git(root, 'remote', 'add', 'private', `http://ann:${secret.url}@127.0.0.1:1/x.git`)
    const cut = (env: NodeJS.ProcessEnv = {}, ...more: string[]) =>
      lockstep(['release', 'cut', '-o', format, ...there.args, ...more], root, {...there.env, ...env})
    const refused = async (code: string, run: Promise<Ended>) => {
      const {status, stderr} = await run
      expect({code, status, stderr}).toMatchObject({code, stderr: expect.stringContaining(code)})
      expect(status).not.toBe(0)
    }
    await refused('W001', cut({COSIGN_PASSWORD: secret.wrong}))
    await refused('E051', cut({GH_TOKEN: secret.wrong}, '--yes'))
    await refused('E040', cut({}, '--remote', 'private'))
    knowPassword(there, secret.wrong)
    await refused('R003', cut())
    knowPassword(there, secret.password)
    failing = true
    await refused('R004', cut())
    failing = false
    expect(await cut()).toMatchObject({status: 0})
    expect(await cut({}, '--yes')).toMatchObject({status: 0})
    const status = ['release', 'status', version, '-o', format, ...there.args]
    expect(await lockstep(status, root, there.env)).toMatchObject({status: 0})
    expect(git(root, 'status', '--porcelain', '--ignored')).toBe('')
  },
  180_000,
)

test('nothing secret stands in what was said, in the command lines of programs, in dist/, in the cache, at Git, the registry or GitHub', () => {
  const made = [...filesBelow(signedDist()), ...ownFiles(fresh.cache)]
  const sent = places.flatMap(({remote, registry, github}) => [
    ...[...registry.repositories].flatMap(([name, {blobs, manifests}]): [string, Buffer][] => [
      ...[...blobs].map(([digest, bytes]): [string, Buffer] => [`${name}@${digest}`, bytes]),
      ...[...manifests].map(([digest, {bytes}]): [string, Buffer] => [`${name}@${digest}`, bytes]),
    ]),
    ...github.releases.flatMap(({assets, ...release}): [string, Buffer][] => [
      ['GitHub release', Buffer.from(JSON.stringify(release))],
      ...assets.map(({name, bytes}): [string, Buffer] => [`GitHub asset ${name}`, bytes]),
    ]),
    ['Git', objectsOf(remote)] as [string, Buffer],
    ['requests', Buffer.from([...registry.requests, ...github.requests].join('\n'))] as [string, Buffer],
  ])
  const spoken = said.map((text): [string, Buffer] => ['what was said', Buffer.from(text)])
  // A search that reaches nothing would prove nothing.
  expect([places.length, made.length > 40, sent.length > 100, spoken.length > 50]).toEqual([
    2,
    true,
    true,
    true,
  ])
  expect(made.some(([path]) => path.endsWith('plan.json'))).toBe(true)
  expect(github()).toEqual([1, 1])
  expect(
    found([
      ['plain', Buffer.from(`x${secret.token}`)],
      ['packed', gzipSync(secret.pin)],
    ]),
  ).toEqual(['plain', 'packed'])
  expect(found([...made, ...sent, ...spoken])).toEqual([])
})

const github = () => places.map(p => p.github.releases.filter(r => !r.draft).length)

/** Names of what holds a secret, also where it is compressed. */
function found(all: readonly [name: string, data: Buffer][]): string[] {
  return all
    .filter(([, data]) => {
      const plain = data[0] === 0x1f && data[1] === 0x8b ? gunzipSync(data) : data
      return needles.some(needle => data.includes(needle) || plain.includes(needle))
    })
    .map(([name]) => name)
}

function filesBelow(folder: string): [string, Buffer][] {
  return filesIn(folder).map(([path]) => [path, readFileSync(join(folder, path))])
}

/** Of the cache what was made here: not what it shares with the real one. */
function ownFiles(cache: string): [string, Buffer][] {
  return readdirSync(cache, {withFileTypes: true}).flatMap(entry =>
    entry.isDirectory() ? filesBelow(join(cache, entry.name)) : [],
  )
}

/** Every object of a repository: commits, tags and files. */
function objectsOf(remote: string): Buffer {
  const options = {cwd: remote, maxBuffer: 1 << 30}
  return execFileSync('git', ['cat-file', '--batch-all-objects', '--batch'], options)
}

import {execFileSync} from 'node:child_process'
import {appendFileSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {type RegistryServer, startRegistry} from '#testbed/registry/server.ts'
import {testSigner} from '../trust/testing.ts'
import {copyOfCheckout, lockstep} from './testing.ts'

const dir = mkdtempSync(join(tmpdir(), 'matrix-publish-'))
const cache = process.env.MOCK_DEVICE_CACHE
let copy: Awaited<ReturnType<typeof copyOfCheckout>>
let registry: RegistryServer
const git = (...args: string[]) => execFileSync('git', args, {cwd: copy.root, stdio: 'pipe'})
const to = () => `${registry.host}/acme`
const matrix = (reference: string) => ['--matrix', `oci://${to()}/mock-device-matrix${reference}`]

beforeAll(async () => {
  process.env.MOCK_DEVICE_CACHE = join(dir, 'cache')
  registry = await startRegistry({referrers: true})
  copy = await copyOfCheckout()
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('-c', 'user.name=T', '-c', 'user.email=t@example.com', 'commit', '-q', '-m', 'Start')
  const {privateKey, publicKey} = testSigner()
  writeFileSync(join(dir, 'release.key'), privateKey)
  writeFileSync(join(dir, 'release.pub'), publicKey.export({type: 'spki', format: 'pem'}))
}, 60_000)
afterAll(async () => {
  if (cache === undefined) delete process.env.MOCK_DEVICE_CACHE
  else process.env.MOCK_DEVICE_CACHE = cache
  await registry?.close()
  copy?.remove()
  rmSync(dir, {recursive: true, force: true})
})

test('published, signed, asked by tag and by digest, by digest also offline; a tag is no ground to act on', async () => {
  const publish = (...more: string[]) =>
    lockstep(copy.root, 'matrix', 'publish', '--to', to(), '--sign-key', join(dir, 'release.key'), ...more)
  expect((await publish()).out).toContain('a dry run: 3 calls would be made')
  expect(registry.requests.filter(r => !/^(?:GET|HEAD) /.test(r))).toEqual([])
  const done = JSON.parse((await publish('--yes', '-o', 'json')).out)
  expect(done).toMatchObject({dryRun: false, name: `${to()}/mock-device-matrix@${done.digest}`})
  expect((await publish('--yes')).out).toContain('nothing was left to do')

  const key = ['--key', join(dir, 'release.pub')]
  const ask = (reference: string, ...more: string[]) =>
    lockstep(
      '/',
      'compat',
      'check',
      'mock-device=0.2.0',
      'kubernetes=1.36',
      'containerd=2.3',
      ...matrix(reference),
      ...more,
    )
  const byTag = await ask(':stable', ...key)
  expect(byTag).toMatchObject({code: 0, out: expect.stringContaining('yes')})
  expect(byTag.err).toContain(
    `warning[P043]: oci://${to()}/mock-device-matrix:stable is oci://${to()}/mock-device-matrix@${done.digest}, signed by ${key[1]}\n`,
  )
  expect(await ask(`@${done.digest}`, ...key)).toEqual({...byTag, err: ''})
  writeFileSync(join(dir, 'other.pub'), testSigner().publicKey.export({type: 'spki', format: 'pem'}))
  expect((await ask(':stable', '--key', join(dir, 'other.pub'))).err).toContain('W013')

  const plan = (reference: string) =>
    lockstep(copy.root, 'release', 'plan', '-o', 'json', ...matrix(reference))
  expect(await plan(':stable')).toMatchObject({code: 2, err: expect.stringContaining('P041')})
  const own = await lockstep(copy.root, 'release', 'plan', '-o', 'json')
  expect(JSON.parse((await plan(`@${done.digest}`)).out)).toEqual(JSON.parse(own.out))

  await registry.close()
  expect(await ask(`@${done.digest}`, ...key)).toMatchObject({code: 0, err: ''})
  appendFileSync(join(copy.root, 'matrix/mock-device.yaml'), '# more\n')
  expect((await publish()).err).toContain('P040')
}, 120_000)

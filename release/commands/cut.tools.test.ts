import {execFileSync} from 'node:child_process'
import {generateKeyPairSync} from 'node:crypto'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {startGitHub} from '#testbed/github/server.ts'
import {type DockerRegistry, startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {cli} from './cli.ts'
import {commands} from './table.ts'
import {copyOfCheckout, testWorld} from './testing.ts'

const token = 'planted-github-token-4711'
/** Of `ann:secret`, as docker keeps it. */
const password = 'YW5uOnNlY3JldA=='
const version = '0.2.0'
const dir = mkdtempSync(join(tmpdir(), 'cut-'))
const remote = join(dir, 'remote.git')
const said: string[] = []
let copy: Awaited<ReturnType<typeof copyOfCheckout>>
let registry: DockerRegistry
let github: Awaited<ReturnType<typeof startGitHub>>

const git = (...args: string[]) =>
  execFileSync('git', args, {cwd: copy.root, stdio: 'pipe'}).toString().trim()
async function lockstep(...argv: string[]) {
  const env = {
    GH_TOKEN: token,
    GITHUB_API_URL: github.api,
    GITHUB_REPOSITORY: 'acme/mock-device',
    DOCKER_CONFIG: dir,
  }
  const {world, written} = testWorld([...argv, '--quiet', '-o', 'json'], {cwd: copy.root, env})
  const code = await cli(world, commands)
  said.push(written.out, written.err)
  return {code, err: written.err, ...(written.out ? JSON.parse(written.out) : {})}
}
const to = () => ['--to', `${registry.host}/acme`, '--sign-key', join(dir, 'release.key')]
const open = (steps: {calls: {call: string; state: string}[]}[]) =>
  steps.flatMap(s => s.calls).filter(c => c.state === 'open')

beforeAll(async () => {
  const {privateKey, publicKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'})
  writeFileSync(join(dir, 'release.pub'), publicKey.export({format: 'pem', type: 'spki'}))
  writeFileSync(join(dir, 'release.key'), privateKey.export({format: 'pem', type: 'pkcs8'}))
  mkdirSync(join(dir, 'registry'))
  registry = await startDockerRegistry(join(dir, 'registry'), {auth: true})
  writeFileSync(join(dir, 'config.json'), JSON.stringify({auths: {[registry.host]: {auth: password}}}))
  github = await startGitHub(token)
  copy = await copyOfCheckout()
  // Programs make a release large, and are released no differently.
  const matrix = join(copy.root, 'matrix/mock-device.yaml')
  const few = '  components: [kernel-driver, chart, manifests, repository]\n'
  writeFileSync(matrix, readFileSync(matrix, 'utf8').replace(/^ {2}components: \[.*\]\n/m, few))
  execFileSync('git', ['init', '-q', '--bare', remote])
  git('init', '-q', '-b', 'main')
  for (const [key, value] of Object.entries({name: 'T', email: 't@example.com'}))
    git('config', `user.${key}`, value)
  git('remote', 'add', 'origin', remote)
  expect(await lockstep('generate')).toMatchObject({code: 0})
  git('add', '-A')
  git('commit', '-q', '-m', 'Prepare a release')
}, 900_000)
afterAll(async () => {
  await Promise.all([registry?.stop(), github?.close()])
  copy?.remove()
  rmSync(dir, {recursive: true, force: true})
})

test('what stands in the way is told at once, before anything is built', async () => {
  git('switch', '-q', '-c', 'elsewhere')
  const values = join(copy.root, 'charts/mock-device/values.yaml')
  writeFileSync(
    values,
    `${readFileSync(values, 'utf8')}broken: true
`,
  )
  const {code, err} = await lockstep('release', 'cut', '--yes', ...to())
  git('restore', 'charts')
  git('switch', '-q', 'main')
  const codes = JSON.parse(err).diagnostics.map((d: {code: string}) => d.code)
  expect({code, codes: [...new Set(codes)].sort()}).toEqual({code: 1, codes: ['L001', 'L002', 'L007']})
})

test('a dry run tells the calls, the cut makes them, and status and a second run find nothing left', async () => {
  const dry = await lockstep('release', 'cut', ...to())
  expect(dry).toMatchObject({code: 0, err: '', dryRun: true})
  expect(git('ls-remote', 'origin')).toBe('')
  const before = await lockstep('release', 'status', version, ...to())
  expect(before).toMatchObject({code: 1, whole: false, github: {state: 'absent'}, next: dry.steps})

  const done = await lockstep('release', 'cut', '--yes', ...to())
  expect(done).toMatchObject({code: 0, err: '', dryRun: false})
  expect(git('ls-remote', 'origin')).toContain(`refs/tags/v${version}^{}`)
  const [release] = github.standIn.releases
  expect(release).toMatchObject({draft: false, tag_name: `v${version}`, id: github.standIn.latest})
  const assets = release?.assets.map(a => a.name).sort()
  const files = readdirSync(join(copy.root, 'dist/release'))
  expect(assets).toEqual([...files, 'SHA256SUMS.sigstore.json', 'provenance.sigstore.json'].sort())

  const requests = github.standIn.requests.length
  const again = await lockstep('release', 'cut', '--yes', ...to())
  expect({code: again.code, open: open(again.steps)}).toEqual({code: 0, open: []})
  expect(github.standIn.requests.slice(requests).filter(r => !r.startsWith('GET '))).toEqual([])
  const after = await lockstep('release', 'status', version, ...to())
  expect({...after, open: open(after.next)}).toMatchObject({
    code: 0,
    whole: true,
    github: {state: 'published'},
    open: [],
  })
  expect(after.attached[0].kinds).toContain('signature or provenance')
}, 600_000)

test('a later commit of the same version is refused, with every place that says so', async () => {
  writeFileSync(join(copy.root, 'README.md'), 'changed\n')
  git('commit', '-q', '-a', '-m', 'Change something')
  const {code, err} = await lockstep('release', 'cut', '--yes', ...to())
  const codes = JSON.parse(err).diagnostics.map((d: {code: string}) => d.code)
  expect(code).toBe(1)
  expect(codes).toEqual(expect.arrayContaining(['L010', 'P020', 'L020']))
}, 300_000)

test('a nightly, prepared and cut from a branch of its own: stable tags and the latest stay', async () => {
  const matrix = join(copy.root, 'matrix/mock-device.yaml')
  const fewer = '  components: [chart, manifests, repository]\n'
  writeFileSync(matrix, readFileSync(matrix, 'utf8').replace(/^ {2}components: \[.*\]\n/m, fewer))
  expect(await lockstep('generate')).toMatchObject({code: 0})
  git('commit', '-q', '-a', '-m', 'Add nothing')
  const date = ['--date', '2026-12-24', '--channel', 'nightly']
  const prepared = await lockstep('release', 'prepare', 'minor', ...date, '--yes')
  expect(prepared).toMatchObject({code: 0, err: '', version: '0.3.0-nightly.20261224'})
  expect(github.standIn.pulls).toEqual([])
  expect(await lockstep('release', 'cut', '--yes', ...to())).toMatchObject({code: 0, err: ''})
  const tag = `v${prepared.version}`
  expect(git('ls-remote', 'origin')).toContain(`refs/tags/${tag}^{}`)
  const byTag = (name: string) => github.standIn.releases.find(r => r.tag_name === name)
  expect(byTag(tag)).toMatchObject({draft: false, prerelease: true})
  expect(github.standIn.latest).toBe(byTag(`v${version}`)?.id)
  const after = await lockstep('release', 'status', prepared.version, ...to())
  expect(after).toMatchObject({code: 0, whole: true})
  expect(after.tags.filter((t: {floating: boolean}) => t.floating).map((t: {tag: string}) => t.tag)).toEqual(
    after.tags.filter((t: {floating: boolean}) => t.floating).map(() => 'nightly'),
  )
  const sound = ['--release', prepared.version, '--key', join(dir, 'release.pub')]
  const verified = await lockstep('release', 'verify', `${registry.host}/acme`, ...sound)
  expect(verified).toMatchObject({code: 0, err: ''})
  expect(verified.signed.length).toBeGreaterThan(2)

  const why = ['--reason', 'go to the next one', '--yes']
  expect(await lockstep('release', 'yank', prepared.version, ...why, ...to())).toMatchObject({code: 0})
  const problems = ({err}: {err: string}) => JSON.parse(err).diagnostics
  const refused = await lockstep('release', 'verify', `${registry.host}/acme`, ...sound)
  expect([refused.code, problems(refused)]).toMatchObject([1, [{code: 'P039', severity: 'error'}]])
  const claimed = await lockstep('release', 'verify', `${registry.host}/acme`, ...sound.slice(0, 2))
  expect([claimed.code, problems(claimed)]).toMatchObject([0, [{code: 'P039', severity: 'warning'}]])
}, 300_000)

test('no token and no password stands anywhere in what was said, built or published', () => {
  const planted = [token, password]
  const texts = [...said, ...filesBelow(join(copy.root, 'dist')), ...filesBelow(join(dir, 'registry/data'))]
  for (const secret of planted) expect(texts.filter(text => text.includes(secret))).toEqual([])
  expect(JSON.stringify(github.standIn.releases.map(r => ({...r, assets: []})))).not.toContain(token)
})

function filesBelow(folder: string): string[] {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
}

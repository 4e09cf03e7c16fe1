import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {parse} from 'yaml'
import {needTools} from '#testbed/needs.ts'
import {type DockerRegistry, startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {type CosignSuite, cosign} from '#testbed/tools/cosign.ts'
import {realExec} from '../effects/exec.ts'
import {realFiles} from '../effects/files.ts'
import {openTarget} from '../effects/open-target.ts'
import {silentProgress} from '../effects/progress.ts'
import {render} from '../generate/chart/testing.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import type {Target} from '../lib/oci/target.ts'
import {readContent} from '../mirror/content.ts'
import {copyContent, planMirror} from '../mirror/copy.ts'
import {product, publishedSmall, version} from '../mirror/testing.ts'
import {testSigner, testSource} from '../trust/testing.ts'
import {lockstep} from './testing.ts'

const dir = mkdtempSync(join(tmpdir(), 'mirror-'))
const {signer, publicKey} = testSigner()
const tools = await needTools('helm4')
const [chart, image] = ['charts/mock-device:0.2.0', 'mock-accel-module:v0.2.0-6.12.2_deb13-amd64']
let registry: DockerRegistry
let from: string
let digest: string

/** Two places in the real registry: a release, and nothing yet. */
beforeAll(async () => {
  mkdirSync(join(dir, 'registry'))
  registry = await startDockerRegistry(join(dir, 'registry'))
  from = `${registry.host}/acme`
  const source = layoutTarget(await publishedSmall('/from', {signer, source: testSource}), '/from')
  const content = await readContent(source, {product, version, floating: true})
  await copyContent(await planMirror(content, source, open(from)), source, open(from), silentProgress)
  digest = content.groups.find(g => g.tags.some(tag => image.endsWith(tag)))?.root.digest ?? ''
  writeFileSync(join(dir, 'release.pub'), publicKey.export({format: 'pem', type: 'spki'}))
}, 120_000)
afterAll(async () => {
  await registry?.stop()
  rmSync(dir, {recursive: true, force: true})
})

function open(place: string): Target {
  return openTarget(place, {files: realFiles({durable: false}), exec: realExec, fetch, env: {}})
}

async function run(command: readonly string[], suite?: CosignSuite) {
  const toolbox = await openToolbox()
  const binds = [{from: dir, to: '/build'}]
  if (suite) binds.push({from: await cosign(suite), to: '/build/cosign'})
  const {code, stdout, stderr} = await toolbox.run(command, {binds, cwd: '/build'})
  expect(code, `${command.join(' ')}: ${stderr}`).toBe(0)
  return stdout.toString()
}

const json = async (...argv: string[]) => {
  const {code, out, err} = await lockstep(process.cwd(), ...argv, '-o', 'json')
  expect({argv, err}).toEqual({argv, err: ''})
  return {code, ...JSON.parse(out)}
}
const verify = (place: string) =>
  json('release', 'verify', place, '--release', version, '--key', join(dir, 'release.pub'))

test('carried over in one file: nothing is sent without --yes, and all of it verifies on the other side', {
  timeout: 120_000,
}, async () => {
  const file = `oci-archive:${join(dir, 'release.tar')}`
  expect(await json('mirror', version, '--from', from, '--to', file)).toMatchObject({action: 'write'})
  expect(await verify(file)).toMatchObject({code: 0, sound: true, signed: {length: 4}})

  const to = `${registry.host}/island`
  const dry = await json('mirror', version, '--from', file, '--to', to)
  expect(dry).toMatchObject({dryRun: true, actions: {length: 5}})
  expect(await open(to).repository(product).resolve(`v${version}`)).toBeUndefined()
  await json('mirror', version, '--from', file, '--to', to, '--yes')
  expect(await verify(to)).toMatchObject({code: 0, sound: true, signed: {length: 4}})
  expect(await json('mirror', version, '--from', file, '--to', to)).toMatchObject({bytes: 0})
  const inspect = ['skopeo', 'inspect', '--raw', '--tls-verify=false']
  const raw = await run([...inspect, `docker://${to}/${image}`])
  expect(raw).toBe(await run([...inspect, `docker://${from}/${image}`]))

  const key = ['--key', 'release.pub', '--insecure-ignore-tlog=true', '--allow-http-registry']
  await run(['/build/cosign', 'verify', ...key, `${to}/${chart}`], 'forky')
  // One part of the file alone, with the field's own tool.
  const one = ['--all', '--dest-tls-verify=false', `oci-archive:release.tar:${image}`]
  await run(['skopeo', 'copy', ...one, `docker://${registry.host}/alone/${image}`])
  const alone = await open(`${registry.host}/alone`)
    .repository('mock-accel-module')
    .resolve(image.split(':')[1] ?? '')
  expect(alone?.digest).toBe(digest)
})

test.skipIf(!tools)('with the printed values the chart names the copy’s registry and no other', async () => {
  const {out} = await lockstep(
    process.cwd(),
    'mirror',
    version,
    '--to',
    'private.test/copy',
    '--settings',
    'helm',
  )
  const values = parse(out) as Record<string, object>
  const kernelModule = {...values.kernelModule, enabled: true}
  const objects = await render(tools?.helm4 ?? '', 'charts/mock-device', {...values, kernelModule})
  const pinned = JSON.stringify(objects).match(/"(?:image|containerImage)":"[^"]+"/g) ?? []
  expect(pinned.length).toBeGreaterThan(5)
  expect(pinned.filter(i => !/:"private\.test\/copy\/mock-accel-/.test(i))).toEqual([])
  const registryHost = /registry: ([^/\s]+)\//.exec(readFileSync('matrix/mock-device.yaml', 'utf8'))?.[1]
  expect(JSON.stringify(objects)).not.toContain(`${registryHost}/`)
})

import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {Client, credentials} from '@grpc/grpc-js'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {dra} from '#lib/generated/device.ts'
import {type Claim, draPluginV1} from '#lib/protobuf/dra-plugin.ts'
import type {Method} from '#lib/protobuf/service.ts'
import {device, plug} from './testing.ts'
import {startTestApi, type TestApi} from './testing-api.ts'

/* The whole program under claims that come and go: nothing may grow. TEST_SOAK makes it 10,000 claims. */

const devices = 32
const soak = process.env.TEST_SOAK !== undefined
const [claimCount, warmUp] = soak ? [10_000, 2_000] : [320, 160]
/** MiB between the halves: 1 KiB a claim would be 4 in the long run; the short one is not warm before its end. */
const most = soak ? 3 : 12

let folder: string
let api: TestApi
let child: ChildProcess
let kubelet: Client
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'soak-'))
  api = await startTestApi((namespace, name) => {
    const index = Number(name.split('-')[1]) % devices
    const result = {request: 'r', driver: dra.driver, pool: 'node1/numa0', device: `mock${index}`}
    const parameters = {
      apiVersion: `${dra.driver}/v1alpha1`,
      kind: 'DeviceConfig',
      passphraseLength: 8,
      resetOnRelease: true,
    }
    const config = [{source: 'FromClaim', opaque: {driver: dra.driver, parameters}}]
    return {
      metadata: {namespace, name, uid: `uid-${name}`},
      status: {allocation: {devices: {results: [result], config}}},
    }
  })
  api.writeKubeconfig(join(folder, 'kubeconfig'))
  for (let i = 0; i < devices; i++) plug(join(folder, 'sys'), device(`mock${i}`))
  child = spawn(
    process.execPath,
    [
      ...['--max-semi-space-size=1', '--max-old-space-size=64', join(import.meta.dirname, 'main.ts')],
      ...[`--kubeconfig=${join(folder, 'kubeconfig')}`, '--node-name=node1', `--kubelet-root=${folder}`],
      ...[`--cdi-root=${join(folder, 'cdi')}`, `--sysfs-root=${join(folder, 'sys')}`, '--http-address=off'],
      ...['--log-level=warn', '--durability=none'],
    ],
    {stdio: ['ignore', 'ignore', 'inherit']},
  )
  const socket = join(folder, `plugins/${dra.driver}/dra.sock`)
  while (!existsSync(socket)) {
    expect(child.exitCode).toBeNull()
    await sleep(20)
  }
  kubelet = new Client(`unix:${socket}`, credentials.createInsecure())
})
afterEach(async () => {
  kubelet.close()
  child.kill()
  if (child.exitCode === null) await once(child, 'exit')
  await api.stop()
  rmSync(folder, {recursive: true})
})

function call<Request, Response>(method: Method<Request, Response>, request: Request): Promise<Response> {
  const {promise, resolve, reject} = Promise.withResolvers<Response>()
  const {path, requestSerialize, responseDeserialize} = method
  kubelet.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) =>
    error || response === undefined ? reject(error) : resolve(response),
  )
  return promise
}

/** Descriptors, and MiB that are the process's alone. */
function footprint() {
  const rollup = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8')
  const anonymous = Number(/Anonymous:\s+(\d+)/.exec(rollup)?.[1]) / 1024
  return {files: readdirSync(`/proc/${child.pid}/fd`).length, anonymous}
}

test('thousands of claims leave nothing behind', {timeout: 1_800_000}, async () => {
  const seen: {files: number; anonymous: number}[] = []
  for (let done = 0; done < claimCount; done += devices) {
    const claims = Array.from({length: devices}, (_, i): Claim => {
      const name = `claim-${done + i}`
      return {namespace: 'default', name, uid: `uid-${name}`}
    })
    const prepared = await call(draPluginV1.NodePrepareResources, {claims})
    expect([...prepared.claims.values()].filter(one => one.error !== '')).toEqual([])
    expect(readdirSync(join(folder, 'cdi'))).toHaveLength(devices)
    await call(draPluginV1.NodeUnprepareResources, {claims})
    if (done >= warmUp) seen.push(footprint())
  }
  const [files, anonymous] = [seen.map(one => one.files), seen.map(one => one.anonymous)]
  expect(Math.max(...files) - Math.min(...files)).toBeLessThanOrEqual(2)
  const half = anonymous.length >> 1
  // The least of each half is what is left after a collection.
  const grown = Math.min(...anonymous.slice(half)) - Math.min(...anonymous.slice(0, half))
  expect(grown, `${anonymous.map(one => one.toFixed(1)).join(' ')} MiB`).toBeLessThan(most)
  expect(readdirSync(join(folder, 'cdi'))).toEqual([])
  const checkpoint = readFileSync(join(folder, `plugins/${dra.driver}/checkpoint.json`), 'utf8')
  expect(checkpoint.length).toBeLessThan(30_000)
  console.log(
    `${claimCount} claims: ${files.at(-1)} files, ${anonymous.at(-1)?.toFixed(1)} MiB, grown ${grown.toFixed(2)} MiB`,
  )
})

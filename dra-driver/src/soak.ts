/**
 * The whole program under claims that come and go, with an API server and a kubelet that are played by this process:
 * nothing may grow.
 */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {Client, credentials} from '@grpc/grpc-js'
import {dra} from '#lib/generated/device.ts'
import {type Claim, draPluginV1} from '#lib/protobuf/dra-plugin.ts'
import type {Method} from '#lib/protobuf/service.ts'
import type {ResourceClaim} from './kube-types.ts'
import {socketsIn} from './plugin/sockets.ts'
import {device, plug} from './testing.ts'
import {startTestApi} from './testing-api.ts'

const devices = 32

/** After each round of 32 claims: open files, and MiB that are the process's alone. */
export type Soak = {
  files: number[]
  anonymous: number[]
  checkpointBytes: number
  left: string[]
  errors: string[]
}

/** `count` claims, 32 at once, prepared and given back; the first `warmUp` are not measured. */
export async function soak(count: number, warmUp: number): Promise<Soak> {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'))
  const api = await startTestApi(claimOf)
  api.writeKubeconfig(join(folder, 'kubeconfig'))
  for (let i = 0; i < devices; i++) plug(join(folder, 'sys'), device(`mock${i}`))
  const child = spawn(process.execPath, command(folder), {stdio: ['ignore', 'ignore', 'inherit']})
  const state = join(folder, `plugins/${dra.driver}`)
  let kubelet: Client | undefined
  try {
    let [socket] = socketsIn(state)
    for (; !socket; [socket] = socketsIn(state)) {
      if (child.exitCode !== null) throw new Error(`the driver ended with ${child.exitCode}`)
      await sleep(20)
    }
    kubelet = new Client(`unix:${socket}`, credentials.createInsecure())
    const files: number[] = []
    const anonymous: number[] = []
    const errors: string[] = []
    for (let done = 0; done < count; done += devices) {
      const claims = Array.from({length: devices}, (_, i): Claim => {
        const name = `claim-${done + i}`
        return {namespace: 'default', name, uid: `uid-${name}`}
      })
      const prepared = await call(kubelet, draPluginV1.NodePrepareResources, {claims})
      const made = readdirSync(join(folder, 'cdi')).length
      if (made !== devices) errors.push(`${made} CDI files for ${devices} claims`)
      const back = await call(kubelet, draPluginV1.NodeUnprepareResources, {claims})
      for (const {error} of [...prepared.claims.values(), ...back.claims.values()])
        if (error !== '') errors.push(error)
      if (done < warmUp) continue
      files.push(readdirSync(`/proc/${child.pid}/fd`).length)
      const rollup = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8')
      anonymous.push(Number(/Anonymous:\s+(\d+)/.exec(rollup)?.[1]) / 1024)
    }
    const checkpointBytes = readFileSync(join(state, 'checkpoint.json')).length
    return {files, anonymous, checkpointBytes, left: readdirSync(join(folder, 'cdi')), errors}
  } finally {
    kubelet?.close()
    child.kill()
    if (child.exitCode === null) await once(child, 'exit')
    await api.stop()
    rmSync(folder, {recursive: true})
  }
}

/** MiB between what is left after collections in the first half and in the second: the least of each. */
export function growth(anonymous: readonly number[]): number {
  const half = anonymous.length >> 1
  return Math.min(...anonymous.slice(half)) - Math.min(...anonymous.slice(0, half))
}

/** Claim 33 has the device of claim 1, and so on. */
function claimOf(namespace: string, name: string): ResourceClaim {
  const index = Number(name.split('-')[1]) % devices
  const parameters = {
    apiVersion: `${dra.driver}/v1alpha1`,
    kind: 'DeviceConfig',
    passphraseLength: 8,
    resetOnRelease: true,
  }
  const results = [{request: 'r', driver: dra.driver, pool: 'node1/numa0', device: `mock${index}`}]
  const config = [{source: 'FromClaim', opaque: {driver: dra.driver, parameters}}]
  return {
    metadata: {namespace, name, uid: `uid-${name}`},
    status: {allocation: {devices: {results, config}}},
  }
}

const command = (folder: string): string[] => [
  ...['--max-semi-space-size=1', '--max-old-space-size=64', join(import.meta.dirname, 'main.ts')],
  ...[`--kubeconfig=${join(folder, 'kubeconfig')}`, '--node-name=node1', `--kubelet-root=${folder}`],
  ...[`--cdi-root=${join(folder, 'cdi')}`, `--sysfs-root=${join(folder, 'sys')}`, '--http-address=off'],
  ...['--log-level=warn', '--durability=none'],
]

function call<Request, Response>(
  kubelet: Client,
  method: Method<Request, Response>,
  request: Request,
): Promise<Response> {
  const {promise, resolve, reject} = Promise.withResolvers<Response>()
  const {path, requestSerialize, responseDeserialize} = method
  kubelet.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) =>
    error || response === undefined ? reject(error) : resolve(response),
  )
  return promise
}

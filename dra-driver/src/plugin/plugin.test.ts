import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Client, credentials, status} from '@grpc/grpc-js'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {draPluginV1, draPluginV1beta1, type PreparedClaim} from '#lib/protobuf/dra-plugin.ts'
import {healthV1, healthV1alpha1, type WatchResponse} from '#lib/protobuf/health.ts'
import {registration} from '#lib/protobuf/registration.ts'
import type {Claims} from '../claims/claims.ts'
import type {Device} from '../device.ts'
import type {Inventory} from '../inventory.ts'
import {silent} from '../log.ts'
import {probe} from '../probe.ts'
import {callSocket, device} from '../testing.ts'
import {type PluginPaths, pluginPaths} from './paths.ts'
import {type Plugin, startPlugin} from './plugin.ts'

let folder: string
let paths: PluginPaths
let plugin: Plugin | undefined
let devices: Device[]
const listeners = new Set<(devices: readonly Device[]) => void>()
const inventory = {
  current: () => devices,
  onChange(listener) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
} satisfies Partial<Inventory> as unknown as Inventory
const claims: Claims = {
  prepare: async (all, signal) => {
    if (all[0]?.uid === 'slow')
      await new Promise<void>(resolve => signal?.addEventListener('abort', () => resolve()))
    if (all[0]?.uid === 'broken') throw new Error('the disk is gone')
    return new Map(all.map(({uid}): [string, PreparedClaim] => [uid, {devices: [], error: `no ${uid}`}]))
  },
  unprepare: async all => new Map(all.map(({uid}) => [uid, {error: ''}])),
  reconcile: async () => [],
  held: async () => ({}),
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dra-'))
  paths = pluginPaths(folder, 'x.example.com')
  devices = [device('mock0'), device('mock1', {health: 'failed'})]
})
afterEach(async () => {
  await plugin?.stop()
  plugin = undefined
  rmSync(folder, {recursive: true})
})
const start = async (health = true) => {
  plugin = await startPlugin({
    driver: 'x.example.com',
    node: 'node1',
    paths,
    claims,
    inventory,
    log: silent,
    health,
    timer: (_method, work) => work(),
  })
  return plugin
}
/** As a process that is killed leaves them: bound, and nobody listens. */
function leaveSockets(paths: readonly string[]): void {
  const script = `
    let left = process.argv.length - 1
    const done = () => --left || process.kill(process.pid, 'SIGKILL')
    for (const path of process.argv.slice(1)) require('net').createServer().listen(path, done)`
  spawnSync(process.execPath, ['-e', script, ...paths])
}
const claim = (uid: string) => ({namespace: 'default', name: uid, uid})

describe('the sockets', () => {
  test('answer in both versions, and errors of one claim are its own', async () => {
    await start()
    for (const version of [draPluginV1, draPluginV1beta1]) {
      const answer = await callSocket(paths.endpoint, version.NodePrepareResources, {
        claims: [claim('a'), claim('b')],
      })
      expect([...answer.claims].map(([uid, {error}]) => [uid, error])).toEqual([
        ['a', 'no a'],
        ['b', 'no b'],
      ])
    }
  })

  test('a failure that nobody foresaw becomes a status, and the next call is answered', async () => {
    await start()
    const call = (uid: string) =>
      callSocket(paths.endpoint, draPluginV1.NodePrepareResources, {claims: [claim(uid)]})
    await expect(call('broken')).rejects.toMatchObject({code: status.INTERNAL, details: 'the disk is gone'})
    expect((await call('a')).claims.size).toBe(1)
  })

  test('know what kubelet decided', async () => {
    const running = await start()
    expect(running.registered()).toBeUndefined()
    const notify = (pluginRegistered: boolean) =>
      callSocket(paths.registration, registration.NotifyRegistrationStatus, {pluginRegistered, error: 'why'})
    await notify(false)
    expect(running.registered()).toBe(false)
    await notify(true)
    expect(running.registered()).toBe(true)
  })

  test('two starts are beside each other, and each removes its own', async () => {
    const first = await start()
    const earlier = paths
    paths = pluginPaths(folder, 'x.example.com')
    await start()
    await probe(earlier)
    await probe(paths)
    await first.stop()
    await probe(paths)
    expect([existsSync(earlier.endpoint), existsSync(earlier.registration)]).toEqual([false, false])
  })

  test("a start removes dead instances' sockets, and nothing else", async () => {
    const {folder: own, registry} = paths
    const dead = [
      ...[join(own, 'dra.sock'), join(own, 'dra-0a1b2c3d.sock')],
      ...[join(registry, 'x.example.com-reg.sock'), join(registry, 'x.example.com-0a1b2c3d-reg.sock')],
      // Killed before they had their names.
      ...[join(own, '.dra-0a1b2c3e'), join(registry, '.x.example.com-0a1b2c3e-reg')],
    ]
    const others = ['y.example.com-reg.sock', 'x.example.com-extra.sock', '.y.example.com-0a1b2c3e-reg'].map(
      name => join(registry, name),
    )
    for (const one of [own, registry]) mkdirSync(one, {recursive: true})
    leaveSockets([...dead, ...others])
    const live = createServer()
    const silent = join(own, 'dra-11111111.sock')
    await new Promise<void>(resolve => live.listen(silent, resolve))
    const file = join(registry, 'x.example.com-12345678-reg.sock')
    writeFileSync(file, 'a file')
    await start()
    expect(dead.filter(existsSync)).toEqual([])
    expect([...others, silent, file].filter(existsSync)).toHaveLength(5)
    live.close()
  })

  test('a folder that cannot be made is told', async () => {
    mkdirSync(join(folder, 'plugins'), {recursive: true})
    writeFileSync(paths.folder, 'a file')
    await expect(start()).rejects.toThrow('N021')
  })

  test('the probe fails when nobody answers', async () => {
    await expect(probe(paths, 500)).rejects.toThrow()
  })

  test('stop with a stream and a call still open', async () => {
    const running = await start()
    const {close} = watch(healthV1)
    const slow = callSocket(paths.endpoint, draPluginV1.NodePrepareResources, {claims: [claim('slow')]})
    const outcome = slow.then(
      () => 'answered',
      () => 'cut',
    )
    await new Promise(resolve => setTimeout(resolve, 100))
    await running.stop()
    expect(await outcome).toBe('cut')
    close()
  }, 20_000)
})

function watch(version: typeof healthV1) {
  const client = new Client(`unix:${paths.endpoint}`, credentials.createInsecure())
  const {path, requestSerialize, responseDeserialize} = version.NodeWatchResources
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {})
  const lists: WatchResponse[] = []
  let code: number | undefined
  stream.on('data', list => lists.push(list))
  stream.on('error', (error: Error & {code?: number}) => {
    code = error.code
  })
  return {
    lists,
    code: () => code,
    close() {
      stream.cancel()
      client.close()
    },
  }
}

describe('health', () => {
  test.each([
    ['v1', healthV1],
    ['v1alpha1', healthV1alpha1],
  ])('%s: a complete list at once, and with each change', async (_name, version) => {
    await start()
    const {lists, close} = watch(version)
    await vi.waitFor(() => expect(lists).toHaveLength(1))
    expect(lists[0]?.devices.map(one => [one.device, one.health, one.message])).toEqual([
      [{poolName: 'node1/numa0', deviceName: 'mock0'}, 1, ''],
      [{poolName: 'node1/numa0', deviceName: 'mock1'}, 2, 'failed'],
    ])
    devices = [device('mock0', {health: 'degraded'})]
    for (const listener of listeners) listener(devices)
    await vi.waitFor(() => expect(lists).toHaveLength(2))
    expect(lists[1]?.devices.map(one => [one.health, one.message])).toEqual([[1, 'degraded']])
    close()
    await vi.waitFor(() => expect(listeners.size).toBe(0))
  })

  test('is cleanly unknown when it is off', async () => {
    await start(false)
    const {code, close} = watch(healthV1)
    await vi.waitFor(() => expect(code()).toBe(status.UNIMPLEMENTED))
    const info = await callSocket(paths.registration, registration.GetInfo, {})
    expect(info.supportedVersions).toEqual(['v1.DRAPlugin', 'v1beta1.DRAPlugin'])
    close()
  })
})

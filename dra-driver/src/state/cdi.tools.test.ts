import {execFile} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {dra} from '#lib/generated/device.ts'
import {needTools} from '#testbed/needs.ts'
import {makeClaims} from '../claims/claims.ts'
import type {Device} from '../device.ts'
import {silent} from '../log.ts'
import {device, fakeDevices} from '../testing.ts'
import {realDisk} from './disk.ts'
import {queue} from './lock.ts'
import {checkpointStore} from './store.ts'

/* Files that the driver wrote, read by the library that container runtimes read them with. */

const tools = await needTools('cdi-check')

describe.skipIf(!tools)("the CDI project's own library", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cdi-'))
  })
  afterEach(() => rmSync(folder, {recursive: true}))
  const cdi = () => join(folder, 'cdi')

  const check = async (...devices: string[]) =>
    (await promisify(execFile)(tools?.['cdi-check'] ?? '', [cdi(), ...devices])).stdout

  /** Prepares one claim with all of the devices; answers the IDs that kubelet gets. */
  const prepare = async (name: string, present: readonly Device[]): Promise<string[]> => {
    const shared = {
      disk: realDisk,
      cdiFolder: cdi(),
      bootId: 'boot',
      durability: 'none',
      log: silent,
    } as const
    const results = present.map(one => ({
      request: 'r',
      driver: dra.driver,
      pool: 'node1/numa0',
      device: one.name,
    }))
    const uid = `${name}-3f8a1c52-0d5e-4b7a-9c61-2f7f5f1f9e10`
    const claims = makeClaims({
      ...shared,
      driver: dra.driver,
      node: 'node1',
      store: checkpointStore({...shared, folder}),
      lock: queue(),
      source: fakeDevices().source,
      present: async () => present,
      getClaim: async () => ({metadata: {name, uid}, status: {allocation: {devices: {results}}}}),
    })
    const prepared = (await claims.prepare([{namespace: 'default', name, uid}])).get(uid)
    expect(prepared?.error).toBe('')
    return prepared?.devices.flatMap(one => one.cdiDeviceIds) ?? []
  }
  const invented = (name: string): Device => {
    const {host: _, ...rest} = device(name)
    return rest
  }

  test('takes every file for sound, and gives a container what it should have', async () => {
    await prepare('real', [device('mock0'), device('mock1v3')])
    const one = await prepare('one', [invented('mock2')])
    const three = await prepare(
      'three',
      ['mock3', 'mock4', 'mock5v0'].map(name => invented(name)),
    )
    expect(await check()).toBe('')
    const env = async (ids: string[]) => JSON.parse(await check(...ids)).process.env as string[]
    const {uuid, pciAddress} = device('mock2')
    expect(await env(one)).toEqual([
      'MOCK_ACCEL_DEVICE=mock2',
      `MOCK_ACCEL_UUID=${uuid}`,
      `MOCK_ACCEL_PCI=${pciAddress}`,
    ])
    expect((await env(three)).filter(line => line.startsWith('MOCK_ACCEL_DEVICE'))).toEqual([
      'MOCK_ACCEL_DEVICE_0=mock3',
      'MOCK_ACCEL_DEVICE_1=mock4',
      'MOCK_ACCEL_DEVICE_2=mock5v0',
    ])
  })

  test('would not take one that is broken', async () => {
    await prepare('one', [invented('mock2')])
    const [name = ''] = readdirSync(cdi())
    writeFileSync(join(cdi(), name), '{"cdiVersion": "0.5.0", "kind": "k8s.mock-accel.example.com/claim"}')
    await expect(check()).rejects.toThrow()
  })

  test('names a real device by its node and its folder in sysfs', async () => {
    const [id = ''] = await prepare('null', [
      {...device('mock0'), host: {sysfs: '/sys/class', node: '/dev/null'}},
    ])
    const container = JSON.parse(await check(id))
    expect(container.linux.devices).toEqual([
      expect.objectContaining({path: '/dev/mock0', type: 'c', major: 1}),
    ])
    expect(container.mounts).toEqual([
      expect.objectContaining({
        source: '/sys/class',
        destination: '/sys/class',
        options: expect.arrayContaining(['ro']),
      }),
    ])
  })
})

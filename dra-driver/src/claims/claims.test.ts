import {beforeEach, describe, expect, test} from 'vitest'
import {dra} from '#lib/generated/device.ts'
import type {Device} from '../device.ts'
import type {AllocationResult, ResourceClaim} from '../kube-types.ts'
import {silent} from '../log.ts'
import {parseCheckpoint} from '../state/checkpoint.ts'
import {queue} from '../state/lock.ts'
import {checkpointStore} from '../state/store.ts'
import {type TestDisk, testDisk} from '../state/test-disk.ts'
import {device, fakeDevices} from '../testing.ts'
import {type Claims, makeClaims} from './claims.ts'

let disk: TestDisk
let present: Device[]
let devices: ReturnType<typeof fakeDevices>
let api: Map<string, ResourceClaim>
let lock = queue()
let getting: (() => Promise<void>) | undefined
/** The code of the error with which devices answer. */
let failing: string | undefined

beforeEach(() => {
  disk = testDisk()
  present = ['mock0', 'mock0v0', 'mock0v1', 'mock1', 'mock2'].map(name => device(name))
  devices = fakeDevices(name => {
    const code = present.some(one => one.name === name) ? failing : 'ENOENT'
    if (code) throw Object.assign(new Error(code), {code})
  })
  api = new Map()
  lock = queue()
  getting = undefined
  failing = undefined
})

const start = (bootId = 'boot-1'): Claims => {
  const shared = {disk, cdiFolder: '/cdi', bootId, durability: 'fsync', log: silent} as const
  return makeClaims({
    ...shared,
    driver: dra.driver,
    node: 'node1',
    store: checkpointStore({...shared, folder: '/plugin'}),
    lock,
    present: async () => present,
    source: devices.source,
    getClaim: async (_namespace, name) => {
      const claim = api.get(name)
      await getting?.()
      return claim
    },
  })
}

type Result = Partial<AllocationResult> & {device: string}
const allocate = (name: string, ...results: Result[]) => {
  const full = results.map(one => ({request: 'r', driver: dra.driver, pool: 'node1/numa0', ...one}))
  api.set(name, {metadata: {name, uid: `uid-${name}`}, status: {allocation: {devices: {results: full}}}})
  return {namespace: 'default', name, uid: `uid-${name}`}
}
const head = {apiVersion: 'mock-accel.example.com/v1alpha1', kind: 'DeviceConfig'}
const configure = (name: string, parameters: object, requests: string[] = []) => {
  const claim = api.get(name)?.status?.allocation?.devices
  const entry = {source: 'FromClaim', requests, opaque: {driver: dra.driver, parameters}}
  if (claim) claim.config = [...(claim.config ?? []), entry]
}
const prepare = async (claims: Claims, name: string) =>
  (await claims.prepare([{namespace: 'default', name, uid: `uid-${name}`}])).get(`uid-${name}`)
const unprepare = (claims: Claims, name: string) =>
  claims.unprepare([{namespace: 'default', name, uid: `uid-${name}`}])
const status = () =>
  Object.fromEntries(Object.entries(devices.written).map(([name, one]) => [name, one.status]))
const cdi = (name: string) => disk.files()[`/cdi/k8s.mock-accel.example.com-claim_uid-${name}.json`]
const checkpoint = () => parseCheckpoint(disk.files()['/plugin/checkpoint.json'] ?? '')

describe('what a claim gets', () => {
  test('its devices, by request, with what CDI needs; other drivers have theirs', async () => {
    allocate(
      'a',
      {device: 'mock0v0', request: 'one/first'},
      {device: 'gpu0', driver: 'gpu.example.com'},
      {device: 'mock1', request: 'two'},
    )
    expect(await prepare(start(), 'a')).toEqual({
      error: '',
      devices: [
        {
          requestNames: ['one'],
          poolName: 'node1/numa0',
          deviceName: 'mock0v0',
          cdiDeviceIds: ['k8s.mock-accel.example.com/claim=uid-a-mock0v0'],
          shareId: undefined,
        },
        {
          requestNames: ['two'],
          poolName: 'node1/numa0',
          deviceName: 'mock1',
          cdiDeviceIds: ['k8s.mock-accel.example.com/claim=uid-a-mock1'],
          shareId: undefined,
        },
      ],
    })
    const spec = JSON.parse(cdi('a') ?? '')
    expect(spec.devices[1]).toEqual({
      name: 'uid-a-mock1',
      containerEdits: {
        env: [
          'MOCK_ACCEL_DEVICE_1=mock1',
          `MOCK_ACCEL_UUID_1=${present[3]?.uuid}`,
          `MOCK_ACCEL_PCI_1=${present[3]?.pciAddress}`,
        ],
        deviceNodes: [{path: '/dev/mock1', hostPath: '/dev/mock1'}],
        mounts: [
          {
            hostPath: present[3]?.host?.sysfs,
            containerPath: present[3]?.host?.sysfs,
            options: ['ro', 'nosuid', 'nodev', 'noexec', 'bind'],
          },
        ],
      },
    })
    expect(status()).toEqual({mock0v0: 'allocated', mock1: 'allocated'})
  })

  test('nothing at all, when all of it is other drivers', async () => {
    allocate('a', {device: 'gpu0', driver: 'gpu.example.com'})
    expect(await prepare(start(), 'a')).toEqual({devices: [], error: ''})
    expect(cdi('a')).toBeUndefined()
  })

  test('an error for each thing that is not as it should be', async () => {
    const claims = start()
    expect((await prepare(claims, 'nobody'))?.error).toContain('does not exist')
    api.set('a', {metadata: {name: 'a', uid: 'another'}})
    expect((await prepare(claims, 'a'))?.error).toContain('was replaced')
    api.set('a', {metadata: {name: 'a', uid: 'uid-a'}})
    expect((await prepare(claims, 'a'))?.error).toContain('is not allocated')
    allocate('a', {device: 'mock9'})
    expect((await prepare(claims, 'a'))?.error).toContain('mock9 is not there any more')
    allocate('a', {device: 'mock1', pool: 'node2/numa0'})
    expect((await prepare(claims, 'a'))?.error).toContain('not of node node1')
    expect(disk.files()).toEqual({})
  })
})

describe('parameters', () => {
  test('are applied to the devices of their requests, and undone when the claim is given back', async () => {
    allocate('a', {device: 'mock1', request: 'one'}, {device: 'mock2', request: 'two'})
    configure('a', {...head, passphraseLength: 9}, ['one'])
    configure('a', {...head, resetOnRelease: true}, ['two'])
    const claims = start()
    expect((await prepare(claims, 'a'))?.error).toBe('')
    expect(devices.written).toEqual({
      mock1: {status: 'allocated', words: 9, resets: 0},
      mock2: {status: 'allocated', words: 6, resets: 0},
    })
    // The claim is gone by then: what it asked for is known from the checkpoint alone.
    api.delete('a')
    expect(await unprepare(start(), 'a')).toEqual(new Map([['uid-a', {error: ''}]]))
    expect(devices.written).toEqual({
      mock1: {status: 'free', words: 6, resets: 0},
      mock2: {status: 'free', words: 6, resets: 1},
    })
  })

  test('that are wrong are refused, all at once, and nothing is done', async () => {
    allocate('a', {device: 'mock1'})
    configure('a', {...head, passphraseLength: 99, resetOnRelaese: true})
    const error = (await prepare(start(), 'a'))?.error
    expect(error).toContain('config[0].opaque.parameters` has no field `resetOnRelaese`: did you mean')
    expect(error).toContain('a whole number from 4 to 12, not `99`')
    expect([disk.files(), devices.written]).toEqual([{}, {}])
  })

  test('that a device cannot follow are refused', async () => {
    present = [device('mock1', {capabilities: 0b101}), device('mock2')]
    devices.unresettable.add('mock2')
    allocate('a', {device: 'mock1'})
    configure('a', {...head, passphraseLength: 8})
    allocate('b', {device: 'mock2'})
    configure('b', {...head, resetOnRelease: true})
    expect((await prepare(start(), 'a'))?.error).toContain('mock1 makes no passphrases')
    expect((await prepare(start(), 'b'))?.error).toContain("mock2 can't be reset")
    expect([disk.files(), devices.written]).toEqual([{}, {}])
  })

  test('change nothing on a device that the claim only looks at', async () => {
    allocate('admin', {device: 'mock1', adminAccess: true})
    configure('admin', {...head, passphraseLength: 9, resetOnRelease: true})
    const claims = start()
    expect((await prepare(claims, 'admin'))?.error).toBe('')
    await unprepare(claims, 'admin')
    expect(devices.written).toEqual({})
  })

  test('a device whose parameters were lost with the checkpoint is reset', async () => {
    allocate('a', {device: 'mock1'})
    await prepare(start(), 'a')
    await disk.remove('/plugin/checkpoint.json')
    await unprepare(start(), 'a')
    expect(devices.written.mock1).toEqual({status: 'free', words: 6, resets: 1})
  })
})

describe('exclusivity', () => {
  test('a device belongs to one claim, until it is given back', async () => {
    allocate('a', {device: 'mock1'})
    allocate('b', {device: 'mock1'})
    const claims = start()
    expect((await prepare(claims, 'a'))?.error).toBe('')
    expect((await prepare(claims, 'b'))?.error).toContain('claim uid-a still holds mock1')
    expect((await prepare(claims, 'a'))?.error).toBe('')
    await unprepare(claims, 'a')
    expect((await prepare(claims, 'b'))?.error).toBe('')
  })

  test('of two at once, one gets it', async () => {
    allocate('a', {device: 'mock1'})
    allocate('b', {device: 'mock1'})
    const [first, second] = [start(), start()]
    const answers = await Promise.all([prepare(first, 'a'), prepare(second, 'b')])
    expect(answers.filter(one => one?.error === '')).toHaveLength(1)
  })

  test.each([
    ['mock0', 'mock0v1'],
    ['mock0v1', 'mock0'],
  ])('%s excludes %s', async (held, wanted) => {
    allocate('a', {device: held})
    allocate('b', {device: wanted})
    const claims = start()
    expect((await prepare(claims, 'a'))?.error).toBe('')
    expect((await prepare(claims, 'b'))?.error).toContain(`still holds ${held}`)
    allocate('c', {device: held}, {device: wanted})
    await unprepare(claims, 'a')
    expect((await prepare(claims, 'c'))?.error).toContain("can't be used together")
  })

  test('two VFs of one PF are two devices', async () => {
    allocate('a', {device: 'mock0v0'})
    allocate('b', {device: 'mock0v1'})
    const claims = start()
    expect([(await prepare(claims, 'a'))?.error, (await prepare(claims, 'b'))?.error]).toEqual(['', ''])
  })

  test('admin access sees a device that another claim holds, and leaves its state alone', async () => {
    allocate('a', {device: 'mock1'})
    allocate('admin', {device: 'mock1', adminAccess: true})
    const claims = start()
    expect([(await prepare(claims, 'admin'))?.error, (await prepare(claims, 'a'))?.error]).toEqual(['', ''])
    await unprepare(claims, 'admin')
    expect(status().mock1).toBe('allocated')
    await unprepare(claims, 'a')
    expect(status().mock1).toBe('free')
  })
})

describe('late, lost and forgotten', () => {
  test('a Prepare that is overtaken by its Unprepare changes nothing', async () => {
    allocate('a', {device: 'mock1'})
    const [claims, other] = [start(), start()]
    getting = async () => {
      getting = undefined
      await unprepare(other, 'a')
    }
    expect((await prepare(claims, 'a'))?.error).toContain('given back while')
    expect(checkpoint().claims).toEqual({})
    expect((await prepare(claims, 'a'))?.error).toBe('')
  })

  test('a caller that has gone gets nothing', async () => {
    const id = allocate('a', {device: 'mock1'})
    const gone = AbortSignal.abort()
    expect((await start().prepare([id], gone)).get(id.uid)?.error).toContain('does not wait')
    expect(disk.files()).toEqual({})
  })

  test('giving back what nobody knows succeeds', async () => {
    expect(await unprepare(start(), 'a')).toEqual(new Map([['uid-a', {error: ''}]]))
  })

  test('a device that vanished is given back all the same', async () => {
    allocate('a', {device: 'mock1'})
    const claims = start()
    await prepare(claims, 'a')
    present = present.filter(one => one.name !== 'mock1')
    expect(await unprepare(claims, 'a')).toEqual(new Map([['uid-a', {error: ''}]]))
    expect(checkpoint().claims).toEqual({})
  })

  test('a device that is dead is given back all the same', async () => {
    allocate('a', {device: 'mock1'})
    const parameters = {...head, passphraseLength: 9, resetOnRelease: true}
    configure('a', parameters)
    const claims = start()
    expect((await prepare(claims, 'a'))?.error).toBe('')
    failing = 'EIO'
    present = present.map(one => ({...one, health: 'failed'}))
    expect(await unprepare(claims, 'a')).toEqual(new Map([['uid-a', {error: ''}]]))
    expect(checkpoint().claims).toEqual({})
  })

  test('a device that lives and whose state cannot be written stays held', async () => {
    allocate('a', {device: 'mock1'})
    const claims = start()
    await prepare(claims, 'a')
    failing = 'EIO'
    expect((await unprepare(claims, 'a')).get('uid-a')?.error).toContain('EIO')
    failing = undefined
    expect(Object.keys(checkpoint().claims)).toEqual(['uid-a'])
    expect(await unprepare(claims, 'a')).toEqual(new Map([['uid-a', {error: ''}]]))
  })

  test('a PF of an earlier boot is not reset under a VF that somebody has now', async () => {
    allocate('a', {device: 'mock0'})
    configure('a', {...head, resetOnRelease: true})
    allocate('b', {device: 'mock0v0'})
    await prepare(start('boot-1'), 'a')
    const claims = start('boot-2')
    expect((await prepare(claims, 'b'))?.error).toBe('')
    await unprepare(claims, 'a')
    expect(devices.written.mock0?.resets).toBe(0)
    await unprepare(claims, 'b')
    expect([status(), checkpoint().claims]).toEqual([{mock0: 'free', mock0v0: 'free'}, {}])
  })

  test('a claim that was allocated anew gives back what it does not have any more', async () => {
    allocate('a', {device: 'mock1'}, {device: 'mock2'})
    const claims = start()
    await prepare(claims, 'a')
    allocate('a', {device: 'mock2'}, {device: 'mock0v0'})
    expect((await prepare(claims, 'a'))?.error).toBe('')
    expect(status()).toEqual({mock0v0: 'allocated', mock1: 'free', mock2: 'allocated'})
    allocate('b', {device: 'mock1'})
    expect((await prepare(claims, 'b'))?.error).toBe('')
  })

  test('a CDI file that somebody removed is there again after the next Prepare', async () => {
    allocate('a', {device: 'mock1'})
    const claims = start()
    await prepare(claims, 'a')
    const before = cdi('a')
    await disk.remove('/cdi/k8s.mock-accel.example.com-claim_uid-a.json')
    await prepare(claims, 'a')
    expect(cdi('a')).toBe(before)
  })

  test('what a claim of an earlier boot held is free', async () => {
    allocate('a', {device: 'mock1'}, {device: 'mock2'})
    allocate('b', {device: 'mock1'})
    await prepare(start('boot-1'), 'a')
    expect((await prepare(start('boot-1'), 'b'))?.error).toContain('still holds')
    expect((await prepare(start('boot-2'), 'b'))?.error).toBe('')
    expect(Object.keys(checkpoint().claims)).toEqual(['uid-b'])
  })

  test('a claim that is gone from the API is given back in the second round, and no other', async () => {
    allocate('a', {device: 'mock1'})
    allocate('b', {device: 'mock2'})
    const claims = start()
    await Promise.all([prepare(claims, 'a'), prepare(claims, 'b')])
    expect(Object.keys(await claims.held())).toEqual(['uid-a', 'uid-b'])
    api.delete('a')
    expect(await claims.reconcile()).toEqual([])
    expect(await claims.reconcile()).toEqual(['uid-a'])
    expect(Object.keys(checkpoint().claims)).toEqual(['uid-b'])
    expect(status()).toEqual({mock1: 'free', mock2: 'allocated'})
  })

  test('an API that does not answer gives nothing back', async () => {
    allocate('a', {device: 'mock1'})
    const claims = start()
    await prepare(claims, 'a')
    getting = async () => {
      throw new Error('connection refused')
    }
    for (let i = 0; i < 3; i++) await expect(claims.reconcile()).rejects.toThrow('refused')
    expect((await prepare(claims, 'a'))?.error).toContain('refused')
    expect(Object.keys(checkpoint().claims)).toEqual(['uid-a'])
  })
})

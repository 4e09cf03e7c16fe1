import {afterEach, beforeEach, expect, test} from 'vitest'
import {enums, registers as r} from '#lib/generated/device.ts'
import {sriov} from './config-space.ts'
import {answerLine, ControlError, control, type FunctionInfo, faultKinds} from './control.ts'
import {errno, flag, region} from './protocol.ts'
import {startServer, type TestServer, WireClient} from './testing.ts'

let server: TestServer
let client: WireClient
beforeEach(async () => {
  server = await startServer()
  client = await WireClient.ready(server.path())
})
afterEach(() => server.close())

const inject = (fault: string, value?: unknown) =>
  control(server, {method: 'fault.inject', params: {function: 'pf0', fault, value}})
const clear = (fault?: string) =>
  control(server, {method: 'fault.clear', params: {function: 'pf0', ...(fault ? {fault} : {})}})
const list = () => control(server, {method: 'list'}) as FunctionInfo[]

test('list tells what there is', async () => {
  await client.writeBytes(region.config, sriov.at + sriov.numVfs, Buffer.of(1, 0))
  await client.writeBytes(region.config, sriov.at + sriov.control, Buffer.of(9, 0))
  expect(list()).toMatchObject([
    {
      name: 'pf0',
      type: 'pf',
      label: 'NODE1-NUMA0-PF',
      memory: '17179869184',
      connected: true,
      totalVfs: 2,
      numVfs: 1,
    },
    {
      name: 'pf0-vf0',
      type: 'vf',
      physfn: 'pf0',
      label: 'NODE1-NUMA0-PF-VF0',
      connected: false,
      enabled: true,
    },
    {name: 'pf0-vf1', type: 'vf', enabled: false, health: 'ok', faults: []},
  ])
})

test('functions are found by name, label, UUID, and all', () => {
  const {uuid, label} = list()[1] as FunctionInfo
  for (const name of ['pf0-vf0', label, uuid, uuid.toUpperCase()])
    expect(Object.keys(control(server, {method: 'stats', params: {function: name}}) as object)).toEqual([
      'pf0-vf0',
    ])
  expect(Object.keys(control(server, {method: 'stats', params: {function: 'all'}}) as object)).toHaveLength(3)
  expect(() => control(server, {method: 'reset', params: {function: 'pf9'}})).toThrow(
    /there are pf0, pf0-vf0/,
  )
  expect(() => control(server, {method: 'reset'})).toThrow(ControlError)
})

test('stats count', async () => {
  await client.read32(0)
  await client.write32(r.STATUS.offset, 1)
  await client.read(9, 0, 4)
  expect(control(server, {method: 'stats', params: {function: 'pf0'}})).toMatchObject({
    pf0: {connections: 1, reads: 1, writes: 1, errors: 1, requests: 4, backlog: 0},
  })
})

test('health is set and cleared', async () => {
  inject('health', 'degraded')
  expect(await client.read32(r.HEALTH.offset)).toBe(enums.HEALTH.degraded)
  expect(list()[0]?.health).toBe('degraded')
  clear('health')
  expect(await client.read32(r.HEALTH.offset)).toBe(enums.HEALTH.ok)
  expect(() => inject('health', 'bad')).toThrow(/ok, degraded, failed/)
})

test('error replies: BAR0 is refused, configuration is not', async () => {
  inject('error-replies')
  expect(await client.read(region.bar0, 0, 4)).toBe(errno.EIO)
  expect(await client.read(region.bar0, 0, 64)).toBe(errno.EIO)
  expect(await client.write32(r.STATUS.offset, 1)).toBe(errno.EIO)
  expect(await client.read32(0, region.config)).toBe(0x00011de5)
  inject('error-replies', '12')
  expect(await client.read(region.bar0, 0, 4)).toBe(12)
  expect(list()[0]?.faults).toEqual(['error-replies'])
  clear()
  expect(await client.read32(0)).toBe(r.DEVICE_ID.value)
})

test('late replies come late, in order, and all of them', async () => {
  const other = await WireClient.ready(server.path('pf0-vf0'))
  inject('late-replies', 60)
  const start = performance.now()
  const late = Promise.all([client.read32(0), client.read32(4), client.write32(r.STATUS.offset, 1)])
  await other.read(0, 0, 4)
  expect(client.replies).toEqual([])
  expect(await late).toEqual([r.DEVICE_ID.value, r.REVISION.value, 0])
  expect(performance.now() - start).toBeGreaterThan(55)
})

test('removal: all ones; server-gone: no connection until it is cleared', async () => {
  inject('removal')
  expect(await client.read32(0)).toBe(0xffffffff)
  expect(await client.read32(0, region.config)).toBe(0xffffffff)
  clear('removal')
  expect(await client.read32(0)).toBe(r.DEVICE_ID.value)
  inject('server-gone')
  await client.closed
  const next = await WireClient.connect(server.path())
  await next.closed
  clear('server-gone')
  expect(await (await WireClient.ready(server.path())).read32(0)).toBe(r.DEVICE_ID.value)
})

test('reset is the device’s own', async () => {
  await client.write32(r.STATUS.offset, 1)
  control(server, {method: 'reset', params: {function: 'pf0'}})
  expect(await client.read32(r.STATUS.offset)).toBe(0)
})

test.each([
  ['stuck', undefined, /there are health, stuck-busy/],
  ['late-replies', undefined, /1 to 600000/],
  ['late-replies', '1.5', /whole number/],
  ['late-replies', -1, /whole number/],
  ['error-replies', 5000, /1 to 4095/],
  ['toString', undefined, /there is no fault/],
])('the fault %s with %s is refused', (fault, value, message) => {
  expect(() => inject(fault, value)).toThrow(message)
  expect(list()[0]?.faults).toEqual([])
})

test('every fault that the help names can be cleared', () => {
  for (const fault of Object.keys(faultKinds)) expect(() => clear(fault)).not.toThrow()
  expect(() => clear('constructor')).toThrow(/there is no fault/)
})

test('lines: an answer has the id of its question, nonsense has an answer too', () => {
  expect(answerLine(server, '{"id":7,"method":"stats","params":{"function":"pf9"}}')).toMatchObject({
    id: 7,
    error: {message: expect.stringContaining('pf9')},
  })
  expect(answerLine(server, '{"id":"a","method":"reset","params":{"function":"all"}}')).toEqual({
    id: 'a',
    result: null,
  })
  for (const line of [
    '',
    '{',
    '[]',
    'null',
    '{}',
    '{"method":1}',
    '{"method":"list","params":[]}',
    '{"method":"list","id":{}}',
  ])
    expect(answerLine(server, line)).toMatchObject({error: {message: expect.any(String)}})
})

test('metrics are Prometheus text', async () => {
  await client.read32(0)
  const text = control(server, {method: 'metrics'}) as string
  expect(text).toContain('\nmock_accel_reads_total{function="pf0",type="pf"} 1\n')
  expect(text).toContain('\nmock_accel_connected{function="pf0-vf1",type="vf"} 0\n')
  const sample = /^[a-z_]+(\{function="[\w-]+",type="(pf|vf)"\})? \d+$/
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(line.startsWith('#') ? /^# (HELP|TYPE) / : sample)
  expect(client.replies.every(one => one.flags === flag.reply)).toBe(true)
})

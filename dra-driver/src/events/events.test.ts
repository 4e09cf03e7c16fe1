import {setImmediate as turn} from 'node:timers/promises'
import {beforeEach, describe, expect, test} from 'vitest'
import type {Device} from '../device.ts'
import type {EventObject, ResourceClaim} from '../kube-types.ts'
import {silent} from '../log.ts'
import {device} from '../testing.ts'
import {tellOfHealth} from './device-health.ts'
import {type Events, makeEvents} from './events.ts'

let written: EventObject[]
let time: number
let events: Events
beforeEach(() => {
  written = []
  time = 0
  const create = async (event: EventObject) => void written.push(event)
  events = makeEvents({create, driver: 'mock-accel.example.com', node: 'node1', log: silent, now: () => time})
})

const claim = (name: string, ...pods: string[]): ResourceClaim => ({
  metadata: {name, namespace: 'ns', uid: `uid-${name}`},
  status: {reservedFor: pods.map(pod => ({resource: 'pods', name: pod, uid: `uid-${pod}`}))},
})
const about = () => written.map(({regarding: {kind, name}, note}) => `${kind} ${name}: ${note}`)

describe('events', () => {
  test('are on the pods of a claim, or on the claim when it has none', () => {
    events.tell(claim('a', 'p', 'q'), 'DeviceNotPrepared', 'no')
    events.tell(claim('b'), 'DeviceNotPrepared', 'no')
    expect(about()).toEqual(['Pod p: no', 'Pod q: no', 'ResourceClaim b: no'])
    expect(written[0]).toMatchObject({
      metadata: {generateName: 'p-', namespace: 'ns'},
      regarding: {apiVersion: 'v1', kind: 'Pod', namespace: 'ns', name: 'p', uid: 'uid-p'},
      reason: 'DeviceNotPrepared',
      type: 'Warning',
    })
  })

  test('say the same once in ten minutes, and something else at once', () => {
    for (time = 0; time < 900_000; time += 60_000) events.tell(claim('a', 'p'), 'DeviceFailed', 'x')
    events.tell(claim('a', 'p'), 'DeviceFailed', 'y')
    expect(about()).toEqual(['Pod p: x', 'Pod p: x', 'Pod p: y'])
  })

  test('are few under a flood, and come again after it', () => {
    for (let i = 0; i < 1000; i++) events.tell(claim(`a${i}`), 'DeviceNotPrepared', 'no')
    expect(written).toHaveLength(20)
    time += 10_000
    for (let i = 0; i < 1000; i++) events.tell(claim(`b${i}`), 'DeviceNotPrepared', 'no')
    expect(written).toHaveLength(22)
  })

  test("that cannot be written are nobody's trouble", async () => {
    const create = () => Promise.reject(new Error('forbidden'))
    const others = makeEvents({create, driver: 'd', node: 'n', log: silent})
    others.tell(claim('a'), 'DeviceFailed', 'x'.repeat(5000))
    await turn()
  })
})

test('the pods that hold a device hear of its health, and only they', async () => {
  let listener: (devices: readonly Device[]) => void = () => {}
  const devices = (health: Device['health'], ...names: string[]) => names.map(name => device(name, {health}))
  const entry = (name: string, one: string) => ({
    ...{namespace: 'ns', name, bootId: 'b'},
    devices: [{device: one, pool: 'p', request: 'r'}],
  })
  const stop = tellOfHealth({
    inventory: {
      current: () => devices('ok', 'mock0', 'mock1'),
      onChange(heard) {
        listener = heard
        return () => {}
      },
    },
    held: async () => ({
      'uid-a': entry('a', 'mock0'),
      'uid-b': entry('b', 'mock1'),
      lost: entry('', 'mock0'),
    }),
    getClaim: async (_, name) => claim(name, `pod-${name}`),
    events,
    log: silent,
  })
  for (const health of ['failed', 'failed', 'degraded', 'failed', 'ok'] as const) {
    listener([...devices(health, 'mock0'), ...devices('ok', 'mock1')])
    await turn()
  }
  listener(devices('ok', 'mock0'))
  await turn()
  stop()
  expect(about()).toEqual([
    'Pod pod-a: device mock0 of claim a failed',
    'Pod pod-a: device mock0 of claim a works again',
    'Pod pod-b: device mock1 of claim b is not there any more',
  ])
})

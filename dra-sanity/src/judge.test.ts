import {describe, expect, test} from 'vitest'
import type {PreparedDevice, PrepareResponse} from '#lib/protobuf/dra-plugin.ts'
import {judgeSpec} from './cdi.ts'
import type {TestClaim} from './claims.ts'
import {newestSlices, type Slice} from './cluster.ts'
import {judgeHealth, judgeInfo, judgePrepared, judgeUnprepared, preparedText} from './judge.ts'
import {judgeSlices} from './scenarios/slices.ts'

const claim: TestClaim = {
  namespace: 'default',
  name: 'one',
  uid: 'u1',
  devices: [
    {request: 'r0', pool: 'node/numa0', device: 'mock0'},
    {request: 'r1', pool: 'node/numa0', device: 'mock1'},
  ],
}
const device = (deviceName: string, over: Partial<PreparedDevice> = {}): PreparedDevice => ({
  requestNames: ['r0'],
  poolName: 'node/numa0',
  deviceName,
  cdiDeviceIds: [`example.com/test=${deviceName}`],
  shareId: undefined,
  ...over,
})
const answer = (devices: PreparedDevice[], error = ''): PrepareResponse => ({
  claims: new Map([['u1', {devices, error}]]),
})
const clauses = (found: {clause: string}[]) => found.map(one => one.clause)

describe('an answer to NodePrepareResources', () => {
  test('with the allocated devices is sound, in any order, a device may stand for each request', () => {
    expect(judgePrepared([claim], answer([device('mock1'), device('mock0')]))).toEqual([])
    const twice = [
      device('mock0'),
      device('mock0', {requestNames: ['r1']}),
      device('mock1', {requestNames: []}),
    ]
    expect(judgePrepared([claim], answer(twice))).toEqual([])
  })

  test('that lacks a device, or has one too many, is not', () => {
    expect(clauses(judgePrepared([claim], answer([device('mock0')])))).toEqual(['prepare.own'])
    expect(clauses(judgePrepared([claim], answer([])))).toEqual(['prepare.own'])
    const more = [device('mock0'), device('mock1'), device('mock2')]
    expect(clauses(judgePrepared([claim], answer(more)))).toEqual(['prepare.own'])
  })

  test('has an entry for each claim and no other', () => {
    expect(clauses(judgePrepared([claim], {claims: new Map()}))).toEqual(['prepare.every-claim'])
    const surplus = new Map([
      ...answer([device('mock0'), device('mock1')]).claims,
      ['u2', {devices: [], error: ''}],
    ])
    expect(clauses(judgePrepared([claim], {claims: surplus}))).toEqual(['prepare.no-other'])
    const unprepared = judgeUnprepared([claim], {claims: new Map([['', {error: ''}]])}, 'unprepare.succeeds')
    expect(clauses(unprepared)).toEqual(['unprepare.every-claim', 'unprepare.no-other'])
  })

  test.each(['gpu0', 'example.com/test', 'example.com=x', '/test=x', 'example.com/test=', 'a/b=c d'])(
    '%s is no CDI device ID',
    id => {
      const found = judgePrepared([claim], answer([device('mock0', {cdiDeviceIds: [id]}), device('mock1')]))
      expect(clauses(found)).toEqual(['prepare.cdi-id'])
    },
  )

  test.each(['vendor.com/class=a', 'nvidia.com/gpu=0', 'k8s.gpu.example.com/gpu=uid-gpu_0.1:2'])(
    '%s is one',
    id => {
      const found = judgePrepared([claim], answer([device('mock0', {cdiDeviceIds: [id]}), device('mock1')]))
      expect(found).toEqual([])
    },
  )

  test('means the same whatever the order of devices and IDs', () => {
    const first = answer([device('mock0', {cdiDeviceIds: ['a/b=c', 'a/b=d']}), device('mock1')])
    const again = answer([device('mock1'), device('mock0', {cdiDeviceIds: ['a/b=d', 'a/b=c']})])
    expect(preparedText([claim], first)).toBe(preparedText([claim], again))
    expect(preparedText([claim], first)).not.toBe(preparedText([claim], answer([device('mock0')])))
  })
})

test('what GetInfo may say', () => {
  const info = {
    type: 'DRAPlugin',
    name: 'x.com',
    endpoint: '/p/dra.sock',
    supportedVersions: ['v1beta1.DRAPlugin'],
  }
  const judge = (over: Partial<typeof info>) => clauses(judgeInfo({...info, ...over}, 'x.com', '/reg'))
  expect(judge({})).toEqual([])
  // kubelet then takes the registration socket.
  expect(judge({endpoint: ''})).toEqual([])
  expect(judge({endpoint: 'dra.sock'})).toEqual(['info.endpoint'])
  expect(judge({endpoint: `/${'x'.repeat(107)}`})).toEqual(['info.endpoint'])
  expect(judge({endpoint: '/reg/sub/dra.sock'})).toEqual(['registry.only'])
  expect(judge({endpoint: '/regulars/dra.sock'})).toEqual([])
  expect(judge({supportedVersions: ['v1alpha4.DRAPlugin', 'v1.DRAResourceHealth']})).toEqual([
    'info.versions',
  ])
  expect(judge({supportedVersions: ['v1beta1.DRAPlugin', 'v1.DRAPlugin']})).toEqual(['info.newest-first'])
})

test('health is told in seconds, once for each device', () => {
  const one = {
    device: {poolName: 'p', deviceName: 'd'},
    health: 1,
    lastUpdatedTime: 1000,
    healthCheckTimeoutSeconds: 0,
    message: '',
  }
  const judge = (...list: Partial<typeof one>[]) =>
    clauses(
      judgeHealth(
        list.map(over => ({...one, ...over})),
        1000,
      ),
    )
  expect(judge({})).toEqual([])
  expect(judge({}, {})).toEqual(['health.list'])
  expect(judge({device: {poolName: '', deviceName: 'd'}})).toEqual(['health.list'])
  expect(judge({health: 3})).toEqual(['health.values'])
  expect(judge({lastUpdatedTime: 1000_000})).toEqual(['health.values'])
  expect(judge({lastUpdatedTime: 0})).toEqual(['health.values'])
  expect(judge({message: 'ü'.repeat(1024)})).toEqual([])
  expect(judge({message: 'u'.repeat(1025)})).toEqual(['health.values'])
})

test('a CDI file is what runtimes take', () => {
  const spec = {cdiVersion: '0.5.0', kind: 'a.com/b', devices: [{name: 'x', containerEdits: {env: ['A=1']}}]}
  expect(judgeSpec('f', spec)).toEqual({problem: undefined, ids: new Set(['a.com/b=x'])})
  const problem = (over: object) => judgeSpec('f', {...spec, ...over}).problem
  expect(problem({cdiVersion: undefined})).toBe('f has no cdiVersion')
  expect(problem({kind: 'b'})).toBe('f has no kind of the form vendor/class')
  expect(problem({devices: []})).toBe('f has no devices')
  expect(problem({devices: [...spec.devices, ...spec.devices]})).toBe('f names a device twice')
  expect(problem({devices: [{name: 'x', containerEdits: {env: []}}]})).toBe(
    'f has a device without container edits',
  )
  expect(judgeSpec('f', null).problem).toBe('f has no cdiVersion')
})

test('pools are whole, of one generation, with unique names', () => {
  const slice = (
    name: string,
    generation: number,
    resourceSliceCount: number,
    ...devices: string[]
  ): Slice => ({
    metadata: {name},
    spec: {
      driver: 'd',
      pool: {name: 'p', generation, resourceSliceCount},
      devices: devices.map(it => ({name: it})),
    },
  })
  expect(judgeSlices([slice('a', 2, 2, 'x'), slice('b', 2, 2, 'y')])).toEqual([])
  expect(clauses(judgeSlices([slice('a', 2, 2, 'x')]))).toEqual(['slices.complete'])
  expect(clauses(judgeSlices([slice('a', 1, 2, 'x'), slice('b', 2, 2, 'y')]))).toEqual(['slices.complete'])
  expect(clauses(judgeSlices([slice('a', 2, 2, 'x'), slice('b', 2, 2, 'x')]))).toEqual(['slices.unique'])
  expect(newestSlices([slice('a', 1, 1, 'x'), slice('b', 2, 1, 'y')]).map(one => one.metadata.name)).toEqual([
    'b',
  ])
})

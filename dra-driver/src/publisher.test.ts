import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {dra} from '#lib/generated/device.ts'
import {ApiError} from './api/client.ts'
import type {Resources} from './api/resources.ts'
import type {ResourceSlice} from './kube-types.ts'
import {silent} from './log.ts'
import {lostPaths, type Publisher, type Round, startPublisher} from './publisher.ts'
import {buildPools} from './slices.ts'
import {device} from './testing.ts'

/** A server in memory: what it keeps of a slice, when it fails, whether watches hear anything. */
class FakeServer {
  slices = new Map<string, ResourceSlice>()
  keep: (slice: ResourceSlice) => ResourceSlice = slice => slice
  failing: unknown
  deaf = false
  writes = 0
  #version = 0
  #watchers = new Set<() => void>()

  change(work: () => void) {
    work()
    this.#version++
    if (!this.deaf) for (const tell of [...this.#watchers]) tell()
  }

  api(): Resources {
    const put = async (slice: ResourceSlice) => {
      if (this.failing) throw this.failing
      this.writes++
      const kept = structuredClone(this.keep(slice))
      kept.metadata = {...kept.metadata, uid: 'u', resourceVersion: String(this.#version)}
      this.change(() => this.slices.set(slice.metadata.name, kept))
      return kept
    }
    return {
      listSlices: async () => {
        if (this.failing) throw this.failing
        return {slices: structuredClone([...this.slices.values()]), version: String(this.#version)}
      },
      watchSlices: async (version, onChange, {signal, seconds = 1} = {}) => {
        if (version !== String(this.#version)) return onChange('MODIFIED')
        const {promise, resolve} = Promise.withResolvers<void>()
        const tell = () => onChange('MODIFIED')
        this.#watchers.add(tell)
        const timer = setTimeout(resolve, seconds * 1000)
        signal?.addEventListener('abort', () => resolve())
        await promise
        clearTimeout(timer)
        this.#watchers.delete(tell)
      },
      createSlice: put,
      updateSlice: put,
      deleteSlice: async slice => this.change(() => this.slices.delete(slice.metadata.name)),
      getClaim: async () => undefined,
      nodeOwner: async () => undefined,
      createEvent: async () => {},
      minorVersion: async () => 36,
      requireApi: async () => {},
    }
  }
}

let server: FakeServer
let publisher: Publisher
let rounds: Round[]
beforeEach(() => {
  server = new FakeServer()
  rounds = []
})
afterEach(() => publisher.stop())

const start = (relistSeconds = 60) => {
  publisher = startPublisher({
    api: server.api(),
    driver: dra.driver,
    node: 'node1',
    log: silent,
    relistSeconds,
    settleMs: 1,
    onRound: round => rounds.push(round),
  })
}
const pools = (...names: string[]) =>
  buildPools(
    names.map(name => device(name)),
    {node: 'node1'},
  )
const published = () =>
  [...server.slices.values()].flatMap(slice => slice.spec.devices?.map(one => one.name) ?? [])
const eventually = (check: () => void) => vi.waitFor(check, {timeout: 5000, interval: 5})

describe('the publisher', () => {
  test('publishes nothing before it is told what', async () => {
    start()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(server.writes).toBe(0)
    publisher.set(pools('mock0'))
    await publisher.published
    expect(published()).toEqual(['mock0'])
  })

  test('follows what is wanted, and rests in between', async () => {
    start()
    publisher.set(pools('mock0'))
    await publisher.published
    publisher.set(pools('mock0', 'mock1'))
    await eventually(() => expect(published()).toEqual(['mock0', 'mock1']))
    const {writes} = server
    publisher.set(pools('mock0', 'mock1'))
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(server.writes).toBe(writes)
  })

  test('puts back what is deleted: kubelet does it at every start', async () => {
    start()
    publisher.set(pools('mock0'))
    await publisher.published
    for (let i = 0; i < 3; i++) {
      server.change(() => server.slices.clear())
      await eventually(() => expect(published()).toEqual(['mock0']))
    }
  })

  test('finds by itself what no event told', async () => {
    start(0.05)
    publisher.set(pools('mock0'))
    await publisher.published
    server.deaf = true
    server.change(() => server.slices.clear())
    await eventually(() => expect(published()).toEqual(['mock0']))
  })

  test('goes on after errors', async () => {
    server.failing = new ApiError(503, 'ServiceUnavailable', 'starting')
    start()
    publisher.set(pools('mock0'))
    await eventually(() => expect(rounds.filter(round => round.error).length).toBeGreaterThan(1))
    server.failing = undefined
    await publisher.published
    expect(published()).toEqual(['mock0'])
  })

  test('does not write for ever what the server drops, and says what it is', async () => {
    server.keep = slice => {
      const devices = slice.spec.devices?.map(({capacity: _, ...rest}) => ({...rest, capacity: {}}))
      return {...slice, spec: {...slice.spec, ...(devices ? {devices} : {})}}
    }
    start(0.02)
    publisher.set(pools('mock0', 'mock1'))
    await publisher.published
    await new Promise(resolve => setTimeout(resolve, 150))
    expect(server.writes).toBe(1)
    expect(rounds.flatMap(round => round.dropped)).toEqual(['spec.devices[].capacity.memory'])
    const [name = ''] = server.slices.keys()
    server.change(() => server.slices.delete(name))
    await eventually(() => expect(published()).toEqual(['mock0', 'mock1']))
  })

  test('waits longer and longer when somebody else writes the same', async () => {
    start()
    const rival = () => {
      for (const slice of server.slices.values()) slice.spec.devices = []
    }
    const watch = setInterval(() => server.change(rival), 2)
    publisher.set(pools('mock0'))
    await new Promise(resolve => setTimeout(resolve, 600))
    clearInterval(watch)
    expect(server.writes).toBeLessThan(40)
    await eventually(() => expect(published()).toEqual(['mock0']))
  })
})

test('lost fields are named once for all devices of a list', () => {
  const sent = {
    a: [
      {b: 1, c: 2},
      {b: 1, c: 3},
    ],
    d: {e: 1},
  }
  expect(lostPaths(sent, {a: [{b: 1}, {b: 1}], d: {}})).toEqual(['spec.a[].c', 'spec.d.e'])
  expect(lostPaths(sent, sent)).toEqual([])
})

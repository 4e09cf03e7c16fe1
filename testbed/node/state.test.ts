import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {type ClusterState, clusters, clustersFolder, isAlive, startTime} from './state.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-'))
  process.env.MOCK_DEVICE_STATE = folder
})
afterEach(async () => {
  delete process.env.MOCK_DEVICE_STATE
  await rm(folder, {recursive: true})
})

async function state(): Promise<ClusterState> {
  return {
    pid: process.pid,
    started: await startTime(process.pid),
    since: '2026-11-21T00:00:00.000Z',
    settings: {nodes: 1, line: 'x', topology: '', module: true, kubernetes: '1.36', load: []},
    nodes: ['node1'],
  }
}

test('a cluster is kept by name, and forgotten whole', async () => {
  expect(await clusters.names()).toEqual([])
  await clusters.write('dev', await state())
  expect(await clusters.names()).toEqual(['dev'])
  expect(await clusters.read('dev')).toEqual(await state())
  await clusters.remove('dev')
  expect([await clusters.names(), await clusters.read('dev')]).toEqual([[], undefined])
})

test('alive is the very process, not another with its number', async () => {
  const mine = await state()
  expect(await isAlive(mine)).toBe(true)
  expect(await isAlive({...mine, started: '1'})).toBe(false)
  expect(await isAlive({...mine, pid: 2 ** 22 + 1})).toBe(false)
})

test('what was cut off while it was written is no cluster', async () => {
  await clusters.write('dev', await state())
  await writeFile(join(clusters.folder('dev'), 'state.json'), '{"pid": 1')
  expect(await clusters.read('dev')).toBeUndefined()
})

test('places follow the environment', () => {
  expect(clustersFolder({MOCK_DEVICE_STATE: '/a'})).toBe('/a/clusters')
  expect(clustersFolder({XDG_STATE_HOME: '/b'})).toBe('/b/mock-device/clusters')
  expect(clustersFolder({})).toMatch(/\.local\/state\/mock-device\/clusters$/)
})

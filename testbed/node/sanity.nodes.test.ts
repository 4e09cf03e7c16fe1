/** docs/examples/dra-sanity as it stands, on a node: two containers of a pod that share a folder. */
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {parseAllDocuments} from 'yaml'
import {needTools} from '../needs.ts'
import {type DriverRelease, driverRelease} from './test-release.ts'
import {type TestCluster, testCluster} from './testing.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kubelet')
const example = join(import.meta.dirname, '../../docs/examples/dra-sanity/job.yaml')
const topology = 'apiVersion: mock-accel/v1\nkind: Topology\nmemory: 2Gi\ndevices: [{}]\n'

describe.skipIf(!tools)('dra-sanity in a pod', () => {
  let cluster: TestCluster
  let release: DriverRelease
  beforeAll(async () => {
    release = await driverRelease(['mock-accel-dra-driver', 'dra-sanity'])
    cluster = await testCluster([{name: 'node1', topology}], {images: release.images, module: false})
  })
  afterAll(async () => {
    await cluster?.stop()
    await release?.remove()
  })

  test('the Job of the examples succeeds: nothing failed, and only what was allowed was skipped', async () => {
    // The floating tag of this release's minor: a registry has it, a test's archive does not.
    const text = readFileSync(example, 'utf8').replaceAll(/(image: .*):v[\d.]+$/gm, `$1:v${release.version}`)
    await cluster.apply(...parseAllDocuments(text).map(one => one.toJS() as object))
    const job = ['-n', 'dra-sanity', 'get', 'job', 'dra-sanity', '-o']
    const over = async () => /True/.test(await cluster.get(...job, 'jsonpath={.status.conditions[*].status}'))
    await cluster.until('the end of the Job', over, 600)
    const told = await cluster.get('-n', 'dra-sanity', 'logs', 'job/dra-sanity', '-c', 'dra-sanity')
    expect(await cluster.get(...job, 'jsonpath={.status.succeeded}'), told).toBe('1')
    expect(told).toMatch(/\d+ passed/)
  })
})

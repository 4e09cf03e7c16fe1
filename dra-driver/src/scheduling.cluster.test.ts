import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {dra} from '#lib/generated/device.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {until} from '#testbed/cluster/processes.ts'
import {needTools} from '#testbed/needs.ts'
import {apiClient} from './api/client.ts'
import {fromKubeconfig} from './api/credentials.ts'
import {resources} from './api/resources.ts'
import type {AllocationResult} from './kube-types.ts'
import {silent} from './log.ts'
import {type Publisher, startPublisher} from './publisher.ts'
import {simulatedSource} from './simulated.ts'
import {buildPools} from './slices.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler')
const extendedResource = `${dra.driver}/vf`
/** The one device without VFs and without a NUMA node. */
const small = `device.capacity["${dra.driver}"].memory.compareTo(quantity("2Gi")) < 0 && device.attributes["${dra.driver}"].compute`
const topology = `
apiVersion: mock-accel/v1
kind: Topology
numa: [{id: 0}, {id: 1}]
devices:
  - {numa: 0, vfs: 2}
  - {numa: 1, vfs: 2}
  - {memory: 1Gi}
`

/** Two nodes with equal devices, and the scheduler that has to choose among them. */
describe.skipIf(!tools)('the real scheduler', () => {
  let plane: ControlPlane
  let folder: string
  const stops: (() => Promise<void> | void)[] = []
  const publishers: Publisher[] = []

  beforeAll(async () => {
    plane = await startControlPlane({with: ['kube-controller-manager', 'kube-scheduler'], fakeNodes: true})
    folder = await mkdtemp(join(tmpdir(), 'dra-'))
    await writeFile(join(folder, 'topology.yaml'), topology)
    const client = apiClient(await fromKubeconfig(plane.kubeconfig))
    stops.push(() => client.close())
    for (const node of ['node1', 'node2']) {
      await addFakeNode(plane, node, '6.12.107-amd64', {'kubernetes.io/hostname': node})
      const room = {status: {allocatable: {pods: '110', cpu: '8', memory: '8Gi'}, capacity: {pods: '110'}}}
      const args = ['patch', 'node', node, '--subresource=status', '--type=merge', '-p', JSON.stringify(room)]
      await mustKubectl(plane, args)
      const devices = await simulatedSource(join(folder, 'topology.yaml'), node).scan()
      const api = resources(client, {driver: dra.driver, node})
      const publisher = startPublisher({api, driver: dra.driver, node, log: silent})
      publisher.set(buildPools(devices, {node, sharedCounters: true}))
      await publisher.published
      publishers.push(publisher)
    }
    for (const [name, expression] of Object.entries(dra.deviceClasses))
      await apply({
        apiVersion: 'resource.k8s.io/v1',
        kind: 'DeviceClass',
        metadata: {name},
        spec: {
          selectors: [{cel: {expression}}],
          ...(name === 'mock-accel-vf' ? {extendedResourceName: extendedResource} : {}),
        },
      })
    const labels = {'resource.kubernetes.io/admin-access': 'true'}
    await apply({apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'admin', labels}})
  })
  afterAll(async () => {
    for (const publisher of publishers) await publisher.stop()
    for (const stop of stops) await stop()
    await plane?.stop()
    if (folder) await rm(folder, {recursive: true})
  })
  afterEach(async () => {
    await mustKubectl(plane, ['delete', 'pods', '-A', '--all', '--force', '--grace-period=0'])
    await mustKubectl(plane, ['delete', 'resourceclaims', '-A', '--all'])
  })

  const apply = (object: object) => mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify(object))
  const request = (name: string, deviceClassName: string, more: object = {}) => ({
    name,
    exactly: {deviceClassName, ...more},
  })

  /** A pod with a claim of its own, on one node. */
  const run = async (
    name: string,
    requests: object[],
    {node = 'node1', constraints = [] as object[], namespace = 'default'} = {},
  ) => {
    await apply({
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaim',
      metadata: {name, namespace},
      spec: {devices: {requests, ...(constraints.length > 0 ? {constraints} : {})}},
    })
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {name, namespace},
      spec: {
        nodeSelector: {'kubernetes.io/hostname': node},
        automountServiceAccountToken: false,
        containers: [{name: 'c', image: 'registry.test/c', resources: {claims: [{name: 'd'}]}}],
        resourceClaims: [{name: 'd', resourceClaimName: name}],
      },
    })
  }
  const allocation = async (name: string, namespace = 'default'): Promise<AllocationResult[] | undefined> => {
    const args = ['get', 'resourceclaim', name, '-n', namespace, '-o', 'json']
    return JSON.parse(await mustKubectl(plane, args)).status?.allocation?.devices.results
  }
  const allocated = async (name: string, namespace?: string) => {
    await until(`an allocation of ${name}`, async () => (await allocation(name, namespace)) !== undefined, [])
    return (await allocation(name, namespace)) ?? []
  }
  const devices = async (name: string) => (await allocated(name)).map(one => `${one.pool}/${one.device}`)
  const refused = async (name: string) => {
    const events = () =>
      mustKubectl(plane, [
        'get',
        'events',
        '--field-selector',
        `involvedObject.name=${name}`,
        '-o',
        'jsonpath={..message}',
      ])
    await until(
      `a refusal of ${name}`,
      async () => (await events()).includes('cannot allocate all claims'),
      [],
    )
    expect(await allocation(name)).toBeUndefined()
  }

  test('gives PFs and VFs by class, only those with a known NUMA node where asked', async () => {
    await run('pf', [request('r', 'numa-aware-pf')])
    expect(await devices('pf')).toEqual(['node1/numa0/mock0'])
    await run('vf', [request('r', 'mock-accel-vf')])
    expect(await devices('vf')).toEqual(['node1/numa1/mock1v0'])
  })

  test('never gives a PF together with its VFs', async () => {
    await run('vfs', [request('r', 'mock-accel-vf', {count: 4})])
    expect(await devices('vfs')).toHaveLength(4)
    await run('pf', [request('r', 'numa-aware-pf')])
    await refused('pf')
    await run('elsewhere', [request('r', 'numa-aware-pf')], {node: 'node2'})
    expect(await devices('elsewhere')).toEqual(['node2/numa0/mock0'])
  })

  test('gives pairs of one NUMA node, by the standard attribute', async () => {
    const constraints = [{requests: ['a'], matchAttribute: 'resource.kubernetes.io/numaNode'}]
    await run('pair', [request('a', 'mock-accel-vf', {count: 2})], {constraints})
    const pools = (await devices('pair'))?.map(one => one.replace(/\/[^/]+$/, ''))
    expect(new Set(pools).size).toBe(1)
    await run('three', [request('a', 'mock-accel-vf', {count: 3})], {constraints})
    await refused('three')
  })

  test('chooses by capacity and attributes in CEL', async () => {
    await run('small', [request('r', 'mock-accel-pf', {selectors: [{cel: {expression: small}}]})])
    expect(await devices('small')).toEqual(['node1/unknown/mock2'])
  })

  test('gives an extended resource, without a claim of the pod', async () => {
    const name = 'extended'
    const resources = {limits: {[extendedResource]: '2'}}
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {name, namespace: 'default'},
      spec: {
        nodeSelector: {'kubernetes.io/hostname': 'node2'},
        automountServiceAccountToken: false,
        containers: [{name: 'c', image: 'registry.test/c', resources}],
      },
    })
    const claim = async () => {
      const pod = JSON.parse(await mustKubectl(plane, ['get', 'pod', name, '-o', 'json']))
      return pod.status?.extendedResourceClaimStatus?.resourceClaimName as string | undefined
    }
    await until('a claim', async () => (await claim()) !== undefined, [])
    const found = await devices((await claim()) ?? '')
    expect(found).toEqual([expect.stringMatching(/^node2\/numa\d\/mock\dv\d$/), expect.anything()])
  })

  test('lets who has admin access look at a device that another claim holds, where the namespace may', async () => {
    await run('owner', [request('r', 'mock-accel-pf', {selectors: [{cel: {expression: small}}]})])
    expect(await devices('owner')).toEqual(['node1/unknown/mock2'])
    const selectors = [{cel: {expression: small}}]
    const admin = [request('r', 'mock-accel-pf', {allocationMode: 'All', adminAccess: true, selectors})]
    await run('admin', admin, {namespace: 'admin'})
    const results = await allocated('admin', 'admin')
    expect(results.map(one => [one.device, one.adminAccess])).toEqual([['mock2', true]])
    await expect(run('intruder', admin)).rejects.toThrow('admin')
  })
})

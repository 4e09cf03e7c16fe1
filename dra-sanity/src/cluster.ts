import {randomUUID} from 'node:crypto'
import {fail} from '#lib/diagnostics.ts'
import type {Api} from './api.ts'
import type {Allocated, ClaimSource, MakeOptions, TestClaim} from './claims.ts'

/** What is read of a ResourceSlice, resource.k8s.io/v1. */
export type Slice = {
  metadata: {name: string}
  spec: {
    driver: string
    nodeName?: string
    pool: {name: string; generation: number; resourceSliceCount: number}
    devices?: {name: string; taints?: {key: string; effect: string}[]}[]
  }
}
type ClaimObject = {
  metadata: {name: string; namespace: string; uid: string}
  status?: {allocation?: {devices?: {results?: {driver: string; pool: string; device: string}[]}}}
}

/** The API server as the other side of a driver: its slices, and claims for it. */
export type Cluster = {
  /** The driver's slices of the node, or all of them when no node was named. */
  slices(): Promise<Slice[]>
  /** Deletes them, as kubelet does at its start. */
  wipe(): Promise<void>
}

export type ClusterOptions = {driver: string; namespace: string; nodeName: string | undefined}

const group = '/apis/resource.k8s.io/v1'

export function clusterOf(api: Api, {driver, nodeName}: ClusterOptions): Cluster {
  const selector = [`spec.driver=${driver}`, ...(nodeName ? [`spec.nodeName=${nodeName}`] : [])].join(',')
  const slices = async () =>
    (await api.get<{items: Slice[]}>(`${group}/resourceslices?fieldSelector=${encodeURIComponent(selector)}`))
      .items
  return {
    slices,
    async wipe() {
      for (const {metadata} of await slices()) await api.remove(`${group}/resourceslices/${metadata.name}`)
    },
  }
}

/** The newest generation of each pool, as consumers read pools. */
export function newestSlices(slices: readonly Slice[]): Slice[] {
  const newest = (pool: string) =>
    Math.max(...slices.filter(one => one.spec.pool.name === pool).map(one => one.spec.pool.generation))
  return slices.filter(one => one.spec.pool.generation === newest(one.spec.pool.name))
}

/** Makes claims and allocates them itself, the way the scheduler does, so that no scheduler has to run. */
export function claimsOf(api: Api, cluster: Cluster, {driver, namespace}: ClusterOptions): ClaimSource {
  const claims = `${group}/namespaces/${namespace}/resourceclaims`
  const freeDevices = async () => {
    const taken = new Set(
      (await api.get<{items: ClaimObject[]}>(`${group}/resourceclaims`)).items
        .flatMap(one => one.status?.allocation?.devices?.results ?? [])
        .filter(one => one.driver === driver)
        .map(one => `${one.pool}/${one.device}`),
    )
    return newestSlices(await cluster.slices())
      .flatMap(({spec}) =>
        (spec.devices ?? []).map(one => ({pool: spec.pool.name, device: one.name, taints: one.taints})),
      )
      .filter(one => !one.taints?.length && !taken.has(`${one.pool}/${one.device}`))
  }
  const choose = async ({devices = 1, sameAs}: MakeOptions): Promise<Allocated[]> => {
    if (sameAs) return [...sameAs.devices]
    const free = await freeDevices()
    if (free.length < devices)
      fail(
        {
          code: 'F012',
          message: `${devices} devices of ${driver} are needed, ${free.length} are free`,
          hint: 'give the driver more devices',
        },
        3,
      )
    return free.slice(0, devices).map(({pool, device}, i) => ({request: `r${i}`, pool, device}))
  }
  return {
    free: async () => (await freeDevices()).length,
    async make(options = {}) {
      const devices = await choose(options)
      const requests = [...devices.map(one => one.request), ...(options.foreign ? ['foreign'] : [])]
      const made = await api.create<ClaimObject>(claims, {
        apiVersion: 'resource.k8s.io/v1',
        kind: 'ResourceClaim',
        metadata: {generateName: 'dra-sanity-', namespace},
        spec: {
          devices: {
            requests: requests.map(name => ({
              name,
              exactly: {deviceClassName: 'dra-sanity', allocationMode: 'ExactCount', count: 1},
            })),
          },
        },
      })
      if (!options.unallocated) {
        const results = [
          ...(options.foreign
            ? [{request: 'foreign', driver: 'other.dra-sanity.example', pool: 'other', device: 'other'}]
            : []),
          ...devices.map(one => ({...one, driver})),
        ]
        await api.update(`${claims}/${made.metadata.name}/status`, {
          ...made,
          status: {
            allocation: {devices: {results}},
            reservedFor: [{resource: 'pods', name: 'dra-sanity', uid: randomUUID()}],
          },
        })
      }
      const {name, uid} = made.metadata
      return {namespace, name, uid, devices}
    },
    remove: (claim: TestClaim) => api.remove(`${claims}/${claim.name}`),
  }
}

/** The few things the driver asks of the API server. */
import {fail} from '#lib/diagnostics.ts'
import type {EventObject, OwnerReference, ResourceClaim, ResourceSlice} from '../kube-types.ts'
import {type ApiClient, ApiError, type WatchOptions} from './client.ts'

const group = '/apis/resource.k8s.io/v1'

/** Slices of one driver on one node, and single claims. */
export type Resources = {
  listSlices(): Promise<{slices: ResourceSlice[]; version: string}>
  /** From `version` on; `onChange` hears of every change. */
  watchSlices(version: string, onChange: (type: string) => void, options?: WatchOptions): Promise<void>
  createSlice(slice: ResourceSlice): Promise<ResourceSlice>
  /** Only if nobody changed it since: the slice carries its resourceVersion. */
  updateSlice(slice: ResourceSlice): Promise<ResourceSlice>
  /** Only this very object; one that is gone already is no error. */
  deleteSlice(slice: ResourceSlice): Promise<void>
  /** Undefined when there is none. */
  getClaim(namespace: string, name: string, signal?: AbortSignal): Promise<ResourceClaim | undefined>
  createEvent(event: EventObject): Promise<void>
  /** The Node as an owner; undefined when there is none yet. */
  nodeOwner(): Promise<OwnerReference | undefined>
  /** 36 of Kubernetes 1.36. */
  minorVersion(): Promise<number>
  /** @throws DiagnosticError exit 3: N012 below 1.34 */
  requireApi(): Promise<void>
}

export function resources(client: ApiClient, {driver, node}: {driver: string; node: string}): Resources {
  const selector = `fieldSelector=${encodeURIComponent(`spec.driver=${driver},spec.nodeName=${node}`)}`
  const slices = `${group}/resourceslices`
  const one = (name: string) => `${slices}/${encodeURIComponent(name)}`
  return {
    async listSlices() {
      const found = (await client.request('GET', `${slices}?${selector}`)) as {
        items?: ResourceSlice[] | null
        metadata: {resourceVersion: string}
      }
      return {slices: found.items ?? [], version: found.metadata.resourceVersion}
    },
    watchSlices: (version, onChange, options) =>
      client.watch(
        `${slices}?${selector}&resourceVersion=${encodeURIComponent(version)}`,
        ({type, object}) => {
          // The version is too old: the caller lists again.
          if (type === 'ERROR') throw new ApiError(410, 'Expired', JSON.stringify(object))
          if (type !== 'BOOKMARK') onChange(type)
        },
        options,
      ),
    createSlice: async slice => (await client.request('POST', slices, slice)) as ResourceSlice,
    updateSlice: async slice =>
      (await client.request('PUT', one(slice.metadata.name), slice)) as ResourceSlice,
    async deleteSlice({metadata: {name, uid, resourceVersion}}) {
      const preconditions = {uid, resourceVersion}
      const body = {apiVersion: 'v1', kind: 'DeleteOptions', preconditions}
      await client.request('DELETE', one(name), body).catch(absent)
    },
    async getClaim(namespace, name, signal) {
      const path = `${group}/namespaces/${encodeURIComponent(namespace)}/resourceclaims/${encodeURIComponent(name)}`
      const found = await client.request('GET', path, undefined, signal ? {signal} : {}).catch(absent)
      return found as ResourceClaim | undefined
    },
    async createEvent(event) {
      const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(event.metadata.namespace)}/events`
      await client.request('POST', path, event)
    },
    async nodeOwner() {
      const path = `/api/v1/nodes/${encodeURIComponent(node)}`
      const found = (await client.request('GET', path).catch(absent)) as
        | {metadata: {name: string; uid: string}}
        | undefined
      if (!found) return undefined
      const {name, uid} = found.metadata
      return {apiVersion: 'v1', kind: 'Node', name, uid, controller: true}
    },
    async minorVersion() {
      const {minor} = (await client.request('GET', '/version')) as {minor?: string}
      // Some distributions write `36+`.
      return Number.parseInt(minor ?? '', 10) || 0
    },
    async requireApi() {
      const found = (await client.request('GET', '/apis/resource.k8s.io').catch(absent)) as
        | {versions?: {version: string}[]}
        | undefined
      const versions = found?.versions?.map(({version}) => version) ?? []
      if (versions.includes('v1')) return
      fail(
        {
          code: 'N012',
          message: `the API server does not serve resource.k8s.io/v1, but ${versions.join(', ') || 'nothing of that group'}`,
          hint: 'Kubernetes 1.34 or newer is needed',
        },
        3,
      )
    },
  }
}

/** @throws anything but "not found" */
function absent(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined
  throw error
}

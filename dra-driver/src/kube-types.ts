/** The parts of resource.k8s.io/v1 that the driver writes and reads. Units and limits: the API's own reference. */

export type Metadata = {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  labels?: Record<string, string>
  ownerReferences?: OwnerReference[]
  deletionTimestamp?: string
}

export type OwnerReference = {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
}

export type AttributeValue = {bool: boolean} | {int: number} | {string: string} | {version: string}

/** Amounts of a shared counter set, or taken from one: quantities. */
export type Counters = {counterSet: string; counters: Record<string, {value: string}>}
export type CounterSet = {name: string; counters: Record<string, {value: string}>}
export type Taint = {
  key: string
  value?: string
  effect: 'NoSchedule' | 'NoExecute' | 'None'
  timeAdded?: string
}

export type SliceDevice = {
  name: string
  attributes: Record<string, AttributeValue>
  capacity: Record<string, {value: string}>
  consumesCounters?: Counters[]
  taints?: Taint[]
}

export type SliceSpec = {
  driver: string
  nodeName: string
  pool: {name: string; generation: number; resourceSliceCount: number}
  devices?: SliceDevice[]
  sharedCounters?: CounterSet[]
}

export type ResourceSlice = {
  apiVersion?: string
  kind?: string
  metadata: Metadata
  spec: SliceSpec
}

export type AllocationResult = {
  request: string
  driver: string
  pool: string
  device: string
  adminAccess?: boolean
  shareID?: string
}

export type DeviceConfig = {
  source?: string
  requests?: string[]
  opaque?: {driver: string; parameters: unknown}
}

export type ResourceClaim = {
  metadata: Metadata
  status?: {
    allocation?: {devices?: {results?: AllocationResult[]; config?: DeviceConfig[]}}
    reservedFor?: {apiGroup?: string; resource: string; name: string; uid: string}[]
  }
}

export type ObjectReference = {
  apiVersion: string
  kind: string
  namespace: string
  name: string
  uid: string
}

/** Of events.k8s.io/v1. */
export type EventObject = {
  apiVersion: 'events.k8s.io/v1'
  kind: 'Event'
  metadata: {generateName: string; namespace: string}
  eventTime: string
  regarding: ObjectReference
  reason: string
  note: string
  type: 'Normal' | 'Warning'
  action: string
  reportingController: string
  reportingInstance: string
}

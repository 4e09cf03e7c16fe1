import type {KernelMapping} from '../kernels/types.ts'
import type {Selector} from './selector.ts'

/** What is kept of each object. Names are the API's where they say the same. */

export type Named = {readonly namespace: string; readonly name: string}

export type NodeFacts = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly kubelet: string
  /** `containerd://2.1.9` */
  readonly runtime: string
  /** As `uname -r` says it. */
  readonly kernel: string
  readonly arch: string
  /** `False` and `Unknown` are told apart by Kubernetes: kubelet says no, or says nothing. */
  readonly ready: string
  readonly readyMessage: string
}

export type PodFacts = Named & {
  readonly node: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly phase: string
  readonly ready: boolean
  /** Whether something makes a new one when it is gone: a controller, or kubelet for its own. */
  readonly controlled: boolean
  /** Made again on the same node whatever is drained. */
  readonly ofDaemonSet: boolean
  /** ResourceClaims that it asks for. */
  readonly claims: readonly string[]
  /** Why the scheduler has no node for it. */
  readonly unschedulable: string | undefined
  readonly created: string
}

export type Workload = Named & {
  readonly kind: 'Deployment' | 'DaemonSet' | 'StatefulSet'
  readonly labels: Readonly<Record<string, string>>
  readonly images: readonly string[]
  readonly wanted: number
  readonly available: number
}

export type Pdb = Named & {
  readonly selector: Selector
  readonly allowed: number
  readonly healthy: number
  readonly needed: number
  readonly expected: number
}

export type Crd = {
  readonly name: string
  readonly stored: readonly string[]
  readonly versions: readonly {name: string; served: boolean; storage: boolean; deprecated: boolean}[]
  readonly labels: Readonly<Record<string, string>>
  readonly conversion: Backend | undefined
}

/** Helm's record of one revision of a release. */
export type HelmRevision = Named & {
  readonly release: string
  readonly revision: number
  readonly status: string
  /** Seconds since 1970. */
  readonly modified: number | undefined
}

export type Backend = Named & {readonly port: number}

export type WebhookConfiguration = {
  readonly kind: 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration'
  readonly name: string
  readonly webhooks: readonly {
    readonly name: string
    /** Undefined when it is called by URL, which cannot be looked at from here. */
    readonly backend: Backend | undefined
    /** `Fail`: what it would judge is refused while it is away. */
    readonly failurePolicy: string
    readonly resources: readonly string[]
  }[]
}

export type ApiService = {
  readonly name: string
  readonly backend: Backend | undefined
  readonly available: string | undefined
  readonly message: string
}

export type EndpointSlice = {readonly namespace: string; readonly service: string; readonly ready: number}

export type KmmModule = Named & {
  readonly selector: Readonly<Record<string, string>>
  readonly mappings: readonly KernelMapping[]
  readonly version: string | undefined
}

export type KubeVirt = Named & {
  readonly phase: string
  readonly observed: string | undefined
  readonly target: string | undefined
  readonly outdated: number
  readonly conditions: Readonly<Record<string, string>>
  /** How running machines get new launchers: LiveMigrate, Evict; empty when by nobody. */
  readonly updates: readonly string[]
}

export type Vmi = Named & {
  readonly node: string | undefined
  readonly outdated: boolean
  readonly migratable: string
}
export type Migration = Named & {readonly machine: string; readonly phase: string; readonly created: string}

export type Certificate = Named & {
  readonly ready: string | undefined
  readonly message: string
  readonly notAfter: string | undefined
}

export type Slice = {
  readonly name: string
  readonly driver: string
  readonly pool: string
  readonly generation: number
  /** How many slices the pool has at this generation. */
  readonly count: number
  readonly node: string | undefined
  readonly devices: readonly {readonly name: string; readonly taints: readonly DeviceTaint[]}[]
}
export type DeviceTaint = {readonly key: string; readonly value: string; readonly effect: string}

export type Claim = Named & {
  readonly classes: readonly string[]
  readonly allocated: readonly {readonly driver: string; readonly pool: string; readonly device: string}[]
  /** Pods that may use it. */
  readonly reservedFor: readonly string[]
  readonly deleted: string | undefined
  readonly created: string
}

export type DeviceClass = {readonly name: string}

/** An API that a client asked for although it is deprecated; since the API server's start. */
export type DeprecatedUse = {
  readonly group: string
  readonly version: string
  readonly resource: string
  /** The minor that no longer has it, `1.37`; undefined when none is set. */
  readonly removed: string | undefined
}

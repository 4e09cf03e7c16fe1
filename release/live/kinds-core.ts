/** What is kept of Kubernetes' own objects: https://kubernetes.io/docs/reference/kubernetes-api/ */

import {at, listAt, numberAt, textAt, textsAt} from '../lib/fields.ts'
import type {KubeObject} from '../lib/kube.ts'
import {conditionMessage, conditionOf} from './conditions.ts'
import type {
  ApiService,
  Backend,
  Crd,
  EndpointSlice,
  HelmRevision,
  Named,
  NodeFacts,
  Pdb,
  PodFacts,
  WebhookConfiguration,
  Workload,
} from './facts.ts'
import {selectorOf} from './selector.ts'

export function namedOf({metadata}: KubeObject): Named {
  return {namespace: metadata.namespace ?? '', name: metadata.name}
}

export function nodeOf(object: KubeObject): NodeFacts {
  const info = at(object, 'status', 'nodeInfo')
  return {
    name: object.metadata.name,
    labels: object.metadata.labels ?? {},
    kubelet: textAt(info, 'kubeletVersion') ?? '',
    runtime: textAt(info, 'containerRuntimeVersion') ?? '',
    kernel: textAt(info, 'kernelVersion') ?? '',
    arch: textAt(info, 'architecture') ?? '',
    ready: conditionOf(object, 'Ready') ?? 'Unknown',
    readyMessage: conditionMessage(object, 'Ready'),
  }
}

export function podOf(object: KubeObject): PodFacts {
  const {metadata} = object
  const owner = listAt(metadata, 'ownerReferences').find(o => at(o, 'controller') === true)
  const ownerKind = textAt(owner, 'kind')
  const waits = conditionOf(object, 'PodScheduled') === 'False'
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    node: textAt(object, 'spec', 'nodeName'),
    labels: metadata.labels ?? {},
    phase: textAt(object, 'status', 'phase') ?? '',
    ready: conditionOf(object, 'Ready') === 'True',
    controlled: ownerKind !== undefined,
    ofDaemonSet: ownerKind === 'DaemonSet' || ownerKind === 'Node',
    claims: claimsOf(object),
    unschedulable: waits ? conditionMessage(object, 'PodScheduled') : undefined,
    created: metadata.creationTimestamp ?? '',
  }
}

const none: readonly string[] = []

/** Claims made for the pod from a template stand in its status, others in its spec. */
function claimsOf(object: KubeObject): readonly string[] {
  const asked = listAt(object, 'spec', 'resourceClaims')
  if (asked.length === 0) return none
  const made = listAt(object, 'status', 'resourceClaimStatuses')
  return [...asked, ...made].flatMap(claim => textAt(claim, 'resourceClaimName') ?? [])
}

export function workloadOf(kind: Workload['kind'], object: KubeObject): Workload {
  const containers = listAt(object, 'spec', 'template', 'spec', 'containers')
  const daemons = kind === 'DaemonSet'
  return {
    kind,
    ...namedOf(object),
    labels: object.metadata.labels ?? {},
    images: containers.flatMap(c => textAt(c, 'image') ?? []),
    wanted: daemons
      ? (numberAt(object, 'status', 'desiredNumberScheduled') ?? 0)
      : (numberAt(object, 'spec', 'replicas') ?? 1),
    available:
      (daemons
        ? numberAt(object, 'status', 'numberAvailable')
        : numberAt(object, 'status', 'availableReplicas')) ?? 0,
  }
}

export function pdbOf(object: KubeObject): Pdb {
  const status = at(object, 'status')
  return {
    ...namedOf(object),
    selector: selectorOf(at(object, 'spec', 'selector')),
    allowed: numberAt(status, 'disruptionsAllowed') ?? 0,
    healthy: numberAt(status, 'currentHealthy') ?? 0,
    needed: numberAt(status, 'desiredHealthy') ?? 0,
    expected: numberAt(status, 'expectedPods') ?? 0,
  }
}

export function crdOf(object: KubeObject): Crd {
  const versions = listAt(object, 'spec', 'versions').map(v => ({
    name: textAt(v, 'name') ?? '',
    served: at(v, 'served') === true,
    storage: at(v, 'storage') === true,
    deprecated: at(v, 'deprecated') === true,
  }))
  return {
    name: object.metadata.name,
    stored: listAt(object, 'status', 'storedVersions').filter(v => typeof v === 'string'),
    versions,
    labels: textsAt(object.metadata, 'labels'),
    conversion: backendOf(at(object, 'spec', 'conversion', 'webhook', 'clientConfig', 'service')),
  }
}

/**
 * Helm 3 and 4 keep a revision's state in labels, so that its Secret need not be read. A revision is made with
 * `createdAt`, which `modifiedAt` replaces when its state changes: one that is pending has only the first.
 */
export function helmRevisionOf(object: KubeObject): HelmRevision {
  const {
    name = '',
    version = '',
    status = '',
    createdAt,
    modifiedAt = createdAt,
  } = object.metadata.labels ?? {}
  return {
    ...namedOf(object),
    release: name,
    revision: Number(version) || 0,
    status,
    modified: modifiedAt === undefined ? undefined : Number(modifiedAt),
  }
}

function backendOf(service: unknown): Backend | undefined {
  const [namespace, name] = [textAt(service, 'namespace'), textAt(service, 'name')]
  if (namespace === undefined || name === undefined) return undefined
  return {namespace, name, port: numberAt(service, 'port') ?? 443}
}

export function webhooksOf(kind: WebhookConfiguration['kind'], object: KubeObject): WebhookConfiguration {
  const webhooks = listAt(object, 'webhooks').map(hook => ({
    name: textAt(hook, 'name') ?? '',
    backend: backendOf(at(hook, 'clientConfig', 'service')),
    failurePolicy: textAt(hook, 'failurePolicy') ?? 'Fail',
    resources: listAt(hook, 'rules').flatMap(rule =>
      listAt(rule, 'resources').filter(r => typeof r === 'string'),
    ),
  }))
  return {kind, name: object.metadata.name, webhooks}
}

export function apiServiceOf(object: KubeObject): ApiService {
  return {
    name: object.metadata.name,
    backend: backendOf(at(object, 'spec', 'service')),
    available: conditionOf(object, 'Available'),
    message: conditionMessage(object, 'Available'),
  }
}

export function endpointSliceOf(object: KubeObject): EndpointSlice {
  // Without the condition an endpoint counts as ready, as the API says.
  const ready = listAt(object, 'endpoints').filter(e => at(e, 'conditions', 'ready') !== false)
  return {
    namespace: object.metadata.namespace ?? '',
    service: object.metadata.labels?.['kubernetes.io/service-name'] ?? '',
    ready: ready.length,
  }
}

import type {KubeObject, ListOptions, Resource} from '../lib/kube.ts'
import {
  apiServiceOf,
  crdOf,
  endpointSliceOf,
  helmRevisionOf,
  nodeOf,
  pdbOf,
  podOf,
  webhooksOf,
  workloadOf,
} from './kinds-core.ts'
import {claimOf, classOf, sliceOf} from './kinds-dra.ts'
import {certificateOf, kmmModuleOf, kubeVirtOf, migrationOf, vmiOf} from './kinds-operators.ts'

/** One kind of object: where it is, and what is kept of it. */
export type Kind<T> = {
  readonly resource: Resource
  readonly options?: ListOptions
  readonly keep: (object: KubeObject) => T
}

function kind<T>(path: string, keep: (object: KubeObject) => T, options: ListOptions = {}): Kind<T> {
  const [group = '', version = '', plural = ''] = path.split('/')
  return {resource: {group, version, plural}, options, keep}
}

/** Everything that is listed, each once. The RBAC manifest is made from it. */
export const kinds = {
  nodes: kind('/v1/nodes', nodeOf),
  // Pages as small as this are gone before V8 counts them as old: a quarter less memory, and no slower.
  pods: kind('/v1/pods', podOf, {limit: 100}),
  deployments: kind('apps/v1/deployments', object => workloadOf('Deployment', object)),
  daemonSets: kind('apps/v1/daemonsets', object => workloadOf('DaemonSet', object)),
  statefulSets: kind('apps/v1/statefulsets', object => workloadOf('StatefulSet', object)),
  pdbs: kind('policy/v1/poddisruptionbudgets', pdbOf),
  // A definition may have a megabyte of schema.
  crds: kind('apiextensions.k8s.io/v1/customresourcedefinitions', crdOf, {limit: 25}),
  helmRevisions: kind('/v1/secrets', helmRevisionOf, {labelSelector: 'owner=helm', metadataOnly: true}),
  validating: kind('admissionregistration.k8s.io/v1/validatingwebhookconfigurations', object =>
    webhooksOf('ValidatingWebhookConfiguration', object),
  ),
  mutating: kind('admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', object =>
    webhooksOf('MutatingWebhookConfiguration', object),
  ),
  apiServices: kind('apiregistration.k8s.io/v1/apiservices', apiServiceOf),
  endpointSlices: kind('discovery.k8s.io/v1/endpointslices', endpointSliceOf),
  kmmModules: kind('kmm.sigs.x-k8s.io/v1beta1/modules', kmmModuleOf),
  kubeVirts: kind('kubevirt.io/v1/kubevirts', kubeVirtOf),
  vmis: kind('kubevirt.io/v1/virtualmachineinstances', vmiOf),
  migrations: kind('kubevirt.io/v1/virtualmachineinstancemigrations', migrationOf),
  certificates: kind('cert-manager.io/v1/certificates', certificateOf),
  slices: kind('resource.k8s.io/v1/resourceslices', sliceOf),
  claims: kind('resource.k8s.io/v1/resourceclaims', claimOf),
  classes: kind('resource.k8s.io/v1/deviceclasses', classOf),
} as const

export type Kinds = {[K in keyof typeof kinds]: ReturnType<(typeof kinds)[K]['keep']>}
export type KindName = keyof Kinds

/** What the chart renders of the DRA driver by default, made from the same data. */
import type {ChartData} from './data.ts'
import {draDriver} from './driver-values.ts'
import {type KubeObject, labels, site, wave} from './kube-object.ts'
import {type PolicyName, policies, policyNames} from './policies.ts'
import {defaults} from './spec.ts'

const component = {'app.kubernetes.io/component': 'dra-driver'}
const role = 'rbac.authorization.k8s.io'
const admission = 'admissionregistration.k8s.io/v1'
const name = `${site.release}-dra-driver`
const account = {kind: 'ServiceAccount', name, namespace: site.namespace}

/** All objects of the driver, in the order in which they are applied. */
export function driverObjects(data: ChartData): KubeObject[] {
  return [
    networkPolicy(data),
    ...access(data),
    daemonSet(data),
    ...data.driver.classes.map(one => deviceClass(data, one)),
    ...policyNames.flatMap(policy => admissionPolicy(data, policy)),
  ]
}

function metadata(data: ChartData, at: number, own: Record<string, string> = {}) {
  return {name, namespace: site.namespace, labels: labels(data, own), annotations: wave(at)}
}

function clusterMetadata(data: ChartData, at: number, called = name) {
  return {name: called, labels: labels(data), annotations: wave(at)}
}

const selector = ({chart}: ChartData) => ({
  'app.kubernetes.io/name': chart,
  'app.kubernetes.io/instance': site.release,
  ...component,
})

function networkPolicy(data: ChartData): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(data, -1),
    spec: {
      podSelector: {matchLabels: selector(data)},
      policyTypes: ['Ingress'],
      ingress: [{ports: [{port: 8080, protocol: 'TCP'}]}],
    },
  }
}

function access(data: ChartData): KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: metadata(data, -1),
      automountServiceAccountToken: false,
    },
    {
      apiVersion: `${role}/v1`,
      kind: 'ClusterRole',
      metadata: clusterMetadata(data, -1),
      rules: [
        {
          apiGroups: ['resource.k8s.io'],
          resources: ['resourceslices'],
          verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
        },
        {apiGroups: ['resource.k8s.io'], resources: ['resourceclaims'], verbs: ['get']},
        {apiGroups: [''], resources: ['nodes'], verbs: ['get']},
        {apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create']},
      ],
    },
    {
      apiVersion: `${role}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: clusterMetadata(data, -1),
      roleRef: {apiGroup: role, kind: 'ClusterRole', name},
      subjects: [account],
    },
  ]
}

type Defaults = Readonly<Record<string, unknown>> & {
  image: {repository: string; pullPolicy: string}
  kubeletRoot: string
  cdiRoot: string
  startupProbe: object
  livenessProbe: object
  readinessProbe: object
}

function daemonSet(data: ChartData): KubeObject {
  const values = defaults(draDriver(data)) as Defaults
  const plugin = `${values.kubeletRoot}/plugins/${data.driver.name}`
  const volumes = [
    {name: 'plugin', path: plugin, type: 'DirectoryOrCreate'},
    {name: 'registry', path: `${values.kubeletRoot}/plugins_registry`, type: 'Directory'},
    {name: 'cdi', path: values.cdiRoot, type: 'DirectoryOrCreate'},
    {name: 'sysfs', path: '/sys', type: 'Directory', mountPath: '/host/sys'},
    {name: 'dev', path: '/dev', type: 'Directory', mountPath: '/host/dev', readOnly: true},
  ]
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadata(data, 0, component),
    spec: {
      revisionHistoryLimit: values.revisionHistoryLimit,
      selector: {matchLabels: selector(data)},
      updateStrategy: values.updateStrategy,
      template: {
        metadata: {
          labels: selector(data),
          annotations: {'kubectl.kubernetes.io/default-container': 'driver'},
        },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: true,
          priorityClassName: values.priorityClassName,
          dnsPolicy: values.dnsPolicy,
          terminationGracePeriodSeconds: values.terminationGracePeriodSeconds,
          securityContext: values.podSecurityContext,
          containers: [
            {
              ...container(data, values),
              volumeMounts: volumes.map(({name, path, mountPath = path, readOnly}) => ({
                name,
                mountPath,
                readOnly,
              })),
            },
          ],
          volumes: volumes.map(({name, path, type}) => ({name, hostPath: {path, type}})),
          nodeSelector: values.nodeSelector,
        },
      },
    },
  }
}

function container(data: ChartData, values: Defaults) {
  const probe = (path: string, more: object) => ({httpGet: {path, port: 'http'}, ...more})
  return {
    name: 'driver',
    image: `${values.image.repository}:v${data.version}`,
    imagePullPolicy: values.image.pullPolicy,
    args: flags(values),
    env: [{name: 'NODE_NAME', valueFrom: {fieldRef: {apiVersion: 'v1', fieldPath: 'spec.nodeName'}}}],
    ports: [{name: 'http', containerPort: values.httpPort, protocol: 'TCP'}],
    startupProbe: probe('/healthz', values.startupProbe),
    livenessProbe: probe('/healthz', values.livenessProbe),
    readinessProbe: probe('/readyz', values.readinessProbe),
    resources: values.resources,
    securityContext: values.securityContext,
  }
}

function flags(values: Defaults): string[] {
  const onOff = (value: unknown) => (value ? 'on' : 'off')
  return Object.entries({
    'kubelet-root': values.kubeletRoot,
    'cdi-root': values.cdiRoot,
    'sysfs-root': '/host/sys',
    'dev-root': '/host/dev',
    'rescan-interval': values.rescanInterval,
    'relist-interval': values.relistInterval,
    'reconcile-interval': values.reconcileInterval,
    'http-address': `:${values.httpPort}`,
    'health-service': onOff(values.healthService),
    'shared-counters': values.sharedCounters,
    durability: values.durability,
    'log-level': values.logLevel,
    'log-format': values.logFormat,
  }).map(([flag, value]) => `--${flag}=${value}`)
}

function deviceClass(data: ChartData, {name, selector}: ChartData['driver']['classes'][number]): KubeObject {
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'DeviceClass',
    metadata: clusterMetadata(data, 1, name),
    spec: {selectors: [{cel: {expression: selector.trim()}}]},
  }
}

function admissionPolicy(data: ChartData, policy: PolicyName): KubeObject[] {
  const metadata = clusterMetadata(data, -1, `${name}-${policy}`)
  const user = `system:serviceaccount:${account.namespace}:${account.name}`
  const matchConditions = [{name: 'driver', expression: `request.userInfo.username == '${user}'`}]
  const spec = policies(data.driver)[policy]
  return [
    {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: policy === 'own-slices' ? {matchConditions, ...spec} : spec,
    },
    {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {policyName: metadata.name, validationActions: ['Deny']},
    },
  ]
}

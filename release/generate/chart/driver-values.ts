import type {ChartData} from './data.ts'
import {
  anyObject,
  count,
  digest,
  folder,
  objects,
  optionalDnsName,
  pullPolicy,
  repository,
  strings,
  tag,
} from './schemas.ts'
import {earlier, type Group, group, type JsonSchema, leaf} from './spec.ts'

/** Seconds as the driver counts them; the earlier chart wrote `30s`. */
const seconds: JsonSchema = {
  anyOf: [
    {type: 'number', minimum: 0.1, maximum: 86400},
    {type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?[sm]?$'},
  ],
}
const choice = (...values: string[]): JsonSchema => ({enum: values})

/** The values of the DRA driver. */
export function draDriver(data: ChartData): Group {
  return group('The DRA driver: one pod on each node, which publishes its devices and prepares claims.', {
    enabled: leaf('Install the DRA driver, its access rights, its policies and the DeviceClasses.', true),
    ...image(data),
    ...behaviour(data),
    ...pod(),
    ...surroundings(),
    ...earlierNames(data),
  })
}

function image({driver}: ChartData): Group['entries'] {
  return {
    image: group('Where the driver’s image comes from.', {
      repository: leaf('Repository. A private registry’s copy goes here.', driver.repository, repository),
      tag: leaf('Tag; empty takes `v` and the chart’s version.', '', tag),
      digest: leaf('Digest, which wins over the tag.', '', digest),
      pullPolicy: leaf('Pull policy.', 'IfNotPresent', pullPolicy),
    }),
    imagePullSecrets: leaf('Secrets with which kubelet pulls the image, `{name}`.', [], objects),
  }
}

function behaviour({driver}: ChartData): Group['entries'] {
  return {
    kubeletRoot: leaf(
      'kubelet’s `--root-dir`. k0s and MicroK8s, for example, have one of their own.',
      '/var/lib/kubelet',
      folder,
    ),
    cdiRoot: leaf('Where the container runtime looks for CDI specifications.', '/var/run/cdi', folder),
    source: leaf(
      'Where devices come from: `sysfs`, the kernel module; or `simulated`, which invents what `topology` describes and needs no module.',
      'sysfs',
      choice('sysfs', 'simulated'),
    ),
    topology: leaf(
      'Topology of invented devices, as `mock-accel-server` reads it: `numa` and `devices`; apiVersion and kind may be left out.',
      {},
      anyObject,
    ),
    rescanInterval: leaf(
      'Seconds between looks for devices; changes are seen at once where the kernel tells.',
      30,
      seconds,
    ),
    relistInterval: leaf(
      'Seconds between comparisons of the ResourceSlices with the API server.',
      180,
      seconds,
    ),
    reconcileInterval: leaf(
      'Seconds between looks for prepared claims that are gone from the API.',
      300,
      seconds,
    ),
    sharedCounters: leaf(
      `Tell the scheduler that a PF excludes its VFs (partitionable devices): \`on\`, \`off\`, or \`auto\`, which is on from Kubernetes 1.36 on. Without, the driver refuses to prepare what ${driver.name} devices cannot give twice.`,
      'auto',
      // Unquoted on and off are booleans to Helm's YAML.
      {enum: ['auto', 'on', 'off', true, false]},
    ),
    healthService: leaf('Tell kubelet the devices’ health (ResourceHealthStatus).', true),
    durability: leaf(
      'Whether prepared claims survive a power cut: `fsync`, or `none` for throw-away clusters.',
      'fsync',
      choice('fsync', 'none'),
    ),
    logLevel: leaf('How much is logged.', 'info', choice('debug', 'info', 'warn', 'error')),
    logFormat: leaf('How it is logged.', 'json', choice('json', 'text')),
    httpPort: leaf('Port of /healthz, /readyz and /metrics.', 8080, {
      type: 'integer',
      minimum: 1,
      maximum: 65535,
    }),
    extraArgs: leaf('More flags of the driver; the last of two wins.', []),
  }
}

function pod(): Group['entries'] {
  return {
    extraEnv: leaf('More environment variables, as in a container.', [], objects),
    extraVolumes: leaf('More volumes of the pod.', [], objects),
    extraVolumeMounts: leaf('More mounts of the driver’s container.', [], objects),
    initContainers: leaf('Containers that run before the driver.', [], objects),
    extraContainers: leaf('Containers beside the driver.', [], objects),
    podLabels: leaf('More labels of the pods.', {}, strings),
    podAnnotations: leaf('Annotations of the pods.', {}, strings),
    podSecurityContext: leaf(
      'Security context of the pod.',
      {seccompProfile: {type: 'RuntimeDefault'}},
      anyObject,
    ),
    securityContext: leaf(
      'Security context of the driver’s container. It has to be uid 0, which owns kubelet’s folders and the devices’ files in sysfs, and needs no capability. Nodes that enforce SELinux may want `seLinuxOptions: {type: spc_t}`.',
      {
        allowPrivilegeEscalation: false,
        capabilities: {drop: ['ALL']},
        readOnlyRootFilesystem: true,
        runAsGroup: 0,
        runAsUser: 0,
      },
      anyObject,
    ),
    resources: leaf(
      'What the container asks for and may have. No CPU limit: kubelet gives a plugin one second for some answers.',
      {limits: {memory: '128Mi'}, requests: {cpu: '10m', memory: '64Mi'}},
      anyObject,
    ),
    nodeSelector: leaf('Labels of the nodes that get a driver.', {'kubernetes.io/os': 'linux'}, strings),
    tolerations: leaf('Tolerations of the pods.', [], objects),
    affinity: leaf('Affinity of the pods.', {}, anyObject),
    priorityClassName: leaf(
      'Priority. Pods of a node wait for its driver, so nothing should push it out; of a DaemonSet there is no PodDisruptionBudget that Kubernetes could count.',
      'system-node-critical',
      optionalDnsName,
    ),
    runtimeClassName: leaf('RuntimeClass of the pods.', '', optionalDnsName),
    hostNetwork: leaf(
      'Run in the node’s network, for clusters whose pod network needs devices first.',
      false,
    ),
    dnsPolicy: leaf(
      'DNS policy; the driver asks no names.',
      'ClusterFirst',
      choice('ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'),
    ),
    updateStrategy: leaf(
      'How pods are replaced. With a surge the new driver is registered before the old one goes, so no claim waits: each pod has sockets of its own.',
      {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}, type: 'RollingUpdate'},
      anyObject,
    ),
    minReadySeconds: leaf('Seconds that a new pod has to be ready before the next node’s turn.', 0, count),
    revisionHistoryLimit: leaf('Old revisions to keep.', 10, count),
    terminationGracePeriodSeconds: leaf(
      'Seconds to end calls of kubelet that are under way; one may take 45.',
      60,
      count,
    ),
    startupProbe: leaf(
      'Start-up probe, through the sockets that kubelet uses; a driver may wait ten minutes for the API server.',
      {failureThreshold: 300, periodSeconds: 2, timeoutSeconds: 10},
      anyObject,
    ),
    livenessProbe: leaf(
      'Liveness probe, through the sockets that kubelet uses.',
      {failureThreshold: 3, periodSeconds: 20, timeoutSeconds: 10},
      anyObject,
    ),
    readinessProbe: leaf(
      'Readiness probe: kubelet has accepted the registration.',
      {failureThreshold: 3, periodSeconds: 5, timeoutSeconds: 10},
      anyObject,
    ),
  }
}

function surroundings(): Group['entries'] {
  return {
    policies: group('ValidatingAdmissionPolicies, enforced by the API server.', {
      ownSlices: leaf(
        'A node’s driver may write that node’s ResourceSlices and no others, even with a stolen token.',
        true,
      ),
      claimConfig: leaf(
        'Refuse claims, templates and DeviceClasses whose parameters for the driver are wrong.',
        true,
      ),
    }),
    networkPolicy: group('NetworkPolicy of the driver’s pods.', {
      enabled: leaf('Let in only what asks the HTTP port.', true),
      ingressFrom: leaf('Who may ask it, as NetworkPolicy peers; empty is everybody.', [], objects),
      apiServerPorts: leaf(
        'Where given, the driver may reach these TCP ports and nothing else: those of the API server’s endpoints, often 443 or 6443.',
        [],
        {type: 'array', items: {type: 'integer', minimum: 1, maximum: 65535}},
      ),
    }),
    metrics: group('Prometheus Operator; needs its custom resources.', {
      podMonitor: leaf('Install a PodMonitor.', false),
      serviceMonitor: leaf('Install a Service and a ServiceMonitor.', false),
      interval: leaf('How often metrics are read.', '30s'),
      scrapeTimeout: leaf('How long one reading may take.', '10s'),
      labels: leaf('More labels of the monitor, by which a Prometheus finds it.', {}, strings),
      relabelings: leaf('Relabelings of the targets.', [], objects),
      metricRelabelings: leaf('Relabelings of the samples.', [], objects),
    }),
    test: group('`helm test`: a pod that gets a device and looks at it.', {
      enabled: leaf('Offer the test.', true),
      classes: leaf('DeviceClasses that are tried, in this order.', ['mock-accel-vf', 'mock-accel-pf']),
      tolerations: leaf('Tolerations of the pod.', [], objects),
    }),
  }
}

/** The two DaemonSets of the earlier chart are one now: equal settings of both are taken, different ones refused. */
function earlierNames({driver}: ChartData): Group['entries'] {
  const same = (name: string) => `\`draDriver.${name}\``
  const half = {
    enabled: earlier('`draDriver.enabled`. One half alone is refused: both are one pod now.', {
      type: 'boolean',
    }),
    image: group('', {
      repository: earlier(same('image.repository'), repository),
      tag: earlier(`${same('image.tag')}. Tags of 0.1 are refused: those images hold another program.`, tag),
      pullPolicy: earlier(same('image.pullPolicy'), pullPolicy),
    }),
    verbosity: earlier('`draDriver.logLevel`; 6 and more are `debug`.', {
      type: 'integer',
      minimum: 0,
      maximum: 10,
    }),
    resources: earlier(same('resources'), anyObject),
    nodeSelector: earlier(same('nodeSelector'), strings),
    tolerations: earlier(same('tolerations'), objects),
    affinity: earlier(same('affinity'), anyObject),
  }
  return {
    name: earlier(`The driver’s name is ${driver.name}; any other is refused.`, {type: 'string'}),
    controller: group('', {
      ...half,
      rescanInterval: earlier(same('rescanInterval'), seconds),
    }),
    nodeAgent: group('', {
      ...half,
      pluginSocket: earlier(
        `\`draDriver.kubeletRoot\`, which it gives where it ends with /plugins/${driver.name}; any other is refused.`,
        {type: 'string'},
      ),
      securityContext: earlier(
        `${same('securityContext')}. The driver needs no privileged container any more.`,
        anyObject,
      ),
    }),
  }
}

import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '#testbed/needs.ts'
import {readOptions} from '../../../dra-driver/src/options.ts'
import {parseTopology} from '../../../dra-driver/src/simulated.ts'
import type {KubeObject} from './kube-object.ts'
import {chart} from './test-cluster.ts'
import {render, runHelm, sampleChart, sampleData, template} from './testing.ts'

const tools = await needTools('helm3', 'helm4')
const program = tools?.helm4 ?? ''
const driver = 'mock-accel.example.com'

type Container = {
  image: string
  imagePullPolicy: string
  args: string[]
  resources: object
  securityContext: object
  volumeMounts: {name: string; mountPath: string}[]
}
type PodSpec = {
  containers: Container[]
  volumes: {name: string; hostPath?: {path: string}}[]
  nodeSelector: object
  tolerations?: object[]
  imagePullSecrets?: object[]
}

describe.skipIf(!tools)('the driver’s part of the chart', () => {
  let sample: Awaited<ReturnType<typeof sampleChart>>
  beforeAll(async () => {
    sample = await sampleChart(sampleData)
  })
  afterAll(() => sample?.remove())

  const objects = (values: object) => render(program, sample.chart, values)
  const podOf = (all: readonly KubeObject[]) => {
    const found = all.find(one => one.kind === 'DaemonSet') as {spec: {template: {spec: PodSpec}}} | undefined
    const pod = found?.spec.template.spec
    const [container] = pod?.containers ?? []
    if (!pod || !container) throw new Error('no driver')
    return {pod, container}
  }
  const rendered = async (draDriver: object, more: object = {}) => podOf(await objects({draDriver, ...more}))
  const options = ({args}: Container) => readOptions(args, {NODE_NAME: 'node1'})
  const refusal = async (values: object) => {
    const {code, stderr} = await template(program, sample.chart, values)
    expect(code).not.toBe(0)
    return stderr
  }

  test('by default needs no privilege, and the driver knows its flags', async () => {
    const {container, pod} = await rendered({})
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: {drop: ['ALL']},
      readOnlyRootFilesystem: true,
      runAsGroup: 0,
      runAsUser: 0,
    })
    expect(pod).toMatchObject({
      priorityClassName: 'system-node-critical',
      securityContext: {seccompProfile: {type: 'RuntimeDefault'}},
    })
    expect(options(container)).toMatchObject({source: 'sysfs', sysfsRoot: '/host/sys', http: {port: 8080}})
  })

  test('values become what the driver is told', async () => {
    const {container, pod} = await rendered(
      {
        image: {
          repository: 'registry.test:5000/a/b',
          digest: `sha256:${'0'.repeat(64)}`,
          pullPolicy: 'Always',
        },
        imagePullSecrets: [{name: 'own'}],
        kubeletRoot: '/data/kubelet',
        cdiRoot: '/etc/cdi',
        rescanInterval: '2m',
        relistInterval: 60,
        reconcileInterval: '90s',
        sharedCounters: true,
        healthService: false,
        durability: 'none',
        logLevel: 'debug',
        logFormat: 'text',
        httpPort: 9000,
        extraArgs: ['--log-level=warn'],
        tolerations: [{operator: 'Exists'}],
      },
      {global: {imagePullSecrets: [{name: 'all'}], imageRegistry: 'mirror.test'}},
    )
    expect(options(container)).toMatchObject({
      kubeletRoot: '/data/kubelet',
      cdiRoot: '/etc/cdi',
      rescanSeconds: 120,
      relistSeconds: 60,
      reconcileSeconds: 90,
      sharedCounters: true,
      health: false,
      durability: 'none',
      logLevel: 'warn',
      logFormat: 'text',
      http: {port: 9000},
    })
    expect(container.image).toBe(`mirror.test/a/b@sha256:${'0'.repeat(64)}`)
    expect(container.imagePullPolicy).toBe('Always')
    expect(pod.imagePullSecrets).toEqual([{name: 'all'}, {name: 'own'}])
    expect(pod.tolerations).toEqual([{operator: 'Exists'}])
    // kubelet dials the path that the driver tells: the same inside and outside.
    const paths = pod.volumes.map(({name, hostPath}) => [name, hostPath?.path])
    const mounts = container.volumeMounts.map(({name, mountPath}) => [name, mountPath])
    expect(mounts.slice(0, 3)).toEqual(paths.slice(0, 3))
    expect(Object.fromEntries(paths)).toEqual({
      plugin: `/data/kubelet/plugins/${driver}`,
      registry: '/data/kubelet/plugins_registry',
      cdi: '/etc/cdi',
      sysfs: '/sys',
      dev: '/dev',
    })
  })

  test('invented devices come from a ConfigMap, and no folder of sysfs is mounted', async () => {
    const all = await objects({
      draDriver: {
        source: 'simulated',
        topology: {numa: [{id: 0}], devices: [{numa: 0, vfs: 2, memory: 2 ** 31}]},
      },
    })
    const {container, pod} = podOf(all)
    expect(options(container)).toMatchObject({source: 'simulated', topology: '/etc/mock-accel/topology.yaml'})
    expect(pod.volumes.map(one => one.hostPath?.path)).not.toContain('/sys')
    const map = all.find(one => one.kind === 'ConfigMap') as {data?: Record<string, string>} | undefined
    const text = map?.data?.['topology.yaml'] ?? ''
    expect(parseTopology(Buffer.from(text), 'topology.yaml')).toMatchObject({
      devices: [{numa: 0, vfs: 2, memory: 2n ** 31n}],
    })
  })

  test('values of the earlier chart are taken, under whichever of its two DaemonSets they stand', async () => {
    const image = {repository: 'registry.test/mine', tag: 'v9.8.6', pullPolicy: 'Never'}
    const resources = {limits: {memory: '256Mi'}}
    const {container, pod} = await rendered({
      name: driver,
      controller: {enabled: true, image, rescanInterval: '10s', verbosity: 8, resources},
      nodeAgent: {
        enabled: true,
        pluginSocket: `/k/plugins/${driver}`,
        nodeSelector: {accelerators: 'yes'},
        securityContext: {privileged: true, runAsUser: 0},
        resources,
      },
    })
    expect(container.image).toBe('registry.test/mine:v9.8.6')
    expect(container).toMatchObject({
      imagePullPolicy: 'Never',
      resources,
      securityContext: {privileged: true, runAsUser: 0},
    })
    expect(options(container)).toMatchObject({kubeletRoot: '/k', rescanSeconds: 10, logLevel: 'debug'})
    expect(pod.nodeSelector).toEqual({accelerators: 'yes'})
  })

  test('an earlier list of DeviceClasses takes the place of the chart’s', async () => {
    const classes = async (deviceClasses: object) =>
      (await objects({deviceClasses})).filter(one => one.kind === 'DeviceClass').map(one => one.metadata.name)
    const selector = {cel: 'true'}
    expect(
      await classes([
        {name: 'a', enabled: true, selector},
        {name: 'b', enabled: false, selector},
      ]),
    ).toEqual(['a'])
    expect(await classes({mine: {selector, labels: {a: 'b'}}, 'mock-accel-pf': {enabled: false}})).toEqual([
      'mine',
      'mock-accel-vf',
    ])
    expect(await refusal({deviceClasses: {mine: {enabled: true}}})).toContain('no selector.cel')
  })

  const socket = `/plugins/${driver}`
  test.each([
    ['a half of the earlier driver', {controller: {enabled: false}}, 'cannot run by half'],
    [
      'halves that differ',
      {controller: {verbosity: 1}, nodeAgent: {verbosity: 2}},
      'differ, but both are one pod',
    ],
    ['an image of 0.1', {nodeAgent: {image: {tag: 'v0.1.0'}}}, 'another program'],
    ['another name', {name: 'gpu.example.com'}, 'Remove the value'],
    ['a plugin folder elsewhere', {nodeAgent: {pluginSocket: '/k/plugins/x'}}, 'set draDriver.kubeletRoot'],
    ['a half of an earlier key', {nodeAgent: {pluginSockets: socket}}, 'pluginSockets'],
    ['no devices to invent', {source: 'simulated'}, 'needs devices'],
    ['a misspelt value', {kubletRoot: '/k'}, 'kubletRoot'],
  ])('refuses %s', async (_, draDriver, message) => {
    expect(await refusal({draDriver})).toContain(message)
  })

  const byKmm = (draDriver: object, more: object = {}) => ({
    draDriver,
    kernelModule: {enabled: true, dra: {enabled: true}},
    ...more,
  })
  test('KMM runs the driver on request, and then owns the classes', async () => {
    const all = await objects(byKmm({}))
    const kinds = new Set(all.map(one => one.kind))
    for (const kind of ['DaemonSet', 'DeviceClass', 'NetworkPolicy']) expect(kinds).not.toContain(kind)
    for (const kind of ['ClusterRole', 'ValidatingAdmissionPolicy']) expect(kinds).toContain(kind)
    const module = all.find(one => one.kind === 'Module') as
      | {spec?: {dra?: {container: Container}}}
      | undefined
    expect(module?.spec?.dra).toMatchObject({
      driverName: driver,
      serviceAccountName: 'mock-device-dra-driver',
      deviceClasses: [{name: 'mock-accel-pf'}, {name: 'mock-accel-vf'}],
      volumes: [
        {name: 'sysfs', hostPath: {path: '/sys'}},
        {name: 'dev', hostPath: {path: '/dev'}},
      ],
    })
    const container = module?.spec?.dra?.container
    expect(container && options(container)).toMatchObject({sysfsRoot: '/host/sys'})
  })
  test.each([
    [
      'a driver that is switched off',
      byKmm({enabled: false}),
      'needs kernelModule.enabled and draDriver.enabled',
    ],
    ['folders that it does not mount', byKmm({kubeletRoot: '/k'}), 'KMM mounts /var/lib/kubelet'],
    [
      'names of extended resources',
      byKmm({}, {deviceClasses: {'mock-accel-pf': {extendedResourceName: 'a.test/b'}}}),
      'has no such field',
    ],
  ])('KMM is not given %s', async (_, values, message) => {
    expect(await refusal(values)).toContain(message)
  })

  test('everything switched on, the names follow the release', async () => {
    const all = await render(program, sample.chart, {
      fullnameOverride: 'x'.repeat(60),
      serviceAccount: {name: 'mine', annotations: {a: 'b'}},
      deviceClasses: {
        'mock-accel-pf': {extendedResourceName: 'a.test/b', config: [{opaque: {driver, parameters: {}}}]},
      },
      draDriver: {
        networkPolicy: {apiServerPorts: [6443], ingressFrom: [{namespaceSelector: {}}]},
        metrics: {podMonitor: true, serviceMonitor: true, labels: {release: 'prometheus'}},
        podAnnotations: {a: 'b'},
        podLabels: {'app.kubernetes.io/component': 'other', mine: 'yes'},
        runtimeClassName: 'runc',
        extraEnv: [{name: 'A', value: 'b'}],
        extraVolumes: [{name: 'v', emptyDir: {}}],
        extraVolumeMounts: [{name: 'v', mountPath: '/v'}],
        extraContainers: [{name: 'beside', image: 'r.test/x:1'}],
        initContainers: [{name: 'before', image: 'r.test/x:1'}],
        affinity: {nodeAffinity: {}},
        policies: {claimConfig: false},
      },
    })
    const kinds = all.map(one => one.kind)
    for (const kind of ['Service', 'ServiceMonitor', 'PodMonitor']) expect(kinds).toContain(kind)
    expect(kinds.filter(kind => kind === 'ValidatingAdmissionPolicy')).toHaveLength(1)
    for (const {metadata} of all) expect(metadata.name.length, metadata.name).toBeLessThanOrEqual(76)
    const policy = all.find(one => one.kind === 'ValidatingAdmissionPolicy')
    expect(JSON.stringify(policy?.spec)).toContain('system:serviceaccount:mock-device:mine')
    // A label that selectors use is not the user's to change.
    const labels = (all.find(one => one.kind === 'DaemonSet') as {spec?: {template: KubeObject}} | undefined)
      ?.spec?.template.metadata.labels
    expect(labels).toMatchObject({'app.kubernetes.io/component': 'dra-driver', mine: 'yes'})
  })

  test.each(['helm3', 'helm4'] as const)(
    '%s finds nothing to say of the repository’s own chart',
    async name => {
      const {code, stdout} = await runHelm(tools?.[name] ?? '', ['lint', '--strict', chart])
      expect(code, stdout).toBe(0)
    },
  )
})

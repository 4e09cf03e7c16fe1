import type {ChartData} from '../chart/index.ts'
import {site} from '../chart/objects.ts'
import type {GeneratedFile} from '../file.ts'
import {kustomization, objectFile} from './rendered.ts'

const module = `${site.release}-module`

/**
 * When a KMM Module is ready, in Flux's CEL. kstatus takes it for ready at once: it has no conditions. KMM leaves
 * zeros out, so each number is asked for with has(). With an ordered upgrade, nodes without its label do not count.
 */
const loader = 'status.moduleLoader'
const count = (field: string) => `(has(${loader}.${field}) ? ${loader}.${field} : 0)`
export const moduleReady = [
  `has(${loader})`,
  `${count('availableNumber')} == ${count('desiredNumber')}`,
  `(has(spec.moduleLoader.container.version) || ${count('desiredNumber')} == ${count('nodesMatchingSelectorNumber')})`,
].join(' &&\n')

/** The dependency is ready, and the version that was really installed is that of the dependent. */
export const sameVersion = [
  "dep.metadata.labels['app.kubernetes.io/version'] == self.metadata.labels['app.kubernetes.io/version']",
  'dep.metadata.generation == dep.status.observedGeneration',
  "dep.status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
  "dep.status.history.exists(h, h.status == 'deployed' && h.appVersion == self.metadata.labels['app.kubernetes.io/version'])",
].join(' &&\n')

/**
 * An installation is tried again until it is whole: a kernel's image may come later. An upgrade that fails is rolled back,
 * tried once more and rolled back for good, until the release or its values change.
 */
const failures = {
  install: {strategy: {name: 'RetryOnFailure'}},
  upgrade: {remediation: {retries: 1, remediateLastFailure: true}},
}

const moduleHealth = [{apiVersion: 'kmm.sigs.x-k8s.io/v1beta1', kind: 'Module', current: moduleReady}]

/**
 * For Flux 2.8 or later: the chart out of the registry as two releases, the kernel module first; the second, the DRA
 * driver, waits until the module of the same version is on the nodes, and asks for planned kernels.
 */
export function fluxFiles(data: ChartData): GeneratedFile[] {
  const labels = {'app.kubernetes.io/name': data.chart, 'app.kubernetes.io/version': data.version}
  const metadata = (name: string) => ({name, namespace: site.namespace, labels})
  const release = (name: string, spec: object) => ({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: metadata(name),
    spec: {
      interval: '10m',
      timeout: '15m',
      releaseName: name,
      chartRef: {kind: 'OCIRepository', name: site.release},
      ...failures,
      ...spec,
      driftDetection: {mode: 'enabled'},
    },
  })
  const folder = 'deploy/flux'
  const files = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: site.namespace,
        labels: {'pod-security.kubernetes.io/enforce': 'privileged'},
      },
    },
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: metadata(site.release),
      spec: {
        interval: '10m',
        url: `oci://${data.charts}/${data.chart}`,
        ref: {tag: data.version},
        layerSelector: {
          mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
          operation: 'copy',
        },
      },
    },
    release(module, {
      waitStrategy: {name: 'poller'},
      healthCheckExprs: moduleHealth,
      values: {kernelModule: {enabled: true}, draDriver: {enabled: false}},
    }),
    release(site.release, {
      dependsOn: [{name: module, readyExpr: sameVersion}],
      values: {kernelModule: {preflight: {enabled: true}}},
    }),
  ].map(object => objectFile(folder, object))
  return [...files, kustomization(folder, files)]
}

/**
 * The same by the manifests artifact, without Helm. It lies in Flux's own namespace: the product's is among what it
 * brings, and would take it along when it goes.
 */
export function fluxManifestsFiles(data: ChartData): GeneratedFile[] {
  if (data.manifests === undefined) return []
  const metadata = (name: string) => ({
    name,
    namespace: 'flux-system',
    labels: {'app.kubernetes.io/name': data.chart, 'app.kubernetes.io/version': data.version},
  })
  const source = data.manifests.slice(data.registry.length + 1)
  const folder = 'deploy/flux-manifests'
  const files = [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: metadata(source),
      spec: {interval: '10m', url: `oci://${data.manifests}`, ref: {tag: `v${data.version}`}},
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: metadata(site.release),
      spec: {
        interval: '10m',
        timeout: '15m',
        path: './',
        prune: true,
        wait: true,
        sourceRef: {kind: 'OCIRepository', name: source},
        healthCheckExprs: moduleHealth,
      },
    },
  ].map(object => objectFile(folder, object))
  return [...files, kustomization(folder, files)]
}

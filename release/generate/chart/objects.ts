/** What the chart renders with given choices, made from the same data; a tools test holds Helm against it. */
import type {ChartData, ChartMapping} from './data.ts'
import {driverObjects} from './driver-objects.ts'
import {type KubeObject, labels, site, wave} from './kube-object.ts'

export {type KubeObject, site} from './kube-object.ts'

/** Chart values of the manifests in deploy/rendered and of the Argo CD Application. */
export const siteValues = {
  namespace: {create: true},
  kernelModule: {enabled: true},
} as const

/** The objects of the chart under {@link siteValues}, in the order in which they are applied. */
export function siteObjects(data: ChartData): KubeObject[] {
  return [namespace(data), module(data), ...driverObjects(data)]
}

function namespace(data: ChartData): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: site.namespace,
      labels: {...labels(data), 'pod-security.kubernetes.io/enforce': 'privileged'},
      annotations: {...wave(-2), 'helm.sh/resource-policy': 'keep'},
    },
  }
}

function module(data: ChartData): KubeObject {
  return {
    apiVersion: 'kmm.sigs.x-k8s.io/v1beta1',
    kind: 'Module',
    metadata: {
      name: data.module.object,
      namespace: site.namespace,
      labels: labels(data),
      annotations: wave(-1),
    },
    spec: {
      moduleLoader: {
        container: {
          modprobe: {moduleName: data.module.modprobe, dirName: '/opt'},
          imagePullPolicy: 'IfNotPresent',
          kernelMappings: data.mappings
            .filter(m => m.dockerfile === undefined)
            .map(m => kernelMapping(m, data.module.repository)),
        },
      },
      selector: {'kubernetes.io/os': 'linux'},
    },
  }
}

function kernelMapping({literal, regexp, tag, containerImage}: ChartMapping, repository: string) {
  return {
    ...(literal === undefined ? {regexp} : {literal}),
    containerImage: containerImage ?? `${repository}:${tag}`,
  }
}

import type {ChartData} from '../chart/index.ts'
import {site, siteValues} from '../chart/objects.ts'
import type {GeneratedFile} from '../file.ts'
import {objectFile} from './rendered.ts'

/**
 * When a KMM Module counts as healthy. Its status has no conditions, so Argo CD would take it for healthy at once
 * and go on to the next wave. A node counts for desiredNumber only when its image exists, so fewer desired than
 * selected is not yet a failure: KMM may be building.
 */
export const moduleHealth = `local status = obj.status and obj.status.moduleLoader
if status == nil then
  return {status = "Progressing", message = "KMM has not looked at the Module yet"}
end
local selected = status.nodesMatchingSelectorNumber or 0
local desired = status.desiredNumber or 0
local loaded = status.availableNumber or 0
if loaded < desired then
  return {status = "Progressing", message = loaded .. " of " .. desired .. " nodes have loaded the module"}
end
local ordered = obj.spec.moduleLoader.container.version
if desired < selected and ordered then
  return {status = "Healthy", message = (selected - desired) .. " of " .. selected .. " nodes have no version label of this Module"}
end
if desired < selected then
  return {
    status = "Progressing",
    message = (selected - desired) .. " of " .. selected .. " nodes get no module: no mapping covers their kernel, or its image does not exist yet",
  }
end
if selected == 0 then
  return {status = "Healthy", message = "no node matches the selector"}
end
return {status = "Healthy", message = loaded .. " nodes have loaded the module"}
`

/** For Argo CD 3: an Application of the chart out of the registry, its project, and KMM's health check. */
export function argocdFiles(data: ChartData): GeneratedFile[] {
  const objects = [
    project(data),
    application({
      repoURL: `oci://${data.charts}/${data.chart}`,
      targetRevision: data.version,
      path: '.',
      helm: {releaseName: site.release, valuesObject: siteValues},
    }),
    healthSetting('kmm.sigs.x-k8s.io_Module', moduleHealth),
  ]
  return objects.map(object => objectFile('deploy/argocd', object))
}

/** The same by the manifests artifact, without Helm; in the same project, by the same name: one or the other. */
export function argocdManifestsFiles(data: ChartData): GeneratedFile[] {
  if (data.manifests === undefined) return []
  const source = {repoURL: `oci://${data.manifests}`, targetRevision: `v${data.version}`, path: '.'}
  return [objectFile('deploy/argocd-manifests', application(source))]
}

/** Argo CD's setting that judges objects of a kind, `GROUP_KIND`, by a script in Lua. */
export function healthSetting(kind: string, script: string) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'argocd-cm',
      namespace: 'argocd',
      labels: {'app.kubernetes.io/name': 'argocd-cm', 'app.kubernetes.io/part-of': 'argocd'},
    },
    data: {[`resource.customizations.health.${kind}`]: script},
  }
}

function project(data: ChartData) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: {name: site.release, namespace: 'argocd'},
    spec: {
      description: data.title,
      sourceRepos: [
        `oci://${data.charts}/${data.chart}`,
        ...(data.manifests ? [`oci://${data.manifests}`] : []),
      ],
      destinations: [{server: 'https://kubernetes.default.svc', namespace: site.namespace}],
      clusterResourceWhitelist: [
        {group: '', kind: 'Namespace'},
        {group: 'admissionregistration.k8s.io', kind: 'ValidatingAdmissionPolicy'},
        {group: 'admissionregistration.k8s.io', kind: 'ValidatingAdmissionPolicyBinding'},
        {group: 'kmm.sigs.x-k8s.io', kind: 'PreflightValidation'},
        {group: 'rbac.authorization.k8s.io', kind: 'ClusterRole'},
        {group: 'rbac.authorization.k8s.io', kind: 'ClusterRoleBinding'},
        {group: 'resource.k8s.io', kind: 'DeviceClass'},
      ],
      namespaceResourceWhitelist: [
        {group: '', kind: 'ConfigMap'},
        {group: '', kind: 'Service'},
        {group: '', kind: 'ServiceAccount'},
        {group: 'apps', kind: 'DaemonSet'},
        {group: 'kmm.sigs.x-k8s.io', kind: 'Module'},
        {group: 'monitoring.coreos.com', kind: 'PodMonitor'},
        {group: 'monitoring.coreos.com', kind: 'ServiceMonitor'},
        {group: 'networking.k8s.io', kind: 'NetworkPolicy'},
      ],
    },
  }
}

function application(source: object) {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: site.release,
      namespace: 'argocd',
      finalizers: ['resources-finalizer.argocd.argoproj.io/foreground'],
    },
    spec: {
      project: site.release,
      destination: {server: 'https://kubernetes.default.svc', namespace: site.namespace},
      source,
      syncPolicy: {
        automated: {prune: true, selfHeal: true},
        syncOptions: ['ServerSideApply=true'],
      },
    },
  }
}

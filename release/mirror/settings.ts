import {fail} from '#lib/diagnostics.ts'
import {toYaml} from '#lib/yaml-out.ts'
import type {ComponentDescriptor} from '../plan/component.ts'

/** What a consumer of a copy works with. */
export const consumers = ['helm', 'flux', 'argocd', 'containerd'] as const
export type Consumer = (typeof consumers)[number]

export type SettingsInput = {
  /** Of the matrix, `ghcr.io/acme`, and of the copy, `registry.example.com/mirror`. */
  registry: string
  copy: string
  chart: string
  components: readonly ComponentDescriptor[]
}

/**
 * What to set so that a cluster asks the copy only: values, patches, or the runtime's own configuration.
 * @param copy a registry, with a prefix or without
 */
export function settings(consumer: Consumer, input: SettingsInput): string {
  return {helm, flux, argocd, containerd}[consumer](input)
}

type Values = {[key: string]: unknown}

/** Every value of the chart that names a repository. */
export function valuesFor({copy, components}: SettingsInput): Values {
  const images = components
    .flatMap(c => c.builds)
    .flatMap((build): [string, string][] => {
      if (build.kind === 'kernel-module') return [['kernelModule.image', build.image]]
      return build.kind === 'node-image' && build.value !== undefined ? [[build.value, build.image]] : []
    })
  const values: Values = {}
  for (const [path, image] of images.sort()) {
    const keys = [...path.split('.'), 'repository']
    let at = values
    for (const key of keys.slice(0, -1)) {
      at[key] ??= {}
      at = at[key] as Values
    }
    at[keys.at(-1) ?? ''] = `${copy}/${image}`
  }
  return values
}

function helm(input: SettingsInput): string {
  const {copy, chart} = input
  return `# helm upgrade --install ${chart} oci://${copy}/charts/${chart} -f this-file.yaml
# What needs a name and a password: draDriver.imagePullSecrets (kubelet), kernelModule.imageRepoSecret (KMM).
${toYaml(valuesFor(input))}`
}

/** Patches over deploy/flux. */
function flux(input: SettingsInput): string {
  const {copy, chart} = input
  const url = [{op: 'replace', path: '/spec/url', value: `oci://${copy}/charts/${chart}`}]
  const values = {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: {name: 'any'},
    spec: {values: valuesFor(input)},
  }
  return `# kustomization.yaml beside a copy of deploy/flux. A registry with a password: spec.secretRef of the OCIRepository.
${toYaml({
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
  resources: ['deploy/flux'],
  patches: [
    {target: {kind: 'OCIRepository'}, patch: toYaml(url)},
    {target: {kind: 'HelmRelease'}, patch: toYaml(values)},
  ],
})}`
}

/** Patches over deploy/argocd. */
function argocd(input: SettingsInput): string {
  const {copy, chart, components} = input
  const manifests = components.flatMap(c => c.builds).filter(build => build.kind === 'manifests')
  const source = {repoURL: `oci://${copy}/charts/${chart}`, helm: {valuesObject: valuesFor(input)}}
  const application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {name: 'any'},
    spec: {source},
  }
  const project = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: {name: 'any'},
    spec: {sourceRepos: [source.repoURL, ...manifests.map(({image}) => `oci://${copy}/${image}`)]},
  }
  return `# kustomization.yaml beside a copy of deploy/argocd. A registry with a password: a repository Secret of Argo CD.
${toYaml({
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
  resources: ['deploy/argocd/application-mock-device.yaml', 'deploy/argocd/appproject-mock-device.yaml'].map(
    path => path.replace('mock-device', chart),
  ),
  patches: [
    {target: {kind: 'Application'}, patch: toYaml(application)},
    {target: {kind: 'AppProject'}, patch: toYaml(project)},
  ],
})}`
}

/**
 * A host's file of containerd (https://github.com/containerd/containerd/blob/main/docs/hosts.md). It redirects whole
 * hosts, so the copy has to keep the path that the images have there.
 */
function containerd({registry, copy}: SettingsInput): string {
  const [host = '', ...path] = registry.split('/')
  const [server = '', ...below] = copy.split('/')
  const owner = path.join('/')
  if (owner !== '' && below.slice(-path.length).join('/') !== owner)
    fail({
      code: 'X005',
      message: `containerd can't be led from ${registry} to ${copy}: it replaces the host and keeps the path`,
      expected: `a copy whose path ends in /${owner}`,
      hint: `copy with --to ${copy}/${owner}, or use the values (--settings helm)`,
    })
  const base = below.slice(0, below.length - path.length)
  return `# /etc/containerd/certs.d/${host}/hosts.toml on each node. Only kubelet's pulls go through it: KMM, Flux and Argo CD
# ask registries themselves and need the other settings.
server = "https://${host}"

[host."${['https:/', server, 'v2', ...base].join('/')}"]
  capabilities = ["pull", "resolve"]
  override_path = true
`
}

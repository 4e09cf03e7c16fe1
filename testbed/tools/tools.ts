/** What is built from Go, which module of this folder builds it, and from which package. */
export type GoTool = {
  module: string
  package: string
  ldflags?: string
  /** Built when somebody asks for it, and not before tests. */
  lazy?: true
}

const kubernetes = (name: string, version = '1.36.4', module = 'kubernetes'): GoTool => ({
  module,
  package: `k8s.io/kubernetes/cmd/${name}`,
  // Without a stamp the API server calls itself v0.0.0-master and clients refuse to talk to it.
  ldflags: [`gitVersion=v${version}`, 'gitMajor=1', `gitMinor=${version.split('.')[1]}`, 'gitTreeState=clean']
    .map(value => `-X k8s.io/component-base/version.${value}`)
    .join(' '),
})
const oldest = (name: string): GoTool => ({...kubernetes(name, '1.34.10', 'kubernetes-1.34'), lazy: true})
const newest = (name: string): GoTool => ({...kubernetes(name, '1.37.1', 'kubernetes-1.37'), lazy: true})

export const goTools = {
  helm4: {module: 'helm4', package: 'helm.sh/helm/v4/cmd/helm'},
  helm3: {module: 'helm3', package: 'helm.sh/helm/v3/cmd/helm'},
  actionlint: {module: 'actionlint', package: 'github.com/rhysd/actionlint/cmd/actionlint'},
  kubeconform: {module: 'kubeconform', package: 'github.com/yannh/kubeconform/cmd/kubeconform'},
  kmm: {module: 'kmm', package: 'github.com/kubernetes-sigs/kernel-module-management/cmd/manager'},
  // The project's own commands are not served as modules: ours asks its library the same.
  'cdi-check': {module: 'cdi', package: '.'},
  // A module of its own: who needs the driver alone does not wait for the API server's build.
  'dra-test-driver': {
    module: 'dra-test-driver',
    package: 'k8s.io/kubernetes/test/e2e/dra/test-driver',
  },
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kubectl: kubernetes('kubectl'),
  // Nodes only: who needs a control plane does not wait for it either.
  kubelet: {...kubernetes('kubelet'), module: 'kubelet'},
  // GitOps engines, last: they take longest, and few tests need them.
  kustomize: {module: 'kustomize-controller', package: 'sigs.k8s.io/kustomize/kustomize/v5'},
  'kustomize-controller': {
    module: 'kustomize-controller',
    package: 'github.com/fluxcd/kustomize-controller',
  },
  'helm-controller': {module: 'helm-controller', package: 'github.com/fluxcd/helm-controller'},
  argocd: {
    module: 'argocd',
    package: 'github.com/argoproj/argo-cd/v3/cmd',
    ldflags: '-X github.com/argoproj/argo-cd/v3/common.version=3.5.3',
  },
  // What Argo CD keeps its answers in.
  'argocd-redis': {module: 'argocd', package: '.'},
  // Plays nodes that nobody runs.
  kwok: {module: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', lazy: true},
  'argo-lint': {module: 'argo-lint', package: '.', lazy: true},
  'kube-apiserver-1.34': oldest('kube-apiserver'),
  'kube-controller-manager-1.34': oldest('kube-controller-manager'),
  'kube-scheduler-1.34': oldest('kube-scheduler'),
  'kubelet-1.34': oldest('kubelet'),
  'kube-apiserver-1.37': newest('kube-apiserver'),
  'kube-controller-manager-1.37': newest('kube-controller-manager'),
  'kube-scheduler-1.37': newest('kube-scheduler'),
  'kubelet-1.37': newest('kubelet'),
} as const satisfies Record<string, GoTool>

export type ToolName = keyof typeof goTools

/** Kubernetes releases that can be run here; the standard one is what the tests of the others' components speak to. */
export const kubernetesVersions = ['1.34', '1.36', '1.37'] as const
export type KubernetesVersion = (typeof kubernetesVersions)[number]
export const standardKubernetes = '1.36'

type Component = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubelet'
/** A component of a release. */
export const componentOf = (name: Component, version: KubernetesVersion): ToolName =>
  version === standardKubernetes ? name : `${name}-${version}`

/** Files of a module that tests need beside its binaries: folder in the module → folder beside the binary. */
export const moduleFiles: Readonly<Record<string, {from: string; of: string; to: string}>> = {
  kmm: {
    of: 'github.com/kubernetes-sigs/kernel-module-management',
    from: 'config/crd/bases',
    to: 'crds',
  },
}

/** What is built from Go, which module of this folder builds it, and from which package. */
export type GoTool = {module: string; package: string; ldflags?: string}

const kubernetes = (name: string): GoTool => ({
  module: 'kubernetes',
  package: `k8s.io/kubernetes/cmd/${name}`,
  // Without a stamp the API server calls itself v0.0.0-master and clients refuse to talk to it.
  ldflags: ['gitVersion=v1.36.4', 'gitMajor=1', 'gitMinor=36', 'gitTreeState=clean']
    .map(value => `-X k8s.io/component-base/version.${value}`)
    .join(' '),
})

export const goTools = {
  helm4: {module: 'helm4', package: 'helm.sh/helm/v4/cmd/helm'},
  helm3: {module: 'helm3', package: 'helm.sh/helm/v3/cmd/helm'},
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
} as const satisfies Record<string, GoTool>

export type ToolName = keyof typeof goTools

/** Files of a module that tests need beside its binaries: folder in the module → folder beside the binary. */
export const moduleFiles: Readonly<Record<string, {from: string; of: string; to: string}>> = {
  kmm: {
    of: 'github.com/kubernetes-sigs/kernel-module-management',
    from: 'config/crd/bases',
    to: 'crds',
  },
}

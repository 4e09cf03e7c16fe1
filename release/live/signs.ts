/** Where well-known components show their version: the tag of the image that is the component itself. */
const images: Readonly<Record<string, readonly string[]>> = {
  'argo-cd': ['argocd'],
  'argo-workflows': ['workflow-controller'],
  'cert-manager': ['cert-manager-controller'],
  coredns: ['coredns'],
  istio: ['istio/pilot', 'pilot'],
  karpenter: ['karpenter/controller', 'karpenter'],
  kmm: ['kernel-module-management-operator'],
  kserve: ['kserve-controller'],
  'kube-proxy': ['kube-proxy'],
  mlflow: ['mlflow'],
  'vpc-cni': ['amazon-k8s-cni'],
}

/** Ends of repositories' names; none for components that only labels show. */
export function imagesOf(component: string): readonly string[] {
  return Object.hasOwn(images, component) ? (images[component] ?? []) : []
}

/** Who made a node, the most exact first. */
export const nodeGroupLabels = [
  'eks.amazonaws.com/nodegroup',
  'karpenter.sh/nodepool',
  'cloud.google.com/gke-nodepool',
  'kubernetes.azure.com/agentpool',
  'node.kubernetes.io/instancegroup',
] as const

/** Pods with one of these in `app.kubernetes.io/component` publish devices for their node. */
export const driverComponents = ['dra-driver', 'kubelet-plugin', 'kubeletplugin'] as const

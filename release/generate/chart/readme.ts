import type {ChartData} from './data.ts'
import {earlierTable, valuesTable} from './render-spec.ts'
import type {Group} from './spec.ts'

/** The chart's own page, as registries show it. */
export function readme(data: ChartData, values: Group): string {
  return `# ${data.chart}

${data.summary}

Version ${data.version} of chart, app, kernel module and images: they are released as one.${
    data.status === undefined ? '' : ` ${data.status}`
  }

## Install

\`\`\`sh
kubectl create namespace mock-device
kubectl label namespace mock-device pod-security.kubernetes.io/enforce=privileged
helm install mock-device oci://${data.charts}/${data.chart} --version ${data.version} \\
  --namespace mock-device --set kernelModule.enabled=true
helm test mock-device --namespace mock-device --logs
\`\`\`

The label is for hostPath volumes, which the DRA driver shares with kubelet, and for KMM's workers. \`kernelModule.enabled\`
needs the [KMM operator](https://kmm.sigs.k8s.io/) and cert-manager; leave it out where the module is on the nodes
already, or set \`draDriver.source=simulated\` and a \`draDriver.topology\` where there shall be none. For Argo CD, Flux and
plain kubectl there are manifests in [deploy/](${data.repository}/tree/v${data.version}/deploy). Upgrade with \`--reset-then-reuse-values\`:
\`--reuse-values\` hides new defaults, among them the new release's kernel mappings.

## The DRA driver

One DaemonSet. Its container is uid 0, because kubelet's folders and the devices' files in sysfs are root's, and has no
capability, a read-only root and the runtime's seccomp profile. Its account may get claims, write events, and write
ResourceSlices: of its own node and driver only, which a ValidatingAdmissionPolicy enforces by the node in the pod's
token. A second policy refuses claims with wrong parameters (\`DeviceConfig\`) when they are made. There is no
PodDisruptionBudget: Kubernetes does not count pods of DaemonSets, and draining leaves them be. The priority
\`system-node-critical\` keeps them on the node, and updates bring the new pod up before the old one goes.

## Kernels

${mappingTable(data)}

KMM takes the first mapping that matches a node's kernel. A node that none matches gets no module. Kernels that are built
in the cluster are mapped with \`kernelModule.build.enabled\` and a \`kernelModule.build.repository\` to which KMM may
push. To add a kernel:

\`\`\`yaml
kernelModule:
  extraKernelMappings:
    - regexp: '^6\\.14\\.[0-9]+-[0-9]+-generic$'
      containerImage: registry.example.com/${data.module.repository.split('/').at(-1)}:v${data.version}-\${KERNEL_FULL_VERSION}
\`\`\`

## Private registry

Copy the release's images and set \`draDriver.image.repository\` and \`kernelModule.image.repository\`, which every
mapping follows; or \`global.imageRegistry\`, which replaces the host of both. kubelet pulls the driver with
\`draDriver.imagePullSecrets\`, KMM the module with \`kernelModule.imageRepoSecret\`. To pin digests, take \`values-digests-v${data.version}.yaml\` from the release.

## Values

${valuesTable(values)}

## Values of earlier charts

These are still taken, and are removed with the next minor. \`deviceClasses\` may also be a list of \`name\`, \`enabled\` and
\`selector.cel\`.

${earlierTable(values)}
`
}

/** The values as a page of the documentation. */
export function valuesPage(data: ChartData, values: Group): string {
  return `# Values of the chart

What \`helm install --set\` and a values file may say to [${data.chart}](../../charts/${data.chart}/README.md). Anything
else is refused by the chart's schema. [Installation](../guides/installation.md) shows which of them clusters need.

${valuesTable(values)}

## Values of earlier charts

${earlierTable(values)}
`
}

function mappingTable({mappings}: ChartData): string {
  const rows = mappings.map(m => {
    const image =
      m.dockerfile === undefined ? (m.tag ?? m.containerImage ?? '') : 'built in the cluster by KMM'
    return `| \`${(m.literal ?? m.regexp ?? '').replaceAll('|', '\\|')}\` | ${m.literal === undefined ? 'regexp' : 'literal'} | ${
      m.dockerfile === undefined ? `\`${image}\`` : image
    } |`
  })
  return ['| kernel | kind | image |', '|---|---|---|', ...rows].join('\n')
}

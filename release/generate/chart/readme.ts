import type {ChartData} from './data.ts'
import {valuesTable} from './render-spec.ts'
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
helm install mock-device oci://${data.charts}/${data.chart} --version ${data.version} \\
  --namespace mock-device --create-namespace \\
  --set kernelModule.enabled=true
kubectl label namespace mock-device pod-security.kubernetes.io/enforce=privileged
\`\`\`

\`kernelModule.enabled\` needs the [KMM operator](https://kmm.sigs.k8s.io/) and cert-manager. For Argo CD, Flux and plain
kubectl there are manifests in [deploy/](${data.repository}/tree/v${data.version}/deploy). Upgrade with \`--reset-then-reuse-values\`:
\`--reuse-values\` hides new defaults, among them the new release's kernel mappings.

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

Copy the release's images and set \`kernelModule.image.repository\`; every mapping follows. KMM pulls with
\`kernelModule.imageRepoSecret\`. To pin digests, take \`values-digests-v${data.version}.yaml\` from the release.

## Values

${valuesTable(values)}
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

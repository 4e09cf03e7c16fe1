import {type Context, titleOf} from '../context.ts'
import {known} from '../facts.ts'
import {blocks, bullets, fence, section, table} from '../markdown.ts'
import {requirementTable, ruleList, versionTable} from './versions.ts'

export function kmm(context: Context): string {
  return section(
    2,
    'Kernel Module Manager (KMM) compatibility',
    'KMM and cert-manager are needed only where KMM brings the kernel module to the nodes (`kernelModule.enabled: true`).',
    section(3, 'KMM operator version', requirementTable(context, 'kmm'), versionTable(context, 'kmm')),
    section(3, 'Particular uses of KMM', ruleList(context, 'kmm'), valueRules(context)),
    section(
      3,
      'cert-manager requirements',
      requirementTable(context, 'cert-manager'),
      versionTable(context, 'cert-manager'),
      ruleList(context, 'cert-manager'),
      certManagerInstall(context),
    ),
  )
}

/** Rules that depend on values alone. */
function valueRules({matrix}: Context): string {
  return bullets(
    matrix.rules.flatMap(rule =>
      rule.when?.values && Object.keys(rule.when.versions).length === 0
        ? [`**${rule.title ?? rule.id}:** ${rule.because} (${known(rule)})`]
        : [],
    ),
  )
}

function certManagerInstall({matrix}: Context): string {
  const minor = matrix.components['cert-manager']?.recommended
  if (minor === undefined) return ''
  const url = `https://github.com/cert-manager/cert-manager/releases/download/v${minor}.0/cert-manager.yaml`
  return blocks('Take the newest patch of the minor:', fence(`kubectl apply --server-side -f ${url}`))
}

export function operatingSystem({reference}: Context): string {
  return section(
    2,
    'Operating system compatibility',
    section(
      3,
      'SELinux requirements',
      table(
        ['Mode', 'Notes', 'Known'],
        reference.selinux.map(mode => [mode.mode, mode.note, known(mode)]),
      ),
    ),
    section(
      3,
      'Distributions',
      table(
        ['Distribution', 'Version', 'Kernel', 'Notes', 'Known'],
        reference.distributions.map(d => [d.name, d.version, d.kernel, d.note ?? '', known(d)]),
      ),
    ),
    section(
      3,
      'Architectures',
      table(
        ['Component', 'Architectures', 'Notes', 'Known'],
        reference.architectures.map(a => [a.component, a.architectures.join(', '), a.note ?? '', known(a)]),
      ),
    ),
  )
}

export function consumers(context: Context): string {
  return section(
    2,
    'Consumer compatibility',
    `Meta-drivers put the devices of ${context.matrix.product.title} together by what its slices say; there is no other connection.`,
    ...context.reference.consumers.map(consumer =>
      section(
        3,
        consumer.name,
        `Versions: ${consumer.versions} (${known(consumer)}). ${consumer.note ?? ''}`.trim(),
        bullets(consumer.requirements),
      ),
    ),
    section(
      3,
      'ResourceSlice schema compatibility',
      'What a slice looks like from 0.2.0 on:',
      fence(exampleSlice, 'yaml'),
    ),
  )
}

const exampleSlice = `apiVersion: resource.k8s.io/v1
kind: ResourceSlice
metadata:
  labels:
    driver: mock-accel.example.com
    node: node1
spec:
  nodeName: node1
  driver: mock-accel.example.com
  pool:
    name: node1/numa0 # with the node: a pool name is one name in the whole cluster
    generation: 1
    resourceSliceCount: 1
  devices:
    - name: mock0
      attributes:
        uuid: {string: 6ba7b810-9dad-51d1-80b4-00c04fd430c8}
        deviceType: {string: pf}
        pciAddress: {string: '0000:11:00.0'}
        numaNode: {int: 0}
        resource.kubernetes.io/numaNode: {int: 0}
        numa_node: {int: 0} # the earlier name, for one minor
      capacity:
        memory: {value: 16Gi}`

export function installers(context: Context): string {
  return section(
    2,
    'Helm chart compatibility',
    section(3, 'Helm version requirements', requirementTable(context, 'helm'), versionTable(context, 'helm')),
    ...['argo-cd', 'flux'].map(id =>
      section(3, titleOf(id, context), requirementTable(context, id), versionTable(context, id)),
    ),
    section(3, 'Helm chart API version', chartApi(context)),
  )
}

function chartApi({release}: Context): string {
  return table(
    ['Chart version', 'App version', 'Chart API', 'Where'],
    [[release.version, release.version, 'v2', `\`oci://${release.registry}/${release.charts}/mock-device\``]],
  )
}

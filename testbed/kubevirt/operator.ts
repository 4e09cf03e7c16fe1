import {setTimeout as sleep} from 'node:timers/promises'
import {type ControlPlane, mustKubectl} from '../cluster/control-plane.ts'
import {until} from '../cluster/processes.ts'

const namespace = 'kubevirt'
const components = ['virt-handler', 'virt-controller', 'virt-api'] as const

/** The operator of a version, as its release's manifest has it: applied, it rolls everything else out. */
export function operatorManifest(version: string): string {
  return `${JSON.stringify(deployment('virt-operator', `v${version}`))}\n`
}

/** Creates the CRDs, the namespace, the operator and what it has rolled out at a version. */
export async function installKubevirt(plane: ControlPlane, version: string): Promise<void> {
  const crds = [
    crd('kubevirts', 'KubeVirt', 'kv'),
    crd('virtualmachineinstances', 'VirtualMachineInstance', 'vmi'),
    crd('virtualmachineinstancemigrations', 'VirtualMachineInstanceMigration', 'vmim'),
  ]
  await create(plane, [...crds, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: namespace}}])
  await mustKubectl(plane, ['wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s'])
  await until(
    'the kinds of KubeVirt',
    async () => (await plane.kubectl(['get', 'kubevirts', '-A'])).code === 0,
  )
  await create(plane, [
    {
      apiVersion: 'kubevirt.io/v1',
      kind: 'KubeVirt',
      metadata: {name: 'kubevirt', namespace},
      spec: {workloadUpdateStrategy: {workloadUpdateMethods: ['LiveMigrate']}},
    },
    deployment('virt-operator', `v${version}`),
    {...deployment('virt-handler', `v${version}`), kind: 'DaemonSet'},
    deployment('virt-controller', `v${version}`),
    deployment('virt-api', `v${version}`),
  ])
  await status(plane, `v${version}`, `v${version}`, true)
}

/**
 * Plays virt-operator until it is stopped (pkg/virt-operator/resource/apply of kubevirt/kubevirt): the wanted version is
 * that of the operator's own image, unless `spec.imageTag` says another.
 * @returns the order in which components were rolled, `virt-api v1.9.0`
 */
export function playOperator(plane: ControlPlane): {rolled: string[]; stop(): Promise<void>} {
  const rolled: string[] = []
  const stopped = new AbortController()
  const playing = (async () => {
    let observed = await imageOf(plane, 'deployment/virt-api')
    while (!stopped.signal.aborted) {
      const wanted = await wantedVersion(plane)
      if (wanted !== observed) {
        await status(plane, observed, wanted, false)
        const up = numbersOf(wanted) > numbersOf(observed)
        for (const name of up ? components : [...components].reverse()) {
          const kind = name === 'virt-handler' ? 'daemonset' : 'deployment'
          await mustKubectl(plane, [
            '-n',
            namespace,
            'set',
            'image',
            `${kind}/${name}`,
            `${name}=registry.test/${name}:${wanted}`,
          ])
          rolled.push(`${name} ${wanted}`)
        }
        await status(plane, wanted, wanted, true)
        observed = wanted
      }
      await sleep(200, undefined, {signal: stopped.signal}).catch(() => {})
    }
  })()
  return {
    rolled,
    stop: async () => {
      stopped.abort()
      await playing
    },
  }
}

async function wantedVersion(plane: ControlPlane): Promise<string> {
  const tag = await mustKubectl(plane, [
    '-n',
    namespace,
    'get',
    'kubevirt',
    'kubevirt',
    '-o',
    'jsonpath={.spec.imageTag}',
  ])
  return tag === '' ? imageOf(plane, 'deployment/virt-operator') : tag
}

async function imageOf(plane: ControlPlane, resource: string): Promise<string> {
  const path = 'jsonpath={.spec.template.spec.containers[0].image}'
  const image = await mustKubectl(plane, ['-n', namespace, 'get', resource, '-o', path])
  return image.split(':').at(-1) ?? ''
}

async function status(plane: ControlPlane, observed: string, target: string, ready: boolean): Promise<void> {
  const is = (yes: boolean) => (yes ? 'True' : 'False')
  const conditions = [
    {type: 'Available', status: is(ready)},
    {type: 'Progressing', status: is(!ready)},
  ]
  const patch = {
    status: {
      phase: ready ? 'Deployed' : 'Deploying',
      observedKubeVirtVersion: observed,
      targetKubeVirtVersion: target,
      conditions,
    },
  }
  const words = [
    'patch',
    'kubevirt',
    'kubevirt',
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify(patch),
  ]
  await mustKubectl(plane, ['-n', namespace, ...words])
}

function deployment(name: string, tag: string): object {
  const labels = {'kubevirt.io': name}
  const containers = [{name, image: `registry.test/${name}:${tag}`}]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name, namespace, labels},
    spec: {selector: {matchLabels: labels}, template: {metadata: {labels}, spec: {containers}}},
  }
}

function crd(plural: string, kind: string, short: string): object {
  const anything = {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {name: `${plural}.kubevirt.io`},
    spec: {
      group: 'kubevirt.io',
      scope: 'Namespaced',
      names: {plural, kind, singular: kind.toLowerCase(), shortNames: [short]},
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {openAPIV3Schema: anything},
          subresources: {status: {}},
        },
      ],
    },
  }
}

async function create(plane: ControlPlane, items: readonly object[]): Promise<void> {
  await mustKubectl(plane, ['create', '-f', '-'], JSON.stringify({apiVersion: 'v1', kind: 'List', items}))
}

function numbersOf(version: string): string {
  return version.replaceAll(/\d+/g, n => n.padStart(4, '0'))
}

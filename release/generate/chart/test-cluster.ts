/** The repository's chart in a control plane, and drivers' accounts. */
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {toYaml} from '#lib/yaml-out.ts'
import {type ControlPlane, mustKubectl} from '#testbed/cluster/control-plane.ts'
import {tool} from '#testbed/tools/tool.ts'
import {site} from './kube-object.ts'
import {runHelm} from './testing.ts'

/** The chart as it lies in the repository. */
export const chart = join(import.meta.dirname, '../../../charts/mock-device')

export async function installChart(plane: ControlPlane, values: object = {}): Promise<void> {
  const args = ['install', site.release, chart, '-n', site.namespace, '--create-namespace']
  const {code, stderr} = await runHelm(await tool('helm4'), args, values, plane.kubeconfig)
  if (code !== 0) throw new Error(stderr)
}

/** A token as the driver's pod on this node has it: bound to a pod, which is made for it. */
export async function driverToken(plane: ControlPlane, node: string): Promise<string> {
  const [namespace, name] = [site.namespace, `driver-on-${node}`]
  const account = `${site.release}-dra-driver`
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name, namespace},
    spec: {
      nodeName: node,
      serviceAccountName: account,
      containers: [{name: 'driver', image: 'registry.test/driver'}],
    },
  }
  await mustKubectl(plane, ['create', '-f', '-'], toYaml(pod))
  const bound = ['--bound-object-kind=Pod', `--bound-object-name=${name}`]
  return (await mustKubectl(plane, ['create', 'token', account, '-n', namespace, ...bound])).trim()
}

/**
 * A chart with objects as that of 0.1 had them, below `folder`: two DaemonSets with an account and a role each, a
 * DeviceClass, and a namespace. Answers where it lies.
 */
export async function earlierChart(folder: string): Promise<string> {
  const root = join(folder, 'earlier-chart')
  const halves = ['controller', 'node-agent'].flatMap(half => {
    const labels = {app: `mock-accel-${half}`}
    const containers = [{name: half, image: '{{ .Values.draDriver.controller.image.repository }}:v0.1.0'}]
    const metadata = {name: `mock-device-${half}`}
    const template = {metadata: {labels}, spec: {containers}}
    return [
      {apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: {selector: {matchLabels: labels}, template}},
      {apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name: labels.app}},
      {apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules: []},
    ]
  })
  const others = [
    {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'mock-accel'}},
    {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'DeviceClass',
      metadata: {name: 'mock-accel-pf'},
      spec: {selectors: [{cel: {expression: 'true'}}]},
    },
  ]
  const files = {
    'Chart.yaml': toYaml({apiVersion: 'v2', name: 'mock-device', version: '0.1.0', appVersion: '0.1.0'}),
    'values.yaml': toYaml({draDriver: {controller: {image: {repository: 'registry.test/x'}}}}),
    'templates/all.yaml': [...halves, ...others].map(toYaml).join('---\n'),
  }
  await mkdir(join(root, 'templates'), {recursive: true})
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text)
  return root
}

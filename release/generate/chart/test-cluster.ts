/** The repository's chart in a control plane, and drivers' accounts. */
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

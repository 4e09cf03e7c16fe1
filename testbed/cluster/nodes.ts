import {type ControlPlane, mustKubectl} from './control-plane.ts'

/** A node that nobody runs: what controllers see of a machine with this kernel (`uname -r`). */
export async function addFakeNode(
  plane: ControlPlane,
  name: string,
  kernelVersion: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const node = {apiVersion: 'v1', kind: 'Node', metadata: {name, labels}}
  const status = {
    status: {
      nodeInfo: {
        architecture: 'amd64',
        bootID: name,
        containerRuntimeVersion: 'containerd://2.1.9',
        kernelVersion,
        kubeProxyVersion: '',
        kubeletVersion: 'v1.36.4',
        machineID: name,
        operatingSystem: 'linux',
        osImage: 'Debian GNU/Linux 13 (trixie)',
        systemUUID: name,
      },
      conditions: [{type: 'Ready', status: 'True', reason: 'Test', message: ''}],
    },
  }
  await mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify(node))
  await mustKubectl(plane, [
    'patch',
    'node',
    name,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify(status),
  ])
  // The API server taints new nodes as not ready, and there is no kubelet to have that lifted.
  await mustKubectl(plane, ['patch', 'node', name, '--type=merge', '-p', '{"spec":{"taints":null}}'])
}

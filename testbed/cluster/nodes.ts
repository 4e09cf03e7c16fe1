import {openKube} from '#release/effects/kube/open.ts'
import type {ControlPlane} from './control-plane.ts'

const nodes = {group: '', version: 'v1', plural: 'nodes'}

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
  const kube = await openKube({kubeconfig: plane.kubeconfig, env: {}})
  try {
    await kube.patch(nodes, {name}, {type: 'apply', patch: node, fieldManager: 'test', force: true})
    // The API server taints new nodes as not ready, and there is no kubelet to have that lifted; first, since who sees
    // a kernel come does not look again.
    await kube.patch(nodes, {name}, {type: 'merge', patch: {spec: {taints: null}}})
    await kube.patch(nodes, {name}, {type: 'merge', patch: status}, 'status')
  } finally {
    kube.close()
  }
}

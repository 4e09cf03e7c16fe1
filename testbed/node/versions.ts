import type {TestCluster} from './testing.ts'

/** What a node and its control plane are made of, as they say themselves, by component of the matrix. */
export async function versionsOf(cluster: TestCluster, node = 'node1'): Promise<Record<string, string>> {
  const [server, told, runtimes] = await Promise.all([
    cluster.get('get', '--raw', '/version'),
    cluster.get('get', 'node', node, '-o', 'jsonpath={.status.nodeInfo}'),
    cluster.node(node).get('for name in crun runc; do node $name --version | head -1; done'),
  ])
  const info = JSON.parse(told) as Record<
    'kubeletVersion' | 'containerRuntimeVersion' | 'kernelVersion',
    string
  >
  const {gitVersion} = JSON.parse(server) as {gitVersion: string}
  const ofRuntime = (name: string) => {
    const [, version] = new RegExp(`^${name} version (\\S+)`, 'm').exec(runtimes) ?? []
    if (version) return version
    throw new Error(`${name} does not tell its version: ${runtimes}`)
  }
  return {
    kubernetes: bare(gitVersion),
    kubelet: bare(info.kubeletVersion),
    // Debian's own additions are no part of the version that others know.
    containerd: bare(info.containerRuntimeVersion.replace('containerd://', '')).replace(/[~+-].*$/, ''),
    crun: ofRuntime('crun'),
    runc: ofRuntime('runc').replace(/[~+-].*$/, ''),
    linux: info.kernelVersion,
  }
}

function bare(version: string): string {
  return version.replace(/^v/, '')
}

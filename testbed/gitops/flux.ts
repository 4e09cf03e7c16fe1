import {join} from 'node:path'
import {openKube} from '#release/effects/kube/open.ts'
import {type ControlPlane, mustKubectl} from '../cluster/control-plane.ts'
import {freePorts, type Server, startServer, until} from '../cluster/processes.ts'
import {customResources} from '../tools/crds.ts'
import {tool} from '../tools/tool.ts'
import {startSourceController} from './source-controller.ts'

/**
 * Runs Flux's helm-controller and kustomize-controller as processes beside the control plane, and a stand-in for
 * source-controller. Stop it before the control plane.
 * @throws DiagnosticError B530, B531, B532 (kubectl refused a set-up step)
 */
export async function startFlux(plane: ControlPlane): Promise<Server> {
  await mustKubectl(plane, ['apply', '--server-side', '-f', await customResources('flux')])
  await mustKubectl(plane, ['create', 'namespace', 'flux-system'])
  const kinds = 'helmreleases,kustomizations.kustomize.toolkit.fluxcd.io,ocirepositories,buckets'
  await until('Flux’s custom resources', async () => (await plane.kubectl(['get', kinds, '-A'])).code === 0)
  const kube = await openKube({kubeconfig: plane.kubeconfig, env: {}})
  const running: Server[] = [{check: async () => {}, stop: async () => kube.close()}]
  const stop = async () => {
    for (const server of running.splice(0).reverse()) await server.stop()
  }
  try {
    running.push(await startSourceController(kube))
    for (const name of ['helm-controller', 'kustomize-controller'] as const)
      running.push(await startController(name, plane))
  } catch (error) {
    await stop()
    throw error
  }
  return {check: async () => void (await Promise.all(running.map(server => server.check()))), stop}
}

async function startController(name: 'helm-controller' | 'kustomize-controller', plane: ControlPlane) {
  const [health = 0] = await freePorts(1)
  const server = startServer(
    [
      await tool(name),
      '--metrics-addr=127.0.0.1:0',
      `--health-addr=127.0.0.1:${health}`,
      '--http-retry=3',
      // Patience is for busy clusters: here everything answers at once.
      '--min-retry-delay=500ms',
      '--requeue-dependency=500ms',
    ],
    join(plane.folder, `${name}.log`),
    {KUBECONFIG: plane.kubeconfig, RUNTIME_NAMESPACE: 'flux-system', TMPDIR: plane.folder},
  )
  const ready = async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok
  await until(`a ready ${name}`, ready, [server])
  return server
}

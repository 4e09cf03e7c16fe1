import {chmod, mkdir, symlink} from 'node:fs/promises'
import {join} from 'node:path'
import {toYaml} from '#lib/yaml-out.ts'
import {type ControlPlane, mustKubectl} from '../cluster/control-plane.ts'
import {freePorts, type Server, startServer, until} from '../cluster/processes.ts'
import {customResources} from '../tools/crds.ts'
import {tool} from '../tools/tool.ts'

/**
 * Runs Argo CD's application-controller and repo-server as processes beside the control plane, with the helm and the
 * kustomize of our tools and a Redis in memory; in the namespace argocd. Stop it before the control plane.
 * @throws DiagnosticError B530, B531, B532 (kubectl refused a set-up step)
 */
export async function startArgocd(plane: ControlPlane): Promise<Server> {
  await mustKubectl(plane, ['apply', '--server-side', '-f', await customResources('argocd')])
  await mustKubectl(plane, ['create', 'namespace', 'argocd'])
  await mustKubectl(plane, ['apply', '-f', '-'], settings().map(toYaml).join('---\n'))
  const kinds = 'applications.argoproj.io,appprojects.argoproj.io'
  await until(
    'Argo CD’s custom resources',
    async () => (await plane.kubectl(['get', kinds, '-A'])).code === 0,
  )
  const running: Server[] = []
  const stop = async () => {
    for (const server of running.splice(0).reverse()) await server.stop()
  }
  try {
    const [redis = 0, repo = 0, repoMetrics = 0, metrics = 0] = await freePorts(4)
    const env = await environment(plane)
    const start = async (program: string, args: string[]) => {
      const path = join(env.home, program)
      await symlink(await tool('argocd'), path)
      const server = startServer([path, ...args], join(plane.folder, `${program}.log`), env.variables)
      running.push(server)
    }
    const at = (port: number) => `127.0.0.1:${port}`
    running.push(startServer([await tool('argocd-redis'), at(redis)], join(plane.folder, 'redis.log')))
    await start('argocd-repo-server', [
      ...['--address=127.0.0.1', `--port=${repo}`, '--metrics-address=127.0.0.1'],
      ...[`--metrics-port=${repoMetrics}`, `--redis=${at(redis)}`, '--disable-tls', '--client-ca-path='],
    ])
    await start('argocd-application-controller', [
      ...[`--kubeconfig=${plane.kubeconfig}`, '--namespace=argocd', `--redis=${at(redis)}`],
      ...[`--repo-server=${at(repo)}`, '--repo-server-plaintext', `--metrics-port=${metrics}`],
      ...['--app-resync=2', '--app-resync-jitter=0', '--self-heal-backoff-timeout-seconds=0'],
    ])
    const healthy = async () => (await fetch(`http://${at(metrics)}/healthz`)).ok
    await until('a ready application-controller', healthy, running)
  } catch (error) {
    await stop()
    throw error
  }
  return {check: async () => void (await Promise.all(running.map(server => server.check()))), stop}
}

/** What the containers of Argo CD's own installation have around them. */
async function environment(plane: ControlPlane) {
  const home = join(plane.folder, 'argocd')
  const folders = ['bin', 'tls', 'ssh', 'gpg-source', 'gpg', 'plugins', 'tmp']
  for (const folder of folders) await mkdir(join(home, folder), {recursive: true})
  await chmod(join(home, 'gpg'), 0o700)
  await symlink(await tool('helm3'), join(home, 'bin/helm'))
  await symlink(await tool('kustomize'), join(home, 'bin/kustomize'))
  const variables = {
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    // Seconds between waves, for controllers that are slow to write a status.
    ARGOCD_SYNC_WAVE_DELAY: '1',
    ARGOCD_TLS_DATA_PATH: join(home, 'tls'),
    ARGOCD_SSH_DATA_PATH: join(home, 'ssh'),
    ARGOCD_GPG_DATA_PATH: join(home, 'gpg-source'),
    ARGOCD_GNUPGHOME: join(home, 'gpg'),
    ARGOCD_PLUGINSOCKFILEPATH: join(home, 'plugins'),
    KUBECONFIG: plane.kubeconfig,
    TMPDIR: join(home, 'tmp'),
    HOME: home,
    PATH: `${join(home, 'bin')}:${process.env.PATH}`,
  }
  return {home, variables}
}

/** What Argo CD's installation brings, as far as the two programs read it. */
function settings(): object[] {
  const object = (kind: string, name: string, more: object) => ({
    apiVersion: 'v1',
    kind,
    metadata: {name, namespace: 'argocd', labels: {'app.kubernetes.io/part-of': 'argocd'}},
    ...more,
  })
  return [
    object('ConfigMap', 'argocd-cm', {data: {}}),
    object('ConfigMap', 'argocd-rbac-cm', {data: {}}),
    object('Secret', 'argocd-secret', {stringData: {'server.secretkey': 'only-for-tests'}}),
  ]
}

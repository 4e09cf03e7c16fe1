import {spawn} from 'node:child_process'
import {generateKeyPairSync, randomUUID} from 'node:crypto'
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {request} from 'node:https'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {tool} from '../tools/tool.ts'
import {componentOf, type KubernetesVersion, standardKubernetes} from '../tools/tools.ts'
import {freePorts, problem, type Server, serverOf, startServer, until} from './processes.ts'

export type KubectlResult = {code: number; stdout: string; stderr: string}

/** A real etcd and kube-apiserver of this machine, on loopback ports of their own. */
export type ControlPlane = {
  /** Path of an administrator's kubeconfig. */
  kubeconfig: string
  /** What stands in it. */
  kubeconfigText: string
  /** `https://127.0.0.1:PORT`. */
  server: string
  /** A private folder for what tests start beside it; removed by `stop`. */
  folder: string
  kubectl(args: readonly string[], options?: {stdin?: string}): Promise<KubectlResult>
  /** Ends all of it: what was started last ends first, the API server before etcd. */
  stop(): Promise<void>
}

/** Who else may come in, and by which token: kubelets. */
export type User = {token: string; name: string; groups: readonly string[]}

export type ControlPlaneOptions = {
  /** Which controllers run as well; none by default: most tests only need the API. */
  with?: readonly ('kube-controller-manager' | 'kube-scheduler')[]
  /** Where the API server listens; a free port by default. */
  port?: number
  users?: readonly User[]
  /** Services get addresses of it, the API server the first one. */
  serviceRange?: string
  /** Nodes that nobody runs stay ready: nobody is missed for not calling. */
  fakeNodes?: boolean
  /** More flags of the API server. */
  flags?: readonly string[]
  /** Feature gates of all its programs, against their defaults. */
  gates?: FeatureGates
  version?: KubernetesVersion
}

export type FeatureGates = Readonly<Record<string, boolean>>

/**
 * Starts a control plane; ready in about three seconds once the tools are built.
 * @throws DiagnosticError exit 3: B501 a tool can't be built, B530 a server ended, B531 it was not ready in time
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'control-plane-'))
  const running: Server[] = []
  const stop = async () => {
    for (const server of running.splice(0).reverse()) await server.stop()
    await rm(folder, {recursive: true, force: true})
  }
  try {
    const [etcd = 0, peer = 0, free = 0] = await freePorts(3)
    const api = options.port ?? free
    const token = randomUUID()
    running.push(await startEtcd(folder, etcd, peer))
    running.push(await startApi(folder, etcd, api, token, options))
    const server = `https://127.0.0.1:${api}`
    await until('a ready API server', () => isReady(server, token), running)
    const kubeconfig = await writeKubeconfig(folder, server, token)
    for (const name of options.with ?? [])
      running.push(await startController(name, folder, kubeconfig, options))
    const program = await tool('kubectl')
    return {
      kubeconfig,
      kubeconfigText: await readFile(kubeconfig, 'utf8'),
      server,
      folder,
      stop,
      kubectl: (args, {stdin} = {}) => runKubectl(program, kubeconfig, args, stdin ?? ''),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** For steps that a test only needs done; answers what it wrote. @throws DiagnosticError B532 */
export async function mustKubectl(
  plane: ControlPlane,
  args: readonly string[],
  stdin?: string,
): Promise<string> {
  const result = await plane.kubectl(args, stdin === undefined ? {} : {stdin})
  if (result.code !== 0) throw problem('B532', `kubectl ${args.join(' ')}: ${result.stderr.trim()}`)
  return result.stdout
}

async function startEtcd(folder: string, client: number, peer: number): Promise<Server> {
  const data = join(folder, 'etcd')
  await mkdir(data)
  const toolbox = await openToolbox()
  const [clientUrl, peerUrl] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`]
  const child = toolbox.spawn(
    [
      ...['etcd', '--data-dir=/build/etcd', '--unsafe-no-fsync', '--log-level=error'],
      ...[`--listen-client-urls=${clientUrl}`, `--advertise-client-urls=${clientUrl}`],
      ...[`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`],
      `--initial-cluster=default=${peerUrl}`,
    ],
    {binds: [{from: data, to: '/build/etcd'}]},
  )
  return serverOf(child, 'etcd', join(folder, 'etcd.log'))
}

async function startApi(
  folder: string,
  etcd: number,
  port: number,
  token: string,
  options: ControlPlaneOptions,
): Promise<Server> {
  const {privateKey, publicKey} = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: {type: 'spki', format: 'pem'},
    privateKeyEncoding: {type: 'pkcs8', format: 'pem'},
  })
  const path = (name: string) => join(folder, name)
  await writeFile(path('accounts.key'), privateKey, {mode: 0o600})
  await writeFile(path('accounts.pub'), publicKey)
  const users: User[] = [{token, name: 'admin', groups: ['system:masters']}, ...(options.users ?? [])]
  const lines = users.map(user => `${user.token},${user.name},${user.name},"${user.groups.join(',')}"\n`)
  await writeFile(path('tokens.csv'), lines.join(''), {mode: 0o600})
  return startServer(
    [
      await tool(componentOf('kube-apiserver', options.version ?? standardKubernetes)),
      `--etcd-servers=http://127.0.0.1:${etcd}`,
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
      `--cert-dir=${path('certificates')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${path('accounts.pub')}`,
      `--service-account-signing-key-file=${path('accounts.key')}`,
      `--token-auth-file=${path('tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      `--service-cluster-ip-range=${options.serviceRange ?? '10.99.0.0/24'}`,
      '--endpoint-reconciler-type=none',
      '--allow-privileged=true',
      ...gateFlags(options.gates),
      ...(options.flags ?? []),
    ],
    path('kube-apiserver.log'),
  )
}

const gateFlags = (gates: FeatureGates = {}) =>
  Object.entries(gates).map(([name, on]) => `--feature-gates=${name}=${on}`)

async function startController(
  name: 'kube-controller-manager' | 'kube-scheduler',
  folder: string,
  kubeconfig: string,
  {version = standardKubernetes, fakeNodes = false, gates}: ControlPlaneOptions,
): Promise<Server> {
  const [port = 0] = await freePorts(1)
  return startServer(
    [
      await tool(componentOf(name, version)),
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, name)}`,
      ...gateFlags(gates),
      ...(name === 'kube-controller-manager'
        ? [
            '--use-service-account-credentials=false',
            // What pods know the API server by, in the ConfigMap kube-root-ca.crt of each namespace.
            `--root-ca-file=${join(folder, 'certificates/apiserver.crt')}`,
            ...(fakeNodes ? ['--controllers=*,-node-lifecycle-controller'] : []),
          ]
        : []),
    ],
    join(folder, `${name}.log`),
  )
}

/** The server's own certificate can't be known before it has started: nothing secret is asked here. */
function isReady(server: string, token: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const options = {rejectUnauthorized: false, headers: {authorization: `Bearer ${token}`}}
    const asked = request(`${server}/readyz`, options, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('error', reject)
    asked.end()
  })
}

async function writeKubeconfig(folder: string, server: string, token: string): Promise<string> {
  const authority = await readFile(join(folder, 'certificates/apiserver.crt'))
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{name: 'test', cluster: {server, 'certificate-authority-data': authority.toString('base64')}}],
    users: [{name: 'admin', user: {token}}],
    contexts: [{name: 'test', context: {cluster: 'test', user: 'admin'}}],
  }
  const path = join(folder, 'kubeconfig')
  // JSON is YAML.
  await writeFile(path, JSON.stringify(config, undefined, 2), {mode: 0o600})
  return path
}

/** Runs kubectl; a non-zero code is an answer. */
export function runKubectl(
  program: string,
  kubeconfig: string,
  args: readonly string[],
  stdin: string,
): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {env: {...process.env, KUBECONFIG: kubeconfig}})
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => {
      stdout += chunk
    })
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    child.on('error', reject)
    child.on('close', code => resolve({code: code ?? 1, stdout, stderr}))
    child.stdin.on('error', () => {})
    child.stdin.end(stdin)
  })
}

/** Where the API server is and who we are to it: in-cluster configuration, or a kubeconfig. */
import {readFile} from 'node:fs/promises'
import {dirname, isAbsolute, join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {reason} from '../log.ts'

export type Credentials = {
  /** `https://10.96.0.1:443`, perhaps with a path. */
  server: string
  ca?: string
  cert?: string
  key?: string
  /** Asked before each request: tokens of pods are renewed while they run. */
  token?: () => Promise<string>
  insecure?: boolean
  serverName?: string
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The service account that Kubernetes gives a pod.
 * @throws DiagnosticError exit 3: N010 not in a pod
 */
export async function inCluster(
  env: NodeJS.ProcessEnv = process.env,
  folder = account,
): Promise<Credentials> {
  const {KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port} = env
  if (!host || !port)
    fail(
      {
        code: 'N010',
        message: 'not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
        hint: 'give --kubeconfig FILE outside a cluster',
      },
      3,
    )
  const name = host.includes(':') ? `[${host}]` : host
  const ca = await readFile(join(folder, 'ca.crt'), 'utf8').catch(cause =>
    fail({code: 'N010', message: `the pod's service account can't be read: ${cause.message}`}, 3, {cause}),
  )
  return {server: `https://${name}:${port}`, ca, token: fileToken(join(folder, 'token'))}
}

/**
 * The current context of a kubeconfig. Programs that make tokens (`exec`) are not run.
 * @throws DiagnosticError exit 3: N011 not readable, or something in it that is not understood
 */
export async function fromKubeconfig(file: string): Promise<Credentials> {
  const bad = (message: string): never => fail({code: 'N011', message: `${file}: ${message}`}, 3)
  const {parse} = await import('yaml')
  const text = await readFile(file, 'utf8').catch(error => bad(error.message))
  let config: Record<string, unknown>
  try {
    config = mapping(parse(text))
  } catch (error) {
    // Only where it is wrong: the rest of the message quotes the line, which may hold a token.
    config = bad(`it is no YAML: ${reason(error).split('\n', 1)[0]}`)
  }
  const named = (list: unknown, name: unknown, key: string) => {
    const found = Array.isArray(list) ? list.map(mapping).find(one => one.name === name) : undefined
    return found ? mapping(found[key]) : bad(`there is no ${key} named ${String(name)}`)
  }
  const context = named(config.contexts, config['current-context'], 'context')
  const cluster = named(config.clusters, context.cluster, 'cluster')
  const user = context.user === undefined ? {} : named(config.users, context.user, 'user')
  const server = string(cluster.server) ?? bad('the cluster has no server')
  if (user.exec || user['auth-provider']) bad('its user needs another program (exec, auth-provider)')

  const near = (path: string) => (isAbsolute(path) ? path : join(dirname(file), path))
  const material = async (from: Record<string, unknown>, key: string) => {
    const data = string(from[`${key}-data`])
    const path = string(from[key])
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
    return path === undefined ? undefined : readFile(near(path), 'utf8').catch(error => bad(error.message))
  }
  const [token, tokenFile] = [string(user.token), string(user.tokenFile)]
  return defined({
    server: server.replace(/\/+$/, ''),
    ca: await material(cluster, 'certificate-authority'),
    cert: await material(user, 'client-certificate'),
    key: await material(user, 'client-key'),
    token: tokenFile ? fileToken(near(tokenFile)) : token === undefined ? undefined : async () => token,
    insecure: cluster['insecure-skip-tls-verify'] === true ? true : undefined,
    serverName: string(cluster['tls-server-name']),
  })
}

/** Reads the file again once a minute. */
function fileToken(path: string): () => Promise<string> {
  let known: {text: string; until: number} | undefined
  return async () => {
    if (!known || Date.now() > known.until)
      known = {text: (await readFile(path, 'utf8')).trim(), until: Date.now() + 60_000}
    return known.text
  }
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? {...value} : {}
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

type Defined<T> = {server: string} & {[K in Exclude<keyof T, 'server'>]?: Exclude<T[K], undefined>}
function defined<T extends {server: string}>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>
}

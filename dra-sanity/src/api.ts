import {readFile} from 'node:fs/promises'
import {Agent, request} from 'node:https'
import {dirname, join, resolve} from 'node:path'
import {parse} from 'yaml'
import {fail} from '#lib/diagnostics.ts'

/** A small client of the API server: paths in, JSON out. */
export type Api = {
  get<T>(path: string): Promise<T>
  create<T>(path: string, body: object): Promise<T>
  update<T>(path: string, body: object): Promise<T>
  /** An object that is gone already is fine. */
  remove(path: string): Promise<void>
  close(): void
}

type Cluster = {
  server?: string
  'certificate-authority'?: string
  'certificate-authority-data'?: string
  'insecure-skip-tls-verify'?: boolean | string
}
type User = {
  token?: string
  tokenFile?: string
  'client-certificate'?: string
  'client-certificate-data'?: string
  'client-key'?: string
  'client-key-data'?: string
}
type Kubeconfig = {
  'current-context'?: string
  contexts?: {name: string; context?: {cluster?: string; user?: string}}[]
  clusters?: {name: string; cluster?: Cluster}[]
  users?: {name: string; user?: User}[]
}

/**
 * Opens a client for a kubeconfig's current context.
 * @throws DiagnosticError F011 exit 2 when the file cannot be used
 */
export async function openApi(path: string): Promise<Api> {
  const bad = (message: string, cause?: unknown) =>
    fail(
      {
        code: 'F011',
        message: `${path}: ${message}`,
        hint: 'give a kubeconfig with a token or a client certificate',
      },
      2,
      {cause},
    )
  const config = await readFile(path, 'utf8')
    .then(text => parse(text) as Kubeconfig | null)
    .catch(cause => bad(cause instanceof Error ? cause.message : String(cause), cause))
  const context = config?.contexts?.find(one => one.name === config['current-context'])?.context
  const cluster = config?.clusters?.find(one => one.name === context?.cluster)?.cluster
  const user = config?.users?.find(one => one.name === context?.user)?.user ?? {}
  if (!cluster?.server?.startsWith('https://')) return bad('its current context names no server with https')
  const file = (name: string | undefined) => (name ? readFile(resolve(dirname(path), name)) : undefined)
  const data = (text: string | undefined) => (text ? Buffer.from(text, 'base64') : undefined)
  const [ca, cert, key, token] = await Promise.all([
    data(cluster['certificate-authority-data']) ?? file(cluster['certificate-authority']),
    data(user['client-certificate-data']) ?? file(user['client-certificate']),
    data(user['client-key-data']) ?? file(user['client-key']),
    user.token ?? file(user.tokenFile)?.then(text => text.toString().trim()),
  ]).catch(cause => bad(cause instanceof Error ? cause.message : String(cause), cause))
  if (!token && !(cert && key)) return bad('its user has neither a token nor a client certificate')
  const agent = new Agent({
    keepAlive: true,
    rejectUnauthorized: String(cluster['insecure-skip-tls-verify']) !== 'true',
    ...(ca ? {ca} : {}),
    ...(cert && key ? {cert, key} : {}),
  })
  return apiOf(cluster.server.replace(/\/$/, ''), agent, token)
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * Opens a client with the service account of the pod that this runs in. By the API server's address, so that clusters
 * without DNS will do.
 * @throws DiagnosticError F013 exit 2 when this is no pod with a service account
 */
export async function openPodApi(env: NodeJS.ProcessEnv = process.env, folder = account): Promise<Api> {
  const {KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port} = env
  const bad = (message: string, cause?: unknown) =>
    fail({code: 'F013', message, hint: 'give a --kubeconfig outside a pod'}, 2, {cause})
  if (!host || !port)
    return bad('--in-cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set')
  const [ca, token] = await Promise.all([
    readFile(join(folder, 'ca.crt')),
    readFile(join(folder, 'token'), 'utf8'),
  ]).catch(cause => bad(`--in-cluster: ${cause instanceof Error ? cause.message : String(cause)}`, cause))
  const name = host.includes(':') ? `[${host}]` : host
  return apiOf(`https://${name}:${port}`, new Agent({keepAlive: true, ca}), token.trim())
}

function apiOf(server: string, agent: Agent, token: string | undefined): Api {
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const {status, text} = await send(server + path, agent, token, method, body)
    if (status >= 200 && status < 300) return JSON.parse(text) as T
    if (method === 'DELETE' && status === 404) return {} as T
    return fail(
      {
        code: 'F010',
        message: `${method} ${path}: ${status} ${messageOf(text)}`,
        hint: "check the rights of the kubeconfig's user",
      },
      3,
    )
  }
  return {
    get: path => ask('GET', path),
    create: (path, body) => ask('POST', path, body),
    update: (path, body) => ask('PUT', path, body),
    remove: async path => {
      await ask('DELETE', path)
    },
    close: () => agent.destroy(),
  }
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as {message?: string}).message ?? text
  } catch {
    return text.slice(0, 300)
  }
}

function send(
  url: string,
  agent: Agent,
  token: string | undefined,
  method: string,
  body: object | undefined,
): Promise<{status: number; text: string}> {
  return new Promise((resolve, reject) => {
    const headers = {
      accept: 'application/json',
      ...(body ? {'content-type': 'application/json'} : {}),
      ...(token ? {authorization: `Bearer ${token}`} : {}),
    }
    const asked = request(url, {agent, method, headers, timeout: 30_000}, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({status: response.statusCode ?? 0, text}))
      response.on('error', reject)
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer within 30 s')))
    asked.on('error', cause => {
      try {
        fail(
          {code: 'F010', message: `${method} ${url}: ${cause.message}`, hint: 'is the API server there?'},
          3,
          {cause},
        )
      } catch (error) {
        reject(error)
      }
    })
    asked.end(body && JSON.stringify(body))
  })
}

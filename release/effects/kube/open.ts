import {access, readFile} from 'node:fs/promises'
import type {Agent, RequestOptions} from 'node:https'
import {delimiter, dirname, join, resolve} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {type Kube, KubeError, type KubeObject, type ListOptions, type Patch, pathOf} from '../../lib/kube.ts'
import type {KubeConfig} from './kubeconfig.ts'
import {send} from './send.ts'

export type Where = {
  /** A file; otherwise what `env` says: KUBECONFIG, ~/.kube/config, or a pod's service account. */
  readonly kubeconfig?: string | undefined
  /** The current context otherwise. */
  readonly context?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/**
 * A cluster, by the rules of kubeconfig files. Nothing is asked of it yet.
 * @throws DiagnosticError E060 no cluster is named, or not in a way that can be understood; exit 2
 */
export async function openKube(where: Where): Promise<Kube> {
  const config = await load(where)
  if (where.context !== undefined) config.setCurrentContext(where.context)
  const context = config.getContextObject(config.getCurrentContext())
  const cluster = config.getCurrentCluster()
  if (!context || !cluster) {
    const names = config.getContexts().map(c => c.name)
    fail(
      {
        code: 'E060',
        message: `the kubeconfig has no context ${JSON.stringify(config.getCurrentContext() ?? '')} with a cluster`,
        ...(names.length > 0 ? {expected: `one of ${names.join(', ')}`} : {}),
        hint: '--context names it, or `kubectl config use-context`',
      },
      2,
    )
  }
  return clientOf(cluster.server, context.namespace ?? 'default', options => authorize(config, options))
}

async function load({kubeconfig, env}: Where): Promise<KubeConfig> {
  const {KubeConfig: Config} = await import('./kubeconfig.ts')
  const config = new Config()
  const files = await filesOf(kubeconfig, env)
  if (files.length === 0 && !(await isThere(account)))
    fail(
      {
        code: 'E060',
        message: 'no cluster is named: there is no KUBECONFIG, no ~/.kube/config, and this is no pod',
        hint: '--kubeconfig FILE names one',
      },
      2,
    )
  try {
    if (files.length === 0) config.loadFromCluster()
    for (const [i, file] of files.entries()) {
      const one = i === 0 ? config : new Config()
      await loadFile(one, file)
      if (i > 0) merge(config, one)
    }
  } catch (cause) {
    // What follows the first line quotes the file, and it holds credentials.
    const [message] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)
    fail({code: 'E060', message: `${files.join(', ') || 'the pod’s account'} can't be used: ${message}`}, 2, {
      cause,
    })
  }
  return config
}

/** The first file that says something about a name, or about the current context, counts. */
function merge(config: KubeConfig, next: KubeConfig): void {
  const unknown = <T extends {name: string}>(all: readonly T[], known: readonly T[]): T[] =>
    all.filter(({name}) => !known.some(one => one.name === name))
  for (const cluster of unknown(next.getClusters(), config.getClusters())) config.addCluster(cluster)
  for (const user of unknown(next.getUsers(), config.getUsers())) config.addUser(user)
  for (const context of unknown(next.getContexts(), config.getContexts())) config.addContext(context)
  if (!config.getCurrentContext()) config.setCurrentContext(next.getCurrentContext())
}

/** Kubernetes writes `tokenFile`, which client-node does not know as such; relative paths count from the file. */
async function loadFile(config: KubeConfig, file: string): Promise<void> {
  const {parse} = await import('yaml')
  const value = parse(await readFile(file, 'utf8')) as {users?: {user?: Record<string, unknown>}[]} | null
  for (const {user} of value?.users ?? [])
    if (typeof user?.tokenFile === 'string') {
      const tokenFile = resolve(dirname(file), user.tokenFile)
      user['auth-provider'] = {name: 'tokenFile', config: {tokenFile}}
    }
  config.loadFromString(JSON.stringify(value))
  config.makePathsAbsolute(dirname(file))
}

async function filesOf(given: string | undefined, env: Where['env']): Promise<string[]> {
  if (given !== undefined) return [given]
  const named = [...new Set((env.KUBECONFIG ?? '').split(delimiter).filter(Boolean))]
  const there = await Promise.all(named.map(isThere))
  // Of several, those that are not there are passed over, as kubectl does.
  if (named.length > 0) return there.includes(true) ? named.filter((_, i) => there[i]) : named
  const usual = join(env.HOME ?? '/', '.kube/config')
  return (await isThere(usual)) ? [usual] : []
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/** Tokens are asked for each time: programs and pods renew them. The agent is client-node's, one for all. */
async function authorize(config: KubeConfig, options: RequestOptions): Promise<void> {
  const own = {...options.headers}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.trim() : String(cause)
    fail({code: 'E060', message: `the kubeconfig's user can't log in: ${message}`}, 2, {cause})
  }
  options.headers = {...options.headers, ...own}
  const agent = options.agent as (Agent & {keepAlive?: boolean}) | undefined
  if (agent) agent.keepAlive = true
}

const patchTypes: Record<Patch['type'], string> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
}

function clientOf(
  server: string,
  namespace: string,
  allow: (options: RequestOptions) => Promise<void>,
): Kube {
  const agents = new Set<Agent>()
  const authorized = async (options: RequestOptions) => {
    await allow(options)
    if (options.agent) agents.add(options.agent as Agent)
  }
  const ask = (method: string, path: string, body?: unknown, type?: string) =>
    send(server, authorized, {method, path, ...(body === undefined ? {} : {body}), ...(type ? {type} : {})})
  const object = async (method: string, path: string, body?: unknown, type?: string) =>
    parsed(await ask(method, path, body, type), path) as KubeObject
  return {
    server,
    namespace,
    json: async path => parsed(await ask('GET', path), path),
    text: path => ask('GET', path),
    get: (resource, name) => object('GET', pathOf(resource, name)),
    list: (resource, options = {}) => {
      const type = options.metadataOnly ? metadataType : undefined
      return pages(path => ask('GET', path, undefined, type), pathOf(resource, options), options)
    },
    create: (resource, made) => object('POST', pathOf(resource, placeOf(made)), made),
    replace: (resource, made) =>
      object('PUT', pathOf(resource, {...placeOf(made), name: made.metadata.name}), made),
    patch: (resource, name, patch, subresource) =>
      object(
        'PATCH',
        pathOf(resource, name, subresource) + queryOf(patch),
        patch.patch,
        patchTypes[patch.type],
      ),
    delete: async (resource, name, {uid} = {}) => {
      const options =
        uid === undefined ? undefined : {apiVersion: 'v1', kind: 'DeleteOptions', preconditions: {uid}}
      await ask('DELETE', pathOf(resource, name), options)
    },
    close: () => {
      for (const agent of agents) agent.destroy()
    },
  }
}

/** A proxy's login page comes with 200 too. It is not quoted: an object cut short may be a Secret. */
function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KubeError(200, '', `${path}: what was answered is not JSON`)
  }
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const metadataType = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

function placeOf({metadata: {namespace}}: KubeObject): {namespace?: string} {
  return namespace === undefined ? {} : {namespace}
}

function queryOf(patch: Patch): string {
  if (patch.type !== 'apply') return '?fieldManager=lockstep'
  return `?fieldManager=${encodeURIComponent(patch.fieldManager)}${patch.force ? '&force=true' : ''}`
}

type Page = {metadata?: {continue?: string}; items?: KubeObject[]}

/** When a list takes longer than etcd remembers (410), the rest is read as it is now, as the server offers. */
async function* pages(
  ask: (path: string) => Promise<string>,
  path: string,
  {labelSelector, fieldSelector, limit = 500}: ListOptions = {},
): AsyncGenerator<KubeObject> {
  const query = new URLSearchParams({limit: String(limit)})
  if (labelSelector !== undefined) query.set('labelSelector', labelSelector)
  if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector)
  for (;;) {
    const {metadata, items} = parsed(await ask(`${path}?${query}`).catch(expired), path) as Page
    for (const item of items ?? []) yield item
    if (!metadata?.continue) return
    query.set('continue', metadata.continue)
  }
}

function expired(error: unknown): string {
  const rest = error instanceof KubeError && error.status === 410 ? error.cause : undefined
  // Without a token there is no way on, and what came so far must not pass for all.
  if (typeof rest !== 'string' || !/"continue":\s*"[^"]/.test(rest)) throw error
  return rest
}

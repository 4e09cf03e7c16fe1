import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {promisify} from 'node:util'
import type {Kube, KubeObject, Resource} from '#release/lib/kube.ts'
import type {Server} from '../cluster/processes.ts'
import {reconciling} from './reconciling.ts'

const source = {group: 'source.toolkit.fluxcd.io', version: 'v1'}
const ociRepositories = {...source, plural: 'ocirepositories'}
const gitRepositories = {...source, plural: 'gitrepositories'}

type Spec = {
  url: string
  insecure?: boolean
  ref?: {tag?: string; digest?: string; semver?: string}
  layerSelector?: {mediaType?: string}
}
type GitSpec = {url: string; ref?: {branch?: string}}
type Artifact = {data: Buffer; revision: string; metadata?: Record<string, string> | undefined}
type Layer = {mediaType: string; digest: string}
type Manifest = {layers: Layer[]; annotations?: Record<string, string>}

/**
 * Stands in for Flux's source-controller: fetches what OCIRepositories and GitRepositories name (`ssh://localhost/PATH` is a
 * folder of this machine), serves it to the other controllers over HTTP, and writes the status that they read. The README
 * says what that does not prove.
 */
export async function startSourceController(kube: Kube): Promise<Server> {
  const served = new Map<string, Buffer>()
  const http = createServer((request, response) => {
    const data = served.get(request.url ?? '')
    response.writeHead(data ? 200 : 404).end(data)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const {port} = http.address() as AddressInfo
  const base = `http://127.0.0.1:${port}`
  const loop = reconciling(async () => {
    for (const [kind, fetched] of [
      [ociRepositories, (object: KubeObject) => fromRegistry(object.spec as Spec)],
      [gitRepositories, (object: KubeObject) => fromGit(object.spec as GitSpec)],
    ] as const)
      for await (const object of kube.list(kind))
        await reconcile(kube, kind, object, () => fetched(object), {base, served})
  })
  return {
    check: async () => {},
    async stop() {
      const stopped = loop.stop()
      http.closeAllConnections()
      await Promise.all([stopped, new Promise(resolve => http.close(resolve))])
    },
  }
}

async function reconcile(
  kube: Kube,
  kind: Resource,
  object: KubeObject,
  fetched: () => Promise<Artifact>,
  {base, served}: {base: string; served: Map<string, Buffer>},
) {
  const {namespace = '', name, generation} = object.metadata
  const status = (object.status ?? {}) as {observedGeneration?: number; artifact?: unknown}
  if (status.observedGeneration === generation && status.artifact) return
  const next = await fetched().then(
    ({data, revision, metadata}) => {
      const path = `/${kind.plural}/${namespace}/${name}/${digestOf(data).slice(7)}.tar.gz`
      served.set(path, data)
      return {
        artifact: {
          path: path.slice(1),
          url: base + path,
          revision,
          digest: digestOf(data),
          size: data.length,
          lastUpdateTime: now(),
          ...(metadata ? {metadata} : {}),
        },
        conditions: [
          condition('Ready', 'True', 'Succeeded', `stored artifact for digest '${revision}'`, generation),
          condition('ArtifactInStorage', 'True', 'Succeeded', 'stored artifact', generation),
        ],
      }
    },
    (error: Error) => ({
      conditions: [condition('Ready', 'False', 'FetchFailed', error.message, generation)],
    }),
  )
  const patch = {status: {observedGeneration: generation, ...next}}
  await kube.patch(kind, {name, namespace}, {type: 'merge', patch}, 'status').catch(() => undefined)
}

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z')
const digestOf = (data: Buffer) => `sha256:${createHash('sha256').update(data).digest('hex')}`

function condition(type: string, status: string, reason: string, message: string, observed = 0) {
  return {type, status, reason, message, observedGeneration: observed, lastTransitionTime: now()}
}

/** The layer that a source names, and its revision as source-controller writes it, `TAG@sha256:…`. */
async function fromRegistry(spec: Spec): Promise<Artifact> {
  const {tag, digest, semver} = spec.ref ?? {}
  if (semver !== undefined) throw new Error('this stand-in knows no version ranges')
  if (!spec.insecure) throw new Error(`${spec.url}: server gave HTTP response to HTTPS client`)
  const [, host, repository] = /^oci:\/\/([^/]+)\/(.+)$/.exec(spec.url) ?? []
  const at = `http://${host}/v2/${repository}`
  const bytes = await get(`${at}/manifests/${digest ?? tag ?? 'latest'}`)
  const manifest = JSON.parse(bytes.toString()) as Manifest
  const wanted = spec.layerSelector?.mediaType
  const layer = manifest.layers.find(one => wanted === undefined || one.mediaType === wanted)
  if (!layer) throw new Error(`no layer of type ${wanted} in ${spec.url}`)
  const revision = digestOf(bytes)
  return {
    data: await get(`${at}/blobs/${layer.digest}`),
    revision: digest ? revision : `${tag ?? 'latest'}@${revision}`,
    metadata: manifest.annotations,
  }
}

/** All files of a branch, and its revision as source-controller writes it, `BRANCH@sha1:…`. */
async function fromGit({url, ref}: GitSpec): Promise<Artifact> {
  const branch = ref?.branch ?? 'master'
  const git = (...args: string[]) =>
    promisify(execFile)('git', ['-C', new URL(url).pathname, ...args], {encoding: 'buffer'})
  const [commit, archive] = await Promise.all([
    git('rev-parse', branch),
    git('archive', '--format=tar.gz', branch),
  ])
  return {data: archive.stdout, revision: `${branch}@sha1:${commit.stdout.toString().trim()}`}
}

async function get(url: string): Promise<Buffer> {
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/octet-stream'
  const response = await fetch(url, {headers: {accept}})
  if (!response.ok) throw new Error(`GET ${url}: ${response.status} ${await response.text()}`)
  return Buffer.from(await response.arrayBuffer())
}

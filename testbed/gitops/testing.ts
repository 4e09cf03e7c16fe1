/** A control plane with KMM, nodes that nobody runs, and a registry with two releases. */
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {openKube} from '#release/effects/kube/open.ts'
import type {Kube, KubeObject} from '#release/lib/kube.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from '../cluster/control-plane.ts'
import {startKmm} from '../cluster/kmm.ts'
import {addFakeNode} from '../cluster/nodes.ts'
import {type Server, until} from '../cluster/processes.ts'
import {startDockerRegistry} from '../registry/docker-registry.ts'
import {playNodes} from './nodes.ts'
import {type PublishedRelease, publishRelease} from './test-releases.ts'

export const versions = ['0.2.0', '0.2.1'] as const

/** Kernels of the nodes: one that every release has an image for (this KMM can't take names with `+`), and one of none. */
export const kernels = {covered: '6.11.0-300.fc43.x86_64', uncovered: '6.1.0-1-amd64'}

export const modules = {group: 'kmm.sigs.x-k8s.io', version: 'v1beta1', plural: 'modules'}

export type World = {
  plane: ControlPlane
  kube: Kube
  /** `127.0.0.1:PORT`. */
  registry: string
  /** Registry and owner, as it stands in the releases' names. */
  owner: string
  older: PublishedRelease
  newer: PublishedRelease
  /** Images that nodes can't pull although the registry has them. */
  withheld: Set<string>
  stop(): Promise<void>
}

export async function startWorld(): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'gitops-'))
  const ends: (() => Promise<unknown>)[] = [() => rm(dir, {recursive: true, force: true})]
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end()
  }
  const keep = <S extends Pick<Server, 'stop'>>(server: S): S => {
    ends.push(() => server.stop())
    return server
  }
  try {
    const {host: registry} = keep(await startDockerRegistry(join(dir, 'registry')))
    const owner = `${registry}/owner`
    const plane = keep(await startControlPlane())
    const older = await publishRelease(versions[0], owner, join(dir, versions[0]))
    const newer = await publishRelease(versions[1], owner, join(dir, versions[1]))
    await publishHistory(registry, older)
    keep(await startKmm(plane))
    await serveNewPreflight(plane)
    await addFakeNode(plane, 'first', kernels.covered, {'kubernetes.io/os': 'linux'})
    const kube = await openKube({kubeconfig: plane.kubeconfig, env: {}})
    ends.push(async () => kube.close())
    const withheld = new Set<string>()
    keep(playNodes(kube, async image => !withheld.has(image) && isPublished(image)))
    return {plane, kube, registry, owner, older, newer, withheld, stop}
  } catch (error) {
    await stop()
    throw error
  }
}

const manifestTypes = ['index', 'manifest']
  .map(kind => `application/vnd.oci.image.${kind}.v1+json`)
  .join(', ')

export async function manifestOf(image: string): Promise<Response> {
  const [, host, name, reference] = /^([^/]+)\/(.+?)[:@]((?:sha256:)?[^:@/]+)$/.exec(image) ?? []
  return fetch(`http://${host}/v2/${name}/manifests/${reference}`, {headers: {accept: manifestTypes}})
}

const isPublished = async (image: string) => {
  const {ok, body} = await manifestOf(image)
  await body?.cancel()
  return ok
}

/** The image of 0.1.0 that mappings still name. */
async function publishHistory(registry: string, {kernel, version}: PublishedRelease): Promise<void> {
  const repository = 'owner/mock-accel-module'
  const tag = `v${version}-${kernel.replaceAll('+', '_')}`
  const found = await manifestOf(`${registry}/${repository}:${tag}`)
  const put = await fetch(`http://${registry}/v2/${repository}/manifests/v0.1.0-fc43`, {
    method: 'PUT',
    headers: {'content-type': found.headers.get('content-type') ?? ''},
    body: await found.text(),
  })
  if (!put.ok) throw new Error(`v0.1.0-fc43: ${put.status} ${await put.text()}`)
}

/** This KMM serves v1beta1 only, and the chart asks in v1beta2, which later ones serve. */
async function serveNewPreflight(plane: ControlPlane): Promise<void> {
  const name = 'preflightvalidations.kmm.sigs.x-k8s.io'
  const found = JSON.parse(await mustKubectl(plane, ['get', 'crd', name, '-o', 'json']))
  const [first] = found.spec.versions as {name: string; storage: boolean}[]
  const patch = {spec: {versions: [first, {...first, name: 'v1beta2', storage: false}]}}
  await mustKubectl(plane, ['patch', 'crd', name, '--type=merge', '-p', JSON.stringify(patch)])
}

/** A file that the guide shows: its block of YAML, which begins with its name. */
export async function guideFile(name: string): Promise<string> {
  const guide = await readFile('docs/guides/gitops.md', 'utf8')
  const [, text] = new RegExp(`\`\`\`yaml\\n# ${name}\\n([^]*?)\`\`\``).exec(guide) ?? []
  if (text === undefined) throw new Error(`docs/guides/gitops.md shows no ${name}`)
  return text
}

/** Writes the files of a release's folder, such as deploy/flux, below `to`. */
export async function writeFolder(release: PublishedRelease, folder: string, to: string): Promise<void> {
  const files = release.files.filter(file => dirname(file.path) === folder)
  if (files.length === 0) throw new Error(`${folder} is empty`)
  await mkdir(to, {recursive: true})
  for (const {path, text} of files) await writeFile(join(to, path.slice(folder.length + 1)), text)
}

/** The second node boots another kernel, or comes with it. */
export const bootSecond = ({plane}: World, kernel: string) =>
  addFakeNode(plane, 'second', kernel, {'kubernetes.io/os': 'linux'})

/**
 * The same with a kernel that no mapping takes, once KMM has counted it: a Module's status does not tell which of its
 * states it speaks of, so what GitOps sees of a kernel that comes in the moment of an upgrade is a matter of luck.
 */
export async function bootUncovered(world: World): Promise<void> {
  await bootSecond(world, kernels.uncovered)
  await until('KMM’s count', async () => {
    const {status} = await world.kube.get(modules, {name: 'mock-accel', namespace: 'mock-device'})
    const {moduleLoader} = status as {moduleLoader: Record<string, number>}
    return moduleLoader.nodesMatchingSelectorNumber === 2 && moduleLoader.desiredNumber === 1
  })
}

type Condition = {type: string; status: string; reason: string; message: string}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const {conditions = []} = (object.status ?? {}) as {conditions?: Condition[]}
  return conditions.find(one => one.type === type)
}

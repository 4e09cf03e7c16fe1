import {parseVersion, runningVersion, type Scheme} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {NodeFacts, Workload} from './facts.ts'
import {itemsOf, type Snapshot} from './read.ts'
import {imagesOf, nodeGroupLabels} from './signs.ts'

/** A version that runs, in the words of the component's scheme. */
export type Running = {
  readonly component: string
  /** Of components that stand on nodes: the node group. */
  readonly instance?: string
  readonly version: string
  /** What showed it: `deployment cert-manager/cert-manager, image …:v1.20.1`. */
  readonly where: string
}

export type Detected = {
  /** By component, then instance, then version: several when several run. */
  readonly running: readonly Running[]
  /** Components of the matrix that nothing here shows. */
  readonly unseen: readonly string[]
}

type Sighting = {instance?: string; text: string; where: string}

/** Versions of the matrix's components that a cluster shows; what is no version of its scheme is left out. */
export function detectVersions(snapshot: Snapshot, matrix: Matrix): Detected {
  const ids = Object.keys(matrix.components).sort()
  const running = ids.flatMap(component => {
    const {scheme, instances} = matrix.components[component] ?? {scheme: 'opaque' as const}
    const sightings = sightingsOf(component, snapshot, instances === 'per-node')
    return distinct(component, scheme, sightings)
  })
  const seen = new Set(running.map(r => r.component))
  // The release's own parts have its version.
  return {running, unseen: ids.filter(id => !seen.has(id) && !matrix.components[id]?.lockstep)}
}

function distinct(component: string, scheme: Scheme, sightings: readonly Sighting[]): Running[] {
  const found = new Map<string, Running>()
  for (const {instance, text, where} of sightings) {
    // EKS builds the images of its add-ons itself: v1.20.4-eksbuild.2
    const version = runningVersion(text.replace(/-eksbuild\.\d+$/, ''), scheme)
    const key = `${instance ?? ''} ${version}`
    if (parseVersion(version, scheme) && !found.has(key))
      found.set(key, {component, ...(instance === undefined ? {} : {instance}), version, where})
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, running]) => running)
}

function sightingsOf(component: string, snapshot: Snapshot, perNode: boolean): Sighting[] {
  const nodes = itemsOf(snapshot.nodes)
  const server = itemsOf(snapshot.version).map(text => ({text, where: '/version'}))
  switch (component) {
    case 'kubernetes':
      return server
    case 'eks':
      return server.filter(({text}) => text.includes('-eks-'))
    case 'kubelet':
      return nodeSightings(nodes, perNode, node => node.kubelet)
    case 'linux':
      return nodeSightings(nodes, false, node => node.kernel)
    case 'containerd':
    case 'cri-o':
    case 'docker':
      return nodeSightings(nodes, false, ({runtime}) => {
        const [name, text] = runtime.split('://')
        return name === component ? text : undefined
      })
    case 'kubevirt':
      return itemsOf(snapshot.kubeVirts).flatMap(({namespace, name, observed}) =>
        observed === undefined ? [] : [{text: observed, where: `kubevirt ${namespace}/${name}`}],
      )
    default:
      return workloadSightings(component, snapshot)
  }
}

/** One for each node; instances are node groups where there are several. */
function nodeSightings(
  nodes: readonly NodeFacts[],
  grouped: boolean,
  read: (node: NodeFacts) => string | undefined,
): Sighting[] {
  const groups = new Set(nodes.map(groupOf))
  return nodes.flatMap(node => {
    const text = read(node)
    if (!text) return []
    const instance = grouped && groups.size > 1 ? {instance: groupOf(node)} : {}
    return [{...instance, text, where: `node ${node.name}`}]
  })
}

/** The node's group, by the labels of those who make nodes; `nodes` for those without. */
export function groupOf({labels}: NodeFacts): string {
  const label = nodeGroupLabels.find(name => labels[name] !== undefined)
  const name = label === undefined ? undefined : labels[label]
  return (
    name
      ?.toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'nodes'
  )
}

/** By the tag of a known image; else by the labels that charts set. */
function workloadSightings(component: string, snapshot: Snapshot): Sighting[] {
  const workloads = [
    ...itemsOf(snapshot.deployments),
    ...itemsOf(snapshot.daemonSets),
    ...itemsOf(snapshot.statefulSets),
  ]
  const byImage = workloads.flatMap(workload =>
    workload.images.flatMap(image => {
      const tag = tagOf(image, imagesOf(component))
      return tag === undefined ? [] : [{text: tag, where: `${titleOf(workload)}, image ${image}`}]
    }),
  )
  if (byImage.length > 0) return byImage
  return workloads.flatMap(workload => {
    const text = labelledVersion(component, workload.labels)
    return text === undefined ? [] : [{text, where: `${titleOf(workload)}, its labels`}]
  })
}

function tagOf(image: string, repositories: readonly string[]): string | undefined {
  const [, repository = '', tag] = /^([^@]+?)(?::([^:/@]+))?(?:@.*)?$/.exec(image) ?? []
  return repositories.some(name => repository === name || repository.endsWith(`/${name}`)) ? tag : undefined
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
function labelledVersion(component: string, labels: Readonly<Record<string, string>>): string | undefined {
  const {'helm.sh/chart': chart, 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': whole} = labels
  if (chart?.startsWith(`${component}-`) && /^v?\d/.test(chart.slice(component.length + 1)))
    return chart.slice(component.length + 1)
  return name === component || whole === component ? labels['app.kubernetes.io/version'] : undefined
}

export function titleOf({kind, namespace, name}: Workload): string {
  return `${kind.toLowerCase()} ${namespace}/${name}`
}

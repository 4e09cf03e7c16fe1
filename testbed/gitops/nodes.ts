import type {Kube, KubeObject} from '#release/lib/kube.ts'
import type {Server} from '../cluster/processes.ts'
import {reconciling} from './reconciling.ts'

const daemonSets = {group: 'apps', version: 'v1', plural: 'daemonsets'}
const nodes = {group: '', version: 'v1', plural: 'nodes'}

type DaemonSet = {
  template: {spec: {nodeSelector?: Record<string, string>; containers: {image: string}[]}}
}

/**
 * Nodes that nobody runs, as far as a DaemonSet's status tells of them: pods come to all nodes that its selector takes,
 * and are ready as soon as their images can be pulled.
 * @param pulls whether a registry would give this image
 */
export function playNodes(kube: Kube, pulls: (image: string) => Promise<boolean>): Server {
  const loop = reconciling(async () => {
    const labels: Record<string, string>[] = []
    for await (const node of kube.list(nodes)) labels.push(node.metadata.labels ?? {})
    for await (const set of kube.list(daemonSets)) await play(kube, set, labels, pulls)
  })
  return {check: async () => {}, stop: loop.stop}
}

async function play(
  kube: Kube,
  {metadata, spec, status}: KubeObject,
  labels: readonly Record<string, string>[],
  pulls: (image: string) => Promise<boolean>,
) {
  const {nodeSelector = {}, containers} = (spec as DaemonSet).template.spec
  const wanted = Object.entries(nodeSelector)
  const count = labels.filter(own => wanted.every(([key, value]) => own[key] === value)).length
  const pulled = (await Promise.all(containers.map(one => pulls(one.image)))).every(Boolean)
  const ready = pulled ? count : 0
  const next = {
    observedGeneration: metadata.generation ?? 0,
    desiredNumberScheduled: count,
    currentNumberScheduled: count,
    updatedNumberScheduled: ready,
    numberReady: ready,
    numberAvailable: ready,
    numberUnavailable: count - ready,
    numberMisscheduled: 0,
  }
  const before = status as Partial<typeof next> | undefined
  if (Object.entries(next).every(([key, value]) => (before?.[key as keyof typeof next] ?? 0) === value))
    return
  const name = {name: metadata.name, namespace: metadata.namespace ?? ''}
  await kube.patch(daemonSets, name, {type: 'merge', patch: {status: next}}, 'status').catch(() => undefined)
}

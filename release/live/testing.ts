/** A cluster in memory, for tests. */
import {type Kube, KubeError, type KubeObject, pathOf} from '../lib/kube.ts'
import {type KindName, kinds} from './kinds.ts'

export type Objects = {readonly [K in KindName]?: readonly object[]}

export type MemoryKube = Kube & {
  /** Paths of the lists and documents that were asked for, in order. */
  readonly asked: string[]
}

/** Objects by kind; `refuse` answers the status that a path is refused with. */
export function memoryKube(
  objects: Objects,
  {
    refuse = () => undefined,
    metrics = '',
  }: {refuse?: (path: string) => number | undefined; metrics?: string} = {},
): MemoryKube {
  const byPath = new Map<string, readonly object[]>()
  for (const [name, list] of Object.entries(objects))
    byPath.set(pathOf(kinds[name as KindName].resource), list)
  const asked: string[] = []
  const ask = (path: string) => {
    asked.push(path)
    const status = refuse(path)
    if (status !== undefined)
      throw new KubeError(status, status === 403 ? 'Forbidden' : '', `GET ${path}: refused`)
  }
  const never = () => Promise.reject(new Error('nobody writes here'))
  return {
    asked,
    server: 'https://cluster.test',
    namespace: 'default',
    json: async path => {
      ask(path)
      return {gitVersion: 'v1.36.4'}
    },
    text: async path => {
      ask(path)
      return metrics
    },
    list: async function* (resource) {
      const path = pathOf(resource)
      ask(path)
      for (const object of byPath.get(path) ?? []) yield object as KubeObject
    },
    get: never,
    create: never,
    replace: never,
    patch: never,
    delete: never,
    close: () => {},
  }
}

type More = Record<string, unknown>

export function node(name: string, {labels = {}, ready = 'True', ...info}: More = {}): object {
  return {
    metadata: {name, labels},
    status: {
      nodeInfo: {
        kubeletVersion: 'v1.36.4',
        containerRuntimeVersion: 'containerd://2.3.1',
        kernelVersion: '6.12.107+deb13-amd64',
        architecture: 'amd64',
        ...info,
      },
      conditions: [{type: 'Ready', status: ready, message: 'PLEG is not healthy'}],
    },
  }
}

/** A running pod of a ReplicaSet. */
export function pod(
  name: string,
  {namespace = 'team', labels = {}, node: on = 'one', owner = 'ReplicaSet', ...more}: More = {},
): object {
  return {
    metadata: {
      ...{name, namespace, labels},
      ...(owner ? {ownerReferences: [{kind: owner, name: 'x', controller: true}]} : {}),
    },
    spec: {nodeName: on},
    status: {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]},
    ...more,
  }
}

export function deployment(
  name: string,
  image: string,
  {namespace = 'system', labels = {}, available = 1}: More = {},
): object {
  return {
    metadata: {name, namespace, labels},
    spec: {replicas: 1, template: {spec: {containers: [{image}]}}},
    status: {availableReplicas: available},
  }
}

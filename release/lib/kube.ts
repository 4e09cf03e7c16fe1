/**
 * A live cluster, as the stages see it. The real one is `release/effects/kube`; tests put a cluster in memory in its
 * place. Objects are plain JSON of which nothing is believed.
 */

/** A resource of the API: `{group: 'apps', version: 'v1', plural: 'daemonsets'}`; the core group is ''. */
export type Resource = {readonly group: string; readonly version: string; readonly plural: string}

export type KubeMetadata = {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

/** An object of the API. Items of a list have neither apiVersion nor kind. */
export type KubeObject = {
  apiVersion?: string
  kind?: string
  metadata: KubeMetadata
  [field: string]: unknown
}

/** One object; without a namespace one of the whole cluster. */
export type ObjectName = {readonly name: string; readonly namespace?: string}

export type ListOptions = {
  /** All namespaces otherwise. */
  readonly namespace?: string
  /** As kubectl's -l and --field-selector take them. */
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Objects in one answer; 500 otherwise. */
  readonly limit?: number
  /** Labels, annotations and names only: what an object holds stays at the server, such as secrets. */
  readonly metadataOnly?: boolean
}

/**
 * How a patch is meant (https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply). `apply` makes what
 * is not there, and takes fields of other managers when `force` says so.
 */
export type Patch =
  | {readonly type: 'merge' | 'strategic'; readonly patch: object}
  | {readonly type: 'json'; readonly patch: readonly object[]}
  | {readonly type: 'apply'; readonly patch: object; readonly fieldManager: string; readonly force?: boolean}

/** All methods throw KubeError, or a DiagnosticError: E060 the user is not known (exit 2), E061 nobody answers (exit 3). */
export interface Kube {
  /** `https://…`, for messages. */
  readonly server: string
  /** The namespace of the kubeconfig's context; `default` when it names none. */
  readonly namespace: string
  /** What stands at a path that is no object: `/version`, `/apis`. */
  json(path: string): Promise<unknown>
  /** The same as text: `/metrics`. */
  text(path: string): Promise<string>
  get(resource: Resource, name: ObjectName): Promise<KubeObject>
  /** Object by object, asked for in pages, so that a large cluster is never held at once. */
  list(resource: Resource, options?: ListOptions): AsyncIterable<KubeObject>
  create(resource: Resource, object: KubeObject): Promise<KubeObject>
  /** Only when its `metadata.resourceVersion` still is the newest: 409 otherwise. */
  replace(resource: Resource, object: KubeObject): Promise<KubeObject>
  /** @param subresource such as `scale` or `status` */
  patch(resource: Resource, name: ObjectName, patch: Patch, subresource?: string): Promise<KubeObject>
  /** Only the object with this uid when one is given. What is gone already is a 404. */
  delete(resource: Resource, name: ObjectName, options?: {readonly uid?: string}): Promise<void>
  close(): void
}

/** The API server refused: `reason` is its own word (`NotFound`, `Forbidden`, `Conflict`…), '' when it gave none. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.reason = reason
  }
}

/** Undefined instead of a 404; everything else is thrown on. */
export async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined
    throw error
  }
}

/** The API's path of a resource, of one object in it, and of a part of that. */
export function pathOf(
  {group, version, plural}: Resource,
  {namespace, name}: Partial<ObjectName> = {},
  subresource?: string,
): string {
  const start = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const parts = [
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ]
  return `${start}/${parts.map(encodeURIComponent).join('/')}`
}

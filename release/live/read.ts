import {textAt} from '../lib/fields.ts'
import {type Kube, KubeError} from '../lib/kube.ts'
import {limit} from '../lib/limit.ts'
import type {DeprecatedUse} from './facts.ts'
import {type Kind, type KindName, type Kinds, kinds} from './kinds.ts'
import {deprecatedUses} from './metrics.ts'

/**
 * What was asked for: `absent` when the cluster does not serve the kind, `unseen` when it may not be read or did not
 * come. What is unseen is not known; it is never taken for nothing.
 */
export type Seen<T> =
  | {readonly state: 'seen'; readonly items: readonly T[]}
  | {readonly state: 'absent'}
  | {readonly state: 'unseen'; readonly why: string}

/** A cluster as it was read: plain data, safe to keep as JSON. */
export type Snapshot = {readonly [K in KindName]: Seen<Kinds[K]>} & {
  readonly server: string
  /** `v1.36.4` */
  readonly version: Seen<string>
  readonly deprecatedUses: Seen<DeprecatedUse>
}

/** At once: more would only make the API server put requests into a queue. */
const atOnce = 4

/**
 * Reads a cluster, every kind by one list. Nothing is changed.
 * @throws DiagnosticError E060, E061: no cluster, or it does not answer
 */
export async function readCluster(kube: Kube): Promise<Snapshot> {
  const version = await seen(async () => [textAt(await kube.json('/version'), 'gitVersion') ?? ''])
  const turn = limit(atOnce)
  const names = Object.keys(kinds) as KindName[]
  const [uses, ...lists] = await Promise.all([
    turn(() => seen(async () => deprecatedUses(await kube.text('/metrics')))),
    ...names.map(name =>
      turn(async () => [name, await readKind(kube, kinds[name] as Kind<unknown>)] as const),
    ),
  ])
  return {server: kube.server, version, deprecatedUses: uses, ...Object.fromEntries(lists)} as Snapshot
}

function readKind<T>(kube: Kube, {resource, options, keep}: Kind<T>): Promise<Seen<T>> {
  return seen(async () => {
    const items: T[] = []
    for await (const object of kube.list(resource, options)) items.push(keep(object))
    return items
  })
}

async function seen<T>(asked: () => Promise<T[]>): Promise<Seen<T>> {
  try {
    return {state: 'seen', items: await asked()}
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    return error.status === 404 ? {state: 'absent'} : {state: 'unseen', why: error.message}
  }
}

/** The items, or none: for checks whose silence is told elsewhere. */
export function itemsOf<T>(list: Seen<T>): readonly T[] {
  return list.state === 'seen' ? list.items : []
}

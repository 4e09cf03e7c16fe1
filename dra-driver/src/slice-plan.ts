/** What to create, update and delete so that the server's slices become the wanted ones. Pure. */
import {createHash} from 'node:crypto'
import {isDeepStrictEqual} from 'node:util'
import type {OwnerReference, ResourceSlice, SliceSpec} from './kube-types.ts'
import type {Pool} from './slices.ts'

export const apiVersion = 'resource.k8s.io/v1'

export type Publication = {
  driver: string
  node: string
  /** The Node object: its slices go when it goes. */
  owner?: OwnerReference
  pools: readonly Pool[]
}

export type SlicePlan = {
  deletes: ResourceSlice[]
  updates: ResourceSlice[]
  creates: ResourceSlice[]
}

/** Tells whether what the server has is what it made of `wanted` before: it may drop fields it does not know. */
export type Accepts = (wanted: ResourceSlice, current: ResourceSlice) => boolean

/**
 * Generation rules: one changed slice alone keeps its pool's generation; anything more gives all slices of the
 * pool a new one, so that no reader ever mixes old and new. A pool that loses slices, or gains some, changes its
 * count in all of them.
 */
export function planSlices(
  publication: Publication,
  current: readonly ResourceSlice[],
  accepts: Accepts = () => false,
): SlicePlan {
  const plan: SlicePlan = {deletes: [], updates: [], creates: []}
  const byPool = Map.groupBy(current, slice => slice.spec.pool.name)
  for (const pool of publication.pools) {
    planPool(publication, pool, byPool.get(pool.name) ?? [], accepts, plan)
    byPool.delete(pool.name)
  }
  plan.deletes.push(...[...byPool.values()].flat())
  return plan
}

function planPool(
  publication: Publication,
  pool: Pool,
  current: readonly ResourceSlice[],
  accepts: Accepts,
  plan: SlicePlan,
): void {
  const byName = new Map(current.map(slice => [slice.metadata.name, slice]))
  const highest = Math.max(0, ...current.map(slice => slice.spec.pool.generation))
  const build = (generation: number) =>
    pool.slices.map((_, index) => {
      const wanted = buildSlice(publication, pool, index, generation)
      return {wanted, now: byName.get(wanted.metadata.name)}
    })
  const differing = (pairs: ReturnType<typeof build>) =>
    pairs.filter(({wanted, now}) => now === undefined || !(isSame(wanted, now) || accepts(wanted, now)))

  const same = build(highest)
  const names = new Set(same.map(({wanted}) => wanted.metadata.name))
  const obsolete = current.filter(slice => !names.has(slice.metadata.name))
  const changes = differing(same)
  const quiet = obsolete.length === 0 && changes.length <= 1 && changes.every(({now}) => now !== undefined)
  const pairs = quiet ? changes : differing(build(highest + 1))
  plan.deletes.push(...obsolete)
  for (const {wanted, now} of pairs) {
    if (now === undefined) plan.creates.push(wanted)
    else plan.updates.push(inPlaceOf(wanted, now))
  }
}

/**
 * Names are a function of node, driver, pool and index: two writers meet at the same object, instead of each
 * making its own. The index stands where sorting by name keeps the order of devices.
 */
export function sliceName(driver: string, node: string, pool: string, index: number): string {
  const id = createHash('sha256').update(`${driver}\0${node}\0${pool}`).digest('hex').slice(0, 10)
  const readable = `${node}-${driver}`.slice(0, 200).replace(/[.-]+$/, '')
  return `${readable}-${id}-${String(index).padStart(3, '0')}`
}

function buildSlice(publication: Publication, pool: Pool, index: number, generation: number): ResourceSlice {
  const {driver, node, owner} = publication
  return {
    apiVersion,
    kind: 'ResourceSlice',
    metadata: {
      name: sliceName(driver, node, pool.name, index),
      labels: pool.labels,
      ...(owner ? {ownerReferences: [owner]} : {}),
    },
    spec: {
      driver,
      nodeName: node,
      pool: {name: pool.name, generation, resourceSliceCount: pool.slices.length},
      ...pool.slices[index],
    },
  }
}

/** What others may add to the metadata (annotations, more labels, finalizers) is theirs. */
export function isSame(wanted: ResourceSlice, now: ResourceSlice): boolean {
  const timed = withTaintTimes(wanted.spec, now.spec)
  return isDeepStrictEqual(comparable(timed), comparable(now.spec)) && sameMetadata(wanted, now)
}

/** The server notes when a taint came; as long as the taint stays, so does its time. */
function withTaintTimes(wanted: SliceSpec, now: SliceSpec): SliceSpec {
  if (!wanted.devices?.some(device => device.taints)) return wanted
  const known = new Map(now.devices?.map(device => [device.name, device.taints ?? []]))
  const devices = wanted.devices.map(device => {
    if (!device.taints) return device
    const taints = device.taints.map(taint => {
      const same = known
        .get(device.name)
        ?.find(one => one.key === taint.key && one.value === taint.value && one.effect === taint.effect)
      return same?.timeAdded === undefined ? taint : {...taint, timeAdded: same.timeAdded}
    })
    return {...device, taints}
  })
  return {...wanted, devices}
}

export function sameMetadata(wanted: ResourceSlice, now: ResourceSlice): boolean {
  const labels = Object.entries(wanted.metadata.labels ?? {})
  const owners = wanted.metadata.ownerReferences ?? []
  return (
    labels.every(([name, value]) => now.metadata.labels?.[name] === value) &&
    owners.every(owner => now.metadata.ownerReferences?.some(other => other.uid === owner.uid))
  )
}

/** An empty list and an absent one are the same to the server; it answers with the latter. */
function comparable(spec: SliceSpec): SliceSpec {
  const {devices, ...rest} = spec
  return devices?.length ? spec : rest
}

/** As an update of `now`, which is refused when somebody was faster. */
function inPlaceOf(wanted: ResourceSlice, now: ResourceSlice): ResourceSlice {
  const {uid, resourceVersion} = now.metadata
  return {
    ...wanted,
    metadata: {
      ...wanted.metadata,
      labels: {...now.metadata.labels, ...wanted.metadata.labels},
      ...(uid === undefined ? {} : {uid}),
      ...(resourceVersion === undefined ? {} : {resourceVersion}),
    },
    spec: withTaintTimes(wanted.spec, now.spec),
  }
}

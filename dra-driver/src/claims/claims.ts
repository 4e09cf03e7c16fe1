/**
 * Makes claims ready and takes them back. All state is on disk and every effect can be done again, so that the
 * driver may be killed between any two steps: the next call, by whichever instance, finishes the work.
 *
 * Preparing writes the checkpoint first and the effects after it; giving back goes the other way. So no effect is
 * ever on the node without an entry that leads to it.
 */
import {join} from 'node:path'
import type {Claim, PreparedClaim, UnpreparedClaim} from '#lib/protobuf/dra-plugin.ts'
import type {Device} from '../device.ts'
import type {ResourceClaim} from '../kube-types.ts'
import {type Log, reason} from '../log.ts'
import {cdiDeviceId, cdiFileName, cdiSpec} from '../state/cdi.ts'
import {
  type Checkpoint,
  type Entry,
  type HeldDevice,
  isLate,
  withClaim,
  withoutClaim,
} from '../state/checkpoint.ts'
import {type Disk, type Durability, removeFile, replaceFile, temporaryName} from '../state/disk.ts'
import type {Lock} from '../state/lock.ts'
import type {Store} from '../state/store.ts'
import {allocated, devicesOf, isOfEarlierBoot, Refusal, refuseConflicts} from './allocation.ts'
import {type DeviceState, occupy, refuseImpossible, vacate} from './device-state.ts'

export type ClaimsOptions = {
  driver: string
  node: string
  bootId: string
  disk: Disk
  store: Store
  lock: Lock
  cdiFolder: string
  durability: Durability
  source: DeviceState
  /** What is on the node, with these devices looked at anew. */
  present: (devices: readonly string[]) => Promise<readonly Device[]>
  getClaim: (namespace: string, name: string, signal?: AbortSignal) => Promise<ResourceClaim | undefined>
  log: Log
  /** Hears of every claim that got an error; of why, where a claim could not be prepared and is known. */
  onError?: (refused?: {claim: ResourceClaim; message: string}) => void
}

export type Claims = {
  /** An answer for every claim of the call: its devices, or why not. */
  prepare(claims: readonly Claim[], signal?: AbortSignal): Promise<Map<string, PreparedClaim>>
  /** Claims that nobody knows are given back already. */
  unprepare(claims: readonly Claim[]): Promise<Map<string, UnpreparedClaim>>
  /** Gives back claims that are gone from the API for two rounds running, which kubelet forgot; answers their UIDs. */
  reconcile(): Promise<string[]>
  /** All claims that are held, by UID. */
  held(): Promise<Readonly<Record<string, Entry>>>
}

export function makeClaims(options: ClaimsOptions): Claims {
  const {store, lock, log} = options
  let missing = new Set<string>()

  const prepareOne = async (id: Claim, serial: number, signal?: AbortSignal): Promise<PreparedClaim> => {
    let claim: ResourceClaim | undefined
    try {
      claim = await options.getClaim(id.namespace, id.name, signal)
      const held = allocated(claim, id, options.driver)
      const devices = await lock.hold(() => hold(options, id, held, serial, signal))
      log('info', 'prepared', {...fields(id), devices: held.map(one => one.device).join(' ')})
      return {devices, error: ''}
    } catch (error) {
      log(error instanceof Refusal ? 'warn' : 'error', 'not prepared', {...fields(id), error: reason(error)})
      const known = claim?.metadata.uid === id.uid ? claim : undefined
      options.onError?.(known && {claim: known, message: reason(error)})
      return {devices: [], error: reason(error)}
    }
  }

  const unprepareOne = async (id: Claim): Promise<UnpreparedClaim> => {
    try {
      await lock.hold(() => release(options, id.uid))
      log('info', 'given back', fields(id))
      return {error: ''}
    } catch (error) {
      log('error', 'not given back', {...fields(id), error: reason(error)})
      options.onError?.()
      return {error: reason(error)}
    }
  }

  return {
    async prepare(claims, signal) {
      const serial = await store.serial()
      const each = claims.map(async id => [id.uid, await prepareOne(id, serial, signal)] as const)
      return new Map(await Promise.all(each))
    },
    async unprepare(claims) {
      const each = claims.map(async id => [id.uid, await unprepareOne(id)] as const)
      return new Map(await Promise.all(each))
    },
    async reconcile() {
      const {claims} = await lock.hold(() => store.load())
      const gone = new Set<string>()
      for (const [uid, {namespace, name}] of Object.entries(claims)) {
        // Taken from a CDI file, which knows no name: kubelet will give it back, or prepare it again.
        if (!name) continue
        const claim = await options.getClaim(namespace, name)
        if (claim?.metadata.uid !== uid || !claim.status?.allocation) gone.add(uid)
      }
      const again = [...gone].filter(uid => missing.has(uid))
      missing = gone
      for (const uid of again) {
        log('warn', 'gave back a claim that is gone from the API', {claimUID: uid})
        await lock.hold(() => release(options, uid))
      }
      return again
    },
    held: async () => (await lock.hold(() => store.load())).claims,
  }
}

const fields = ({namespace, name, uid}: Claim) => ({claim: `${namespace}/${name}`, claimUID: uid})

async function hold(
  options: ClaimsOptions,
  id: Claim,
  held: HeldDevice[],
  serial: number,
  signal?: AbortSignal,
): Promise<PreparedClaim['devices']> {
  const {store, bootId, node} = options
  const before = await store.load()
  if (isLate(before, id.uid, serial))
    throw new Refusal('the claim was given back while it was being prepared')
  if (signal?.aborted) throw new Refusal('the caller does not wait any more')
  const present = await options.present(held.map(one => one.device))
  const devices = devicesOf(held, present, node)
  refuseImpossible(options.source, held, devices)
  refuseConflicts(before, id.uid, held, parentIn(present), bootId)

  const entry: Entry = {namespace: id.namespace, name: id.name, bootId, devices: held}
  const known = before.claims[id.uid]
  if (!known || !isSameEntry(known, entry)) {
    const after = withClaim(withoutOverruled(before, id.uid, held, bootId), id.uid, entry)
    // Allocated anew, and nobody told us that the first allocation was over.
    const dropped = known?.devices.filter(one => !held.some(({device}) => device === one.device)) ?? []
    if (dropped.length > 0) await giveBack(options, dropped, after)
    await store.save(after)
  }
  // Even when nothing is new: kubelet asks again after a reboot, which takes CDI files and states away.
  await realize(options, id.uid, devices, held)
  return held.map(one => ({
    requestNames: [one.request],
    poolName: one.pool,
    deviceName: one.device,
    cdiDeviceIds: [cdiDeviceId(id.uid, one.device)],
    shareId: one.shareId,
  }))
}

async function realize(
  {disk, cdiFolder, durability, source}: ClaimsOptions,
  uid: string,
  devices: readonly Device[],
  held: readonly HeldDevice[],
): Promise<void> {
  if (devices.length === 0) return
  const write = () => replaceFile(disk, join(cdiFolder, cdiFileName(uid)), cdiSpec(uid, devices), durability)
  await write().catch(async error => {
    if (error.code !== 'ENOENT') throw error
    await disk.makeFolder(cdiFolder)
    await write()
  })
  await occupy(source, held)
}

async function release(options: ClaimsOptions, uid: string): Promise<void> {
  const {store} = options
  const before = await store.load()
  await removeCdiFiles(options, uid)
  const after = withoutClaim(before, uid)
  await giveBack(options, before.claims[uid]?.devices ?? [], after)
  await store.save(after)
}

/** Makes devices what they were before a claim had them; `after` says who holds others. */
async function giveBack(
  options: ClaimsOptions,
  held: readonly HeldDevice[],
  after: Checkpoint,
): Promise<void> {
  const {source, log} = options
  const others = Object.values(after.claims).flatMap(entry => entry.devices)
  await vacate(held, {source, others, present: await options.present([]), log})
}

/** Its half-written one too, which a driver that was killed may have left. */
async function removeCdiFiles({disk, cdiFolder, durability}: ClaimsOptions, uid: string): Promise<void> {
  const file = cdiFileName(uid)
  for (const name of await disk.list(cdiFolder))
    if (name === file || name === temporaryName(file))
      await removeFile(disk, join(cdiFolder, name), durability)
}

/** Without entries of an earlier boot whose devices are somebody else's now. */
function withoutOverruled(
  checkpoint: Checkpoint,
  uid: string,
  held: readonly HeldDevice[],
  bootId: string,
): Checkpoint {
  const taken = new Set(held.filter(one => !one.admin).map(one => one.device))
  const kept = Object.entries(checkpoint.claims).filter(
    ([other, entry]) =>
      other === uid ||
      !isOfEarlierBoot(entry.bootId, bootId) ||
      !entry.devices.some(one => !one.admin && taken.has(one.device)),
  )
  return {...checkpoint, claims: Object.fromEntries(kept)}
}

function parentIn(devices: readonly Device[]): (name: string) => string | undefined {
  const parents = new Map(devices.map(device => [device.name, device.physfn]))
  return name => parents.get(name)
}

function isSameEntry(known: Entry, entry: Entry): boolean {
  const text = ({namespace, name, bootId, devices}: Entry) =>
    JSON.stringify([
      namespace,
      name,
      bootId,
      devices.map(one => [one.device, one.pool, one.request, one.admin, one.shareId, one.config]),
    ])
  return text(known) === text(entry)
}

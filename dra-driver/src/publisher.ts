/**
 * Keeps the server's ResourceSlices as they should be. Each round lists them anew and compares: nothing is
 * remembered of own writes, so that no missed event can leave a node without slices.
 */
import {setTimeout as sleep} from 'node:timers/promises'
import {isDeepStrictEqual} from 'node:util'
import {ApiError} from './api/client.ts'
import type {Resources} from './api/resources.ts'
import type {OwnerReference, ResourceSlice, SliceSpec} from './kube-types.ts'
import {type Log, reason} from './log.ts'
import {isSame, type Publication, planSlices, sameMetadata} from './slice-plan.ts'
import type {Pool} from './slices.ts'
import type {Lock} from './state/lock.ts'

export type PublisherOptions = {
  api: Resources
  driver: string
  node: string
  log: Log
  /** Seconds between two lists when nothing happens. */
  relistSeconds?: number
  /** Milliseconds between a change and the round that answers it; grows when many rounds write or fail. */
  settleMs?: number
  /** Held while publishing, so that only one of several instances does; anybody's turn otherwise. */
  turn?: Lock
  onRound?: (round: Round) => void
}

/** What one round did, for metrics. */
export type Round = {created: number; updated: number; deleted: number; dropped: string[]; error?: unknown}

export type Publisher = {
  /** The pools that shall be there from now on. */
  set(pools: readonly Pool[]): void
  /** Resolves when the server had everything, once. */
  published: Promise<void>
  /** Ends the rounds. Slices stay: kubelet removes them when the driver does not come back. */
  stop(): Promise<void>
}

const longestWait = 30_000
/** So many rounds a minute may write or fail before waits grow: a kubelet's restart, devices that come one by one. */
const freeRounds = 4

export function startPublisher(options: PublisherOptions): Publisher {
  const {api, log, relistSeconds = 180, settleMs = 200, turn, onRound} = options
  const end = new AbortController()
  const {promise: published, resolve: nowPublished} = Promise.withResolvers<void>()
  const accepted = new Map<string, Accepted>()
  let pools: readonly Pool[] | undefined
  let wake = () => {}
  /** When rounds wrote or failed, in the last minute. */
  let busy: number[] = []
  const settle = () => {
    busy = busy.filter(at => performance.now() - at < 60_000)
    return pause(settleMs * 2 ** Math.max(0, busy.length - freeRounds), end.signal)
  }

  const round = async (): Promise<string> => {
    for (let attempt = 0; ; attempt++) {
      const [{slices, version}, owner] = await Promise.all([api.listSlices(), api.nodeOwner()])
      const publication = {driver: options.driver, node: options.node, pools: pools ?? []}
      const done = await apply(api, owner ? {...publication, owner} : publication, slices, accepted)
      if (done.created + done.updated + done.deleted === 0) return version
      busy.push(performance.now())
      for (const path of done.dropped)
        log('warn', 'the API server drops a field that it does not know', {field: path})
      log('info', 'wrote ResourceSlices', {
        created: done.created,
        updated: done.updated,
        deleted: done.deleted,
      })
      onRound?.(done)
      // Somebody else writes them too.
      if (attempt === 2) throw new Error('the slices change as fast as they are written')
    }
  }

  const loop = async () => {
    while (!end.signal.aborted) {
      try {
        const {promise: woken, resolve} = Promise.withResolvers<void>()
        wake = resolve
        if (pools === undefined) {
          await either(woken, end.signal)
          continue
        }
        const version = await round()
        nowPublished()
        await waitForChange(api, version, woken, relistSeconds, end.signal)
        await settle()
      } catch (error) {
        if (end.signal.aborted) return
        onRound?.({created: 0, updated: 0, deleted: 0, dropped: [], error})
        const conflict = error instanceof ApiError && (error.status === 409 || error.status === 410)
        log(conflict ? 'info' : 'warn', 'publishing will be tried again', {error: reason(error)})
        busy.push(performance.now())
        await settle()
      }
    }
  }
  const running = turn
    ? turn.hold(loop, end.signal).catch(error => {
        if (!end.signal.aborted) throw error
      })
    : loop()

  return {
    set(wanted) {
      if (pools !== undefined && isDeepStrictEqual(pools, wanted)) return
      pools = wanted
      wake()
    },
    published,
    async stop() {
      end.abort()
      await running
    },
  }
}

/** What the server made of a slice: equal as long as both sides are. */
type Accepted = {wanted: SliceSpec; kept: SliceSpec}

/** Obsolete slices go first: until then they make the pool incomplete in the eyes of a scheduler. */
async function apply(
  api: Resources,
  publication: Publication & {owner?: OwnerReference},
  current: readonly ResourceSlice[],
  accepted: Map<string, Accepted>,
): Promise<Round> {
  const plan = planSlices(publication, current, (wanted, now) => {
    const known = accepted.get(wanted.metadata.name)
    return (
      known !== undefined &&
      isDeepStrictEqual(known.wanted, wanted.spec) &&
      isDeepStrictEqual(known.kept, now.spec) &&
      sameMetadata(wanted, now)
    )
  })
  const dropped: string[] = []
  const look = (wanted: ResourceSlice, kept: ResourceSlice) => {
    if (isSame(wanted, kept)) return void accepted.delete(wanted.metadata.name)
    accepted.set(wanted.metadata.name, {wanted: wanted.spec, kept: kept.spec})
    dropped.push(...lostPaths(wanted.spec, kept.spec))
  }
  for (const slice of plan.deletes) await api.deleteSlice(slice)
  for (const slice of plan.updates) look(slice, await api.updateSlice(slice))
  for (const slice of plan.creates) look(slice, await api.createSlice(slice))
  return {
    created: plan.creates.length,
    updated: plan.updates.length,
    deleted: plan.deletes.length,
    dropped: [...new Set(dropped)],
  }
}

/** Where `kept` lacks or differs from `sent`; list places as `[]`, so that 128 devices give one line. */
export function lostPaths(sent: unknown, kept: unknown, path = 'spec'): string[] {
  if (isDeepStrictEqual(sent, kept)) return []
  if (Array.isArray(sent) && Array.isArray(kept) && sent.length === kept.length)
    return [...new Set(sent.flatMap((value, i) => lostPaths(value, kept[i], `${path}[]`)))]
  if (!isObject(sent) || !isObject(kept)) return [path]
  return Object.keys(sent).flatMap(key => lostPaths(sent[key], kept[key], `${path}.${key}`))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Until somebody changes a slice, other pools are wanted, the watch ends, or it is time to list again. */
async function waitForChange(
  api: Resources,
  version: string,
  woken: Promise<void>,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const both = AbortSignal.any([signal, over.signal])
  const {promise: changed, resolve} = Promise.withResolvers<void>()
  const watching = api.watchSlices(version, () => resolve(), {signal: both, seconds})
  try {
    await either(Promise.race([changed, woken, watching]), signal)
  } finally {
    over.abort()
    await watching.catch(() => {})
  }
}

async function either(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const {promise: aborted, resolve} = Promise.withResolvers<void>()
  const onAbort = () => resolve()
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) resolve()
  try {
    await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const jitter = 0.8 + Math.random() * 0.4
  await sleep(Math.min(ms, longestWait) * jitter, undefined, {signal}).catch(() => {})
}

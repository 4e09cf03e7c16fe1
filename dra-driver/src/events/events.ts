/**
 * Events on the pods that a claim is for, or on the claim itself where it is reserved for none. A help, not a
 * record: nothing waits for them, and under a flood most are left out.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import type {EventObject, ObjectReference, ResourceClaim} from '../kube-types.ts'
import {type Log, reason as reasonOf} from '../log.ts'

export type Reason = 'DeviceNotPrepared' | 'DeviceFailed' | 'DeviceRecovered'

export type EventsOptions = {
  /** Creates one event. */
  create: (event: EventObject) => Promise<void>
  driver: string
  node: string
  log: Log
  /** Milliseconds of a clock that never goes back. */
  now?: () => number
}

export type Events = {
  /** Returns at once. The same word on the same object is said once in ten minutes. */
  tell(claim: ResourceClaim, reason: Reason, message: string): void
}

export const limits = {
  /** So many at once, and one more every so many milliseconds. */
  burst: 20,
  refillMs: 5_000,
  /** Milliseconds in which the same is not said again. */
  againMs: 600_000,
  /** Of the pods that share a claim. */
  pods: 4,
  /** The API's own, in characters. */
  message: 1024,
  instance: 128,
  remembered: 512,
} as const

export function makeEvents({
  create,
  driver,
  node,
  log,
  now = () => performance.now(),
}: EventsOptions): Events {
  /** What was said, and when; the oldest first. */
  const said = new Map<string, number>()
  let failed = false
  const bucket = {tokens: limits.burst as number, at: now()}

  const isNew = (key: string): boolean => {
    const before = said.get(key)
    if (before !== undefined && now() - before < limits.againMs) return false
    said.delete(key)
    said.set(key, now())
    for (const [oldest] of said) if (said.size > limits.remembered) said.delete(oldest)
    return true
  }
  const isAllowed = (): boolean => {
    const time = now()
    bucket.tokens = Math.min(limits.burst, bucket.tokens + (time - bucket.at) / limits.refillMs)
    bucket.at = time
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }

  return {
    tell(claim, reason, message) {
      for (const regarding of objectsOf(claim)) {
        const text = message.length > limits.message ? `${message.slice(0, limits.message - 1)}…` : message
        if (!isNew(`${regarding.uid} ${reason} ${text}`) || !isAllowed()) continue
        create(event(regarding, reason, text, driver, node)).catch(error => {
          log(failed ? 'debug' : 'warn', 'an event could not be written', {reason, error: reasonOf(error)})
          failed = true
        })
      }
    },
  }
}

function objectsOf({metadata, status}: ResourceClaim): ObjectReference[] {
  const namespace = metadata.namespace ?? 'default'
  const pods = (status?.reservedFor ?? []).filter(one => one.resource === 'pods' && !one.apiGroup)
  if (pods.length > 0)
    return pods
      .slice(0, limits.pods)
      .map(({name, uid}) => ({apiVersion: 'v1', kind: 'Pod', namespace, name, uid}))
  const {name, uid = ''} = metadata
  return [{apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', namespace, name, uid}]
}

function event(
  regarding: ObjectReference,
  reason: Reason,
  note: string,
  driver: string,
  node: string,
): EventObject {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    // The API asks for micro seconds.
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    metadata: {generateName: `${regarding.name.slice(0, 200)}-`, namespace: regarding.namespace},
    regarding,
    reason,
    note,
    type: reason === 'DeviceRecovered' ? 'Normal' : 'Warning',
    action: reason === 'DeviceNotPrepared' ? 'Prepare' : 'Watch',
    reportingController: driver,
    reportingInstance: node.slice(0, limits.instance),
  }
}

import {fail} from '#lib/diagnostics.ts'
import type {Lock} from '#release/run/world.ts'
import {type Kube, KubeError, type KubeObject, orNothing, type Resource} from '../../lib/kube.ts'

const leases: Resource = {group: 'coordination.k8s.io', version: 'v1', plural: 'leases'}

/** Seconds after which a holder that says nothing has lost it. */
const duration = 60

type LeaseSpec = {
  holderIdentity?: string
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
}

export type LeaseOptions = {
  name: string
  namespace: string
  /** No two processes have the same. */
  holder: string
  now: () => number
  /** Milliseconds between renewals by itself; 15 s otherwise, 0 for none. */
  beat?: number
}

/**
 * Takes the Lease, when it is free or its holder has been silent for too long. Its number of transitions is the fencing
 * token: every renewal is a replacement of the very object that this holder wrote, so that one who lost it hears of it
 * before the next act, whatever the clocks say (https://kubernetes.io/docs/concepts/architecture/leases/).
 * @throws DiagnosticError Q020 somebody else holds it
 */
export async function takeLease(kube: Kube, options: LeaseOptions): Promise<Lock> {
  const {name, namespace, holder, now, beat = 15_000} = options
  const found = await orNothing(kube.get(leases, {name, namespace}))
  const spec = specOf(found)
  if (found && spec.holderIdentity && spec.holderIdentity !== holder && !isOver(spec, now()))
    refuse(`${spec.holderIdentity} holds the Lease ${namespace}/${name}`)
  const fence = (spec.leaseTransitions ?? 0) + 1
  const own = (): LeaseSpec => ({
    holderIdentity: holder,
    leaseDurationSeconds: duration,
    acquireTime: spec.acquireTime ?? microTime(now()),
    renewTime: microTime(now()),
    leaseTransitions: fence,
  })
  let mine = await lost(
    found
      ? kube.replace(leases, {...found, spec: {...own(), acquireTime: microTime(now())}})
      : kube.create(leases, {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: {name, namespace},
          spec: {...own(), acquireTime: microTime(now())},
        }),
  )
  /** A renewal whose answer was lost has changed the object, and it is this holder's nevertheless. */
  const again = async (error: unknown): Promise<KubeObject> => {
    const newest =
      error instanceof KubeError && error.status === 409
        ? await kube.get(leases, {name, namespace})
        : undefined
    const {holderIdentity, leaseTransitions} = specOf(newest)
    if (!newest || holderIdentity !== holder || leaseTransitions !== fence) throw error
    return kube.replace(leases, {...newest, spec: own()})
  }
  /** One renewal after the other: two at once would take the object from each other. */
  let last: Promise<void> = Promise.resolve()
  const renew = () => {
    last = last
      .catch(() => {})
      .then(async () => {
        mine = await lost(kube.replace(leases, {...mine, spec: own()}).catch(again))
      })
    return last
  }
  const timer = beat === 0 ? undefined : setInterval(() => renew().catch(() => {}), beat)
  timer?.unref()
  return {
    fence,
    holder,
    renew,
    release: async () => {
      clearInterval(timer)
      await last.catch(() => {})
      // Given back at once, but its number is kept. Who lost it has nothing to give back.
      await kube
        .replace(leases, {...mine, spec: {...own(), holderIdentity: '', leaseDurationSeconds: 1}})
        .catch(() => {})
    },
  }
}

function specOf(lease: KubeObject | undefined): LeaseSpec {
  return (lease?.spec as LeaseSpec | undefined) ?? {}
}

function isOver({renewTime, leaseDurationSeconds = duration}: LeaseSpec, now: number): boolean {
  const renewed = Date.parse(renewTime ?? '')
  return Number.isNaN(renewed) || now > renewed + leaseDurationSeconds * 1000
}

/** Somebody was between the look and the write. */
async function lost(writing: Promise<KubeObject>): Promise<KubeObject> {
  try {
    return await writing
  } catch (error) {
    if (error instanceof KubeError && [404, 409].includes(error.status))
      return refuse('somebody else has taken the Lease')
    throw error
  }
}

/** Kubernetes' MicroTime. */
function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z')
}

function refuse(message: string): never {
  fail({
    code: 'Q020',
    message: `${message}: this run stops before it does anything`,
    hint: '`lockstep upgrade status` on the other machine; a holder that died loses it after a minute',
  })
}

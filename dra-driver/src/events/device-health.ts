/** Tells the pods that hold a device when it fails, and when it is well again. */
import type {Device, Health} from '../device.ts'
import type {Inventory} from '../inventory.ts'
import type {ResourceClaim} from '../kube-types.ts'
import {type Log, reason} from '../log.ts'
import type {Entry} from '../state/checkpoint.ts'
import type {Events, Reason} from './events.ts'

export type DeviceHealthOptions = {
  inventory: Pick<Inventory, 'current' | 'onChange'>
  /** Claims that are prepared, by UID. */
  held: () => Promise<Readonly<Record<string, Entry>>>
  getClaim: (namespace: string, name: string) => Promise<ResourceClaim | undefined>
  events: Events
  log: Log
}

/** Answers how to stop. */
export function tellOfHealth({inventory, held, getClaim, events, log}: DeviceHealthOptions): () => void {
  let before = healthOf(inventory.current())
  return inventory.onChange(devices => {
    const changes = healthChanges(before, devices)
    before = healthOf(devices)
    if (changes.length > 0)
      tell(changes).catch(error => log('debug', 'pods could not be told of a device', {error: reason(error)}))
  })

  async function tell(changes: readonly Change[]): Promise<void> {
    for (const [uid, entry] of Object.entries(await held())) {
      const mine = changes.filter(change => entry.devices.some(one => one.device === change.device))
      const claim = mine.length > 0 && entry.name && (await getClaim(entry.namespace, entry.name))
      if (!claim || claim.metadata.uid !== uid) continue
      for (const {device, reason, message} of mine)
        events.tell(claim, reason, `device ${device} of claim ${entry.name} ${message}`)
    }
  }
}

type Change = {device: string; reason: Reason; message: string}

/** Pure. Only what makes a device useless, and what ends that: a device that vanishes is useless too. */
export function healthChanges(before: ReadonlyMap<string, Health>, devices: readonly Device[]): Change[] {
  const now = healthOf(devices)
  const failed = [...now].filter(([name, health]) => health === 'failed' && before.get(name) !== 'failed')
  const recovered = [...now].filter(([name, health]) => health === 'ok' && before.get(name) === 'failed')
  const gone = [...before.keys()].filter(name => !now.has(name))
  return [
    ...failed.map(([device]) => ({device, reason: 'DeviceFailed', message: 'failed'}) as const),
    ...gone.map(device => ({device, reason: 'DeviceFailed', message: 'is not there any more'}) as const),
    ...recovered.map(([device]) => ({device, reason: 'DeviceRecovered', message: 'works again'}) as const),
  ]
}

function healthOf(devices: readonly Device[]): Map<string, Health> {
  return new Map(devices.map(({name, health}) => [name, health]))
}

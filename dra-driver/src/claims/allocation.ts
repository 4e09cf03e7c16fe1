/** What a claim was allocated, and whether it may have it. Pure. */
import {resolveConfigs} from '../config/resolve.ts'
import type {Device} from '../device.ts'
import type {AllocationResult, ResourceClaim} from '../kube-types.ts'
import type {Checkpoint, HeldDevice} from '../state/checkpoint.ts'

/** A reason for which a claim can't be prepared; its message goes to kubelet, and into the pod's events. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

export type ClaimId = {namespace: string; name: string; uid: string}

/**
 * Our devices of an allocated claim; other drivers' are theirs.
 * @throws Refusal
 */
export function allocated(claim: ResourceClaim | undefined, id: ClaimId, driver: string): HeldDevice[] {
  if (!claim) throw new Refusal(`ResourceClaim ${id.namespace}/${id.name} does not exist`)
  if (claim.metadata.uid !== id.uid)
    throw new Refusal(
      `ResourceClaim ${id.namespace}/${id.name} was replaced: its UID is ${claim.metadata.uid}, not ${id.uid}`,
    )
  const devices = claim.status?.allocation?.devices
  if (!claim.status?.allocation)
    throw new Refusal(`ResourceClaim ${id.namespace}/${id.name} is not allocated`)
  const {configOf, problems} = resolveConfigs(devices?.config ?? [], driver)
  if (problems.length > 0) throw new Refusal(`the parameters can't be used: ${problems.join('; ')}`)
  return (devices?.results ?? [])
    .filter(result => result.driver === driver)
    .map(result => {
      const [held, config] = [toHeld(result), configOf(result.request)]
      // Who only looks at a device changes nothing on it.
      return held.admin || Object.keys(config).length === 0 ? held : {...held, config}
    })
}

/** A subrequest of a list of alternatives, `request/subrequest`, is told to kubelet by its request. */
function toHeld({request, pool, device, adminAccess, shareID}: AllocationResult): HeldDevice {
  return {
    device,
    pool,
    request: request.split('/', 1)[0] ?? request,
    ...(adminAccess ? {admin: true} : {}),
    ...(shareID === undefined ? {} : {shareId: shareID}),
  }
}

/**
 * The devices behind a claim's allocation, each once.
 * @throws Refusal when one is not there
 */
export function devicesOf(held: readonly HeldDevice[], present: readonly Device[], node: string): Device[] {
  const foreign = held.find(one => !one.pool.startsWith(`${node}/`))
  if (foreign) throw new Refusal(`device ${foreign.device} is of pool ${foreign.pool}, not of node ${node}`)
  return [...new Set(held.map(one => one.device))].map(name => {
    const found = present.find(device => device.name === name)
    if (!found) throw new Refusal(`device ${name} is not there any more: see dmesg, and the device's power`)
    return found
  })
}

/**
 * The last line of defence against giving a device to two claims, whatever the scheduler believed: a device
 * belongs to one claim, and a PF never together with its own VFs. Admin access excludes nobody.
 * @throws Refusal
 */
export function refuseConflicts(
  checkpoint: Checkpoint,
  uid: string,
  held: readonly HeldDevice[],
  parentOf: (device: string) => string | undefined,
  bootId: string,
): void {
  const mine = held.filter(one => !one.admin)
  const others = Object.entries(checkpoint.claims)
    .filter(([other, entry]) => other !== uid && !isOfEarlierBoot(entry.bootId, bootId))
    .flatMap(([other, {devices}]) => devices.filter(one => !one.admin).map(one => ({...one, claim: other})))
  for (const one of mine) {
    const holder = others.find(other => clash(one, other, parentOf))
    if (holder)
      throw new Refusal(
        `device ${one.device} can't be used: claim ${holder.claim} still holds ${holder.device} on this node`,
      )
  }
  const family = mine.find(one => mine.some(other => parentOf(other.device) === one.device))
  if (family) throw new Refusal(`device ${family.device} and its own VFs can't be used together`)
}

/** No process of an earlier boot is alive: what its claims held is free, unless they are prepared again. */
export function isOfEarlierBoot(entryBootId: string, bootId: string): boolean {
  return entryBootId !== '' && entryBootId !== bootId
}

function clash(a: HeldDevice, b: HeldDevice, parentOf: (device: string) => string | undefined): boolean {
  if (a.device !== b.device) return parentOf(a.device) === b.device || parentOf(b.device) === a.device
  return a.shareId === undefined || b.shareId === undefined || a.shareId === b.shareId
}

/**
 * CDI specifications: what a container runtime adds to a container that has a claim. Pure.
 * https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md
 */
import {dra} from '#lib/generated/device.ts'
import type {Device} from '../device.ts'

/** The least version that has all fields used here: older runtimes refuse what they do not know. */
const cdiVersion = '0.5.0'

export const cdiKind = `k8s.${dra.driver}/claim`
const prefix = `${cdiKind.replace('/', '-')}_`

/** `k8s.mock-accel.example.com-claim_<uid>.json`: runtimes cache by name, so names are never used twice. */
export function cdiFileName(uid: string): string {
  return `${prefix}${uid}.json`
}

/** The claim whose file this is; undefined for others' files. */
export function claimOfCdiFile(name: string): string | undefined {
  return name.startsWith(prefix) && name.endsWith('.json') ? name.slice(prefix.length, -5) : undefined
}

/** What the runtime is asked for. */
export function cdiDeviceId(uid: string, device: string): string {
  return `${cdiKind}=${cdiDeviceName(uid, device)}`
}

const cdiDeviceName = (uid: string, device: string) => `${uid}-${device}`

/** The specification of a claim; `devices` without doubles, in the claim's order. */
export function cdiSpec(uid: string, devices: readonly Device[]): string {
  const spec = {
    cdiVersion,
    kind: cdiKind,
    devices: devices.map((device, index) => ({
      name: cdiDeviceName(uid, device.name),
      containerEdits: edits(device, devices.length === 1 ? '' : `_${index}`),
    })),
  }
  return `${JSON.stringify(spec, undefined, 2)}\n`
}

function edits(device: Device, suffix: string) {
  const [name, uuid, pci] = dra.cdiEnv
  const env = [
    `${name}${suffix}=${device.name}`,
    `${uuid}${suffix}=${device.uuid}`,
    `${pci}${suffix}=${device.pciAddress}`,
  ]
  if (!device.host) return {env}
  const options = ['ro', 'nosuid', 'nodev', 'noexec', 'bind']
  return {
    env,
    deviceNodes: [{path: `/dev/${device.name}`, hostPath: device.host.node}],
    mounts: [{hostPath: device.host.sysfs, containerPath: device.host.sysfs, options}],
  }
}

/** The devices that a specification of ours names: what is known of a claim when the checkpoint is lost. */
export function devicesOfCdiFile(uid: string, text: string): string[] {
  try {
    const {devices} = JSON.parse(text) as {devices?: {name?: unknown}[]}
    const names = (devices ?? []).map(one => String(one.name))
    return names.filter(name => name.startsWith(`${uid}-`)).map(name => name.slice(uid.length + 1))
  } catch {
    return []
  }
}

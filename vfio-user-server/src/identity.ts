import {createHash} from 'node:crypto'
import {identity, limits} from '#lib/generated/device.ts'

const uuidShape = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const labelShape = new RegExp(`^[\\x21-\\x7e]{1,${limits.LABEL_MAX}}$`)

export type Identity = {
  /** 16 bytes in RFC 9562 order. */
  uuid: Buffer
  /** ASCII, at most LABEL_MAX bytes. */
  label: string
}

export function isUuid(text: string): boolean {
  return uuidShape.test(text)
}

/** Whether a text can be a label: visible ASCII, as long as the register at most. */
export function isLabel(text: string): boolean {
  return labelShape.test(text)
}

/** The bytes of a UUID in its text form. */
export function uuidBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex')
}

export function uuidText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The version 5 UUID of a name, in the device contract's namespace (RFC 9562, section 5.5). */
export function uuidOfName(name: string, namespace: string = identity.namespace): Buffer {
  const bytes = createHash('sha1').update(uuidBytes(namespace)).update(name).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes
}

/** A PF's identity from what a person gave: a UUID or a name, and perhaps a label of its own. */
export function pfIdentity(uuidOrName: string, label?: string): Identity {
  if (isUuid(uuidOrName)) return {uuid: uuidBytes(uuidOrName), label: label ?? uuidOrName.toLowerCase()}
  return {uuid: uuidOfName(uuidOrName), label: label ?? uuidOrName}
}

/** A VF's identity, which follows from its PF's label. */
export function vfIdentity(pf: Identity, index: number): Identity {
  const label = identity.vfLabel.replace('{pf}', pf.label).replace('{index}', String(index))
  return {uuid: uuidOfName(label), label: label.slice(0, limits.LABEL_MAX)}
}

/** Memory of each of a PF's VFs, in bytes. */
export function vfMemory(pfMemory: bigint, vfs: number): bigint {
  const share = pfMemory / BigInt(vfs + 1)
  return share - (share % BigInt(limits.VF_MEMORY_ALIGN))
}

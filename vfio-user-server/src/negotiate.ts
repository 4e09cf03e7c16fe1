import {errno, ours, payloadSize, Refusal} from './protocol.ts'

/** What the client said in VERSION, within our limits. */
export type Negotiated = {minor: number; maxMsgFds: number; maxDataXferSize: number}

/**
 * Reads the payload of VERSION: u16 major, u16 minor, then JSON and a NUL, which may both be absent.
 * @throws Refusal (fatal) for another major version and for anything that is not that shape
 */
export function readVersion(payload: Buffer): Negotiated {
  if (payload.length < payloadSize.version) throw refuse('VERSION is too short')
  const major = payload.readUInt16LE(0)
  if (major !== ours.major) throw refuse(`major version ${major} is not ${ours.major}`)
  const capabilities = readCapabilities(payload.subarray(payloadSize.version))
  return {
    minor: Math.min(payload.readUInt16LE(2), ours.minor),
    // libvfio-user's default: one descriptor.
    maxMsgFds: limit(capabilities, 'max_msg_fds', 1),
    maxDataXferSize: Math.min(limit(capabilities, 'max_data_xfer_size', ours.maxDataXferSize), 2 ** 30),
  }
}

/** The payload of our answer: same shape, the lower of both minor versions, our own limits. */
export function versionReply({minor}: Negotiated): Buffer {
  const capabilities = {max_msg_fds: ours.maxMsgFds, max_data_xfer_size: ours.maxDataXferSize}
  const json = Buffer.from(`${JSON.stringify({capabilities})}\0`)
  const reply = Buffer.alloc(payloadSize.version + json.length)
  reply.writeUInt16LE(ours.major, 0)
  reply.writeUInt16LE(minor, 2)
  json.copy(reply, payloadSize.version)
  return reply
}

function readCapabilities(json: Buffer): Record<string, unknown> {
  if (json.length === 0) return {}
  if (json.at(-1) !== 0) throw refuse('the JSON of VERSION does not end with a NUL')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(json.subarray(0, -1)))
  } catch {
    throw refuse('VERSION has no valid JSON')
  }
  if (!isRecord(value)) throw refuse('the JSON of VERSION is not an object')
  const capabilities = value.capabilities ?? {}
  if (!isRecord(capabilities)) throw refuse('capabilities is not an object')
  return capabilities
}

function limit(capabilities: Record<string, unknown>, key: string, absent: number): number {
  const value = capabilities[key] ?? absent
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw refuse(`${key} is not a natural number`)
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(message: string): Refusal {
  return new Refusal(message, errno.EINVAL, true)
}

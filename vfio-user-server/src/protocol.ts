/** The vfio-user wire protocol: constants and layouts. All integers are little-endian. */

export const headerSize = 16

export const command = {
  VERSION: 1,
  DMA_MAP: 2,
  DMA_UNMAP: 3,
  GET_INFO: 4,
  GET_REGION_INFO: 5,
  GET_REGION_IO_FDS: 6,
  GET_IRQ_INFO: 7,
  SET_IRQS: 8,
  REGION_READ: 9,
  REGION_WRITE: 10,
  DMA_READ: 11,
  DMA_WRITE: 12,
  RESET: 13,
  DIRTY_PAGES: 14,
  REGION_WRITE_MULTI: 15,
} as const

/** The type is in the low four bits of a header's flags. */
export const flag = {
  typeMask: 0xf,
  request: 0,
  reply: 1,
  noReply: 0x10,
  error: 0x20,
} as const

/** Linux errno values that travel in the header of an error reply. */
export const errno = {
  EIO: 5,
  ENOMEM: 12,
  EBUSY: 16,
  EINVAL: 22,
  EOPNOTSUPP: 95,
} as const

/** What a request is refused with; becomes an error reply. */
export class Refusal extends Error {
  readonly errno: number
  /** The stream cannot be trusted any more: answer, then close. */
  readonly fatal: boolean

  constructor(message: string, code: number = errno.EINVAL, fatal = false) {
    super(message)
    this.name = 'Refusal'
    this.errno = code
    this.fatal = fatal
  }
}

/** Our limits, told in the answer to VERSION. A message may have this much payload beyond its fixed part. */
export const ours = {
  major: 0,
  minor: 1,
  maxMsgFds: 8,
  maxDataXferSize: 1024 * 1024,
} as const

/** Longest message that is taken: a REGION_WRITE of the largest transfer. */
export const maxMessageSize = headerSize + 16 + ours.maxDataXferSize

/** Regions and interrupts by their index, as in linux/vfio.h. */
export const region = {bar0: 0, config: 7, count: 9} as const
export const irq = {msi: 1, error: 3, count: 5} as const
export const regionFlag = {read: 1, write: 2} as const
export const irqInfoFlag = {eventfd: 1, noResize: 8} as const
export const deviceFlag = {reset: 1, pci: 2} as const
export const setIrqs = {
  dataNone: 1,
  dataBool: 2,
  dataEventFd: 4,
  dataMask: 7,
  actionMask: 8,
  actionUnmask: 0x10,
  actionTrigger: 0x20,
  actions: 0x38,
} as const
export const mapFlag = {read: 1, write: 2} as const
export const unmapFlag = {all: 2} as const

/** Payload sizes, without header. */
export const payloadSize = {
  version: 4,
  dmaMap: 32,
  dmaUnmap: 24,
  info: 16,
  regionInfo: 32,
  irqInfo: 16,
  setIrqs: 20,
  access: 16,
} as const

export type Header = {id: number; command: number; size: number; flags: number; error: number}

/** Reads a header; `bytes` holds 16 from `at` on. */
export function readHeader(bytes: Buffer, at = 0): Header {
  return {
    id: bytes.readUInt16LE(at),
    command: bytes.readUInt16LE(at + 2),
    size: bytes.readUInt32LE(at + 4),
    flags: bytes.readUInt32LE(at + 8),
    error: bytes.readUInt32LE(at + 12),
  }
}

/** Writes a header of a message of `size` bytes, header included. */
export function writeHeader(
  to: Buffer,
  at: number,
  id: number,
  command: number,
  size: number,
  flags: number,
  error = 0,
): void {
  to.writeUInt16LE(id, at)
  to.writeUInt16LE(command, at + 2)
  to.writeUInt32LE(size, at + 4)
  to.writeUInt32LE(flags, at + 8)
  to.writeUInt32LE(error, at + 12)
}

/** A whole message, for tests and for clients. */
export function message(
  id: number,
  command: number,
  payload: Uint8Array = new Uint8Array(),
  flags = 0,
): Buffer {
  const bytes = Buffer.alloc(headerSize + payload.length)
  writeHeader(bytes, 0, id, command, bytes.length, flags)
  bytes.set(payload, headerSize)
  return bytes
}

import type {PciFunction} from './pci-function.ts'
import {command, flag, headerSize, payloadSize, Refusal} from './protocol.ts'
import type {Stats} from './stats.ts'
import type {ReplyBytes} from './transport.ts'

const accessSize = headerSize + payloadSize.access
const width = 4

/** Bytes of the largest reply. */
export const fastReplySize = accessSize + width

/**
 * Serves the two messages that matter for speed, a read and a write of 4 bytes, without making an object for each.
 * Anything unusual about one, and every refusal, is left to the caller's other way.
 * @param start where the message begins; it ends at `end` and came without descriptors
 * @param at where the reply is written
 * @returns the reply's size, 0 when none is wanted, -1 when the message was not served
 */
export function serveFast(
  bytes: Buffer,
  start: number,
  end: number,
  served: PciFunction,
  stats: Stats,
  reply: ReplyBytes,
  at: number,
): number {
  const size = end - start
  const isRead = size === accessSize
  if (!isRead && size !== accessSize + width) return -1
  const view = viewOf(bytes)
  if (view.getInt32(start + 4, true) !== size) return -1
  if (view.getUint16(start + 2, true) !== (isRead ? command.REGION_READ : command.REGION_WRITE)) return -1
  if (view.getInt32(start + 28, true) !== width || view.getInt32(start + 20, true) !== 0) return -1
  if (served.faults.errorReplies !== 0) return -1
  const flags = view.getInt32(start + 8, true)
  if (flags !== flag.request && (isRead || flags !== flag.noReply)) return -1
  try {
    if (isRead) read(view, start, served, reply, at)
    else write(view, start, served)
  } catch (error) {
    // Nothing has happened: the other way will refuse it again, and say so.
    if (error instanceof Refusal) return -1
    throw error
  }
  if (isRead) stats.reads++
  else stats.writes++
  if (flags === flag.noReply) return 0
  return answer(view, start, reply.view, at, isRead ? fastReplySize : accessSize)
}

let viewed: Buffer = Buffer.alloc(0)
let lastView = new DataView(viewed.buffer)

/**
 * A DataView is compiled to single loads and stores, which Buffer's methods are not. It is kept for as long as the same
 * buffer comes: one chunk holds many messages, and a transport may reuse it.
 */
function viewOf(bytes: Buffer): DataView {
  if (bytes !== viewed) {
    viewed = bytes
    lastView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  return lastView
}

function read(view: DataView, start: number, served: PciFunction, reply: ReplyBytes, at: number): void {
  const offset = view.getUint32(start + 16, true)
  served.read(view.getUint32(start + 24, true), offset, width, reply.bytes, at + accessSize)
}

const written = new Uint8Array(width)
const writtenView = new DataView(written.buffer)

function write(view: DataView, start: number, served: PciFunction): void {
  writtenView.setInt32(0, view.getInt32(start + accessSize, true), true)
  served.write(view.getUint32(start + 24, true), view.getUint32(start + 16, true), written)
}

/** The head of a reply: whose it is, and what was asked. */
function answer(from: DataView, start: number, to: DataView, at: number, size: number): number {
  to.setInt32(at, from.getInt32(start, true), true)
  to.setInt32(at + 4, size, true)
  to.setInt32(at + 8, flag.reply, true)
  to.setInt32(at + 12, 0, true)
  for (let i = headerSize; i < accessSize; i += 4) to.setInt32(at + i, from.getInt32(start + i, true), true)
  return size
}

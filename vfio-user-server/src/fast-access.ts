import type {Outbox} from './outbox.ts'
import type {PciFunction} from './pci-function.ts'
import {command, flag, headerSize, payloadSize, Refusal} from './protocol.ts'
import type {Stats} from './stats.ts'

const accessSize = headerSize + payloadSize.access
const width = 4

/**
 * Serves the two messages that matter for speed, a read and a write of 4 bytes, without making an object for each.
 * Anything unusual about one, and every refusal, is left to the caller's other way.
 * @param start where the message begins; it ends at `end` and came without descriptors
 * @returns whether it was served
 */
export function serveFast(
  bytes: Buffer,
  start: number,
  end: number,
  served: PciFunction,
  outbox: Outbox,
  stats: Stats,
): boolean {
  const size = end - start
  const isRead = size === accessSize
  if (!isRead && size !== accessSize + width) return false
  const view = viewOf(bytes)
  if (view.getUint16(start + 2, true) !== (isRead ? command.REGION_READ : command.REGION_WRITE)) return false
  if (view.getInt32(start + 28, true) !== width || view.getInt32(start + 20, true) !== 0) return false
  if (served.faults.errorReplies !== 0) return false
  const flags = view.getInt32(start + 8, true)
  if (isRead) return flags === flag.request && read(view, start, served, outbox, stats)
  return (
    (flags === flag.request || flags === flag.noReply) &&
    write(view, start, served, flags === flag.noReply ? undefined : outbox, stats)
  )
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

function read(view: DataView, start: number, served: PciFunction, outbox: Outbox, stats: Stats): boolean {
  const at = outbox.reserve(accessSize + width)
  try {
    const offset = view.getUint32(start + 16, true)
    served.read(view.getUint32(start + 24, true), offset, width, outbox.bytes, at + accessSize)
  } catch (error) {
    outbox.rewind(at)
    return isRefused(error)
  }
  answer(view, start, outbox.view, at, accessSize + width)
  stats.reads++
  return true
}

const written = new Uint8Array(width)
const writtenView = new DataView(written.buffer)

function write(
  view: DataView,
  start: number,
  served: PciFunction,
  outbox: Outbox | undefined,
  stats: Stats,
): boolean {
  writtenView.setInt32(0, view.getInt32(start + accessSize, true), true)
  try {
    served.write(view.getUint32(start + 24, true), view.getUint32(start + 16, true), written)
  } catch (error) {
    return isRefused(error)
  }
  if (outbox) answer(view, start, outbox.view, outbox.reserve(accessSize), accessSize)
  stats.writes++
  return true
}

/** Nothing has happened: the other way will refuse it again, and say so. */
function isRefused(error: unknown): false {
  if (error instanceof Refusal) return false
  throw error
}

/** The head of a reply: whose it is, and what was asked. */
function answer(from: DataView, start: number, to: DataView, at: number, size: number): void {
  to.setInt32(at, from.getInt32(start, true), true)
  to.setInt32(at + 4, size, true)
  to.setInt32(at + 8, flag.reply, true)
  to.setInt32(at + 12, 0, true)
  for (let i = headerSize; i < accessSize; i += 4) to.setInt32(at + i, from.getInt32(start + i, true), true)
}

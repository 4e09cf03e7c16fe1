import {flag, headerSize, writeHeader} from './protocol.ts'
import type {Connection} from './transport.ts'

const capacity = 64 * 1024

/**
 * Replies, collected while one chunk of requests is served and sent with one call. One for the whole process:
 * serving a chunk never waits for anything.
 */
export class Outbox {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(capacity)
  readonly view: DataView = new DataView(this.bytes.buffer)
  /** Bytes that were sent, all in all. */
  sent = 0
  #used = 0
  #connection: Connection | undefined
  #delayMs = 0

  /** Where replies go from now on, and how late. */
  open(connection: Connection, delayMs: number): void {
    this.#connection = connection
    this.#delayMs = delayMs
  }

  /** Where a reply of `size` bytes (32 KiB at most) would begin. */
  room(size: number): number {
    if (this.#used + size > capacity) this.flush()
    return this.#used
  }

  /** Room for a reply of `size` bytes, which it has from now on: where it begins. */
  reserve(size: number): number {
    const at = this.room(size)
    this.#used += size
    return at
  }

  /** Takes back what was reserved last, from `at` on. */
  rewind(at: number): void {
    this.#used = at
  }

  /** A reply with a payload, or an error with none. */
  reply(id: number, command: number, payload?: Uint8Array, error = 0): void {
    const size = headerSize + (payload?.length ?? 0)
    const at = this.reserve(size)
    writeHeader(this.bytes, at, id, command, size, error ? flag.reply | flag.error : flag.reply, error)
    if (payload) this.bytes.set(payload, at + headerSize)
  }

  flush(): void {
    const size = this.#used
    if (size === 0) return
    this.#used = 0
    this.sent += size
    if (this.#delayMs === 0) this.#connection?.send(this.bytes, size)
    else this.#sendLate(Buffer.from(this.bytes.subarray(0, size)))
  }

  #sendLate(data: Buffer): void {
    const connection = this.#connection
    setTimeout(() => connection?.send(data), this.#delayMs)
  }
}

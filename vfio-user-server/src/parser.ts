import {errno, headerSize, maxMessageSize, Refusal} from './protocol.ts'
import type {ReceivedFd} from './transport.ts'

/** A whole message: `bytes` from `start` to `end`, header included, valid during the call only. */
export type MessageSink = (
  bytes: Buffer,
  start: number,
  end: number,
  fds: readonly number[],
  truncated: boolean,
) => void

const none: readonly number[] = []
const firstPart = 4096

/**
 * Cuts a stream into messages, however it arrives. Whole messages are handed on where they lie; only one that is
 * incomplete is copied. Descriptors go to the message that contains the byte they came with.
 */
export class MessageParser {
  readonly #sink: MessageSink
  #part: Buffer = Buffer.alloc(0)
  #have = 0
  #fds: number[] = []
  #truncated = false

  constructor(sink: MessageSink) {
    this.#sink = sink
  }

  /** Whether a message has begun and not ended. */
  get isPartial(): boolean {
    return this.#have > 0
  }

  /**
   * Takes what was read. Every descriptor in `fds` comes out at the sink, or of `take()`.
   * @throws Refusal (fatal) for a size that no message has; what the sink throws goes through
   */
  push(chunk: Buffer, fds: readonly ReceivedFd[] = [], truncated = false): void {
    // Nearly always: nothing left over from before, no descriptors.
    const start = this.#have === 0 && fds.length === 0 && !truncated ? this.#whole(chunk) : 0
    if (start < chunk.length) this.#pieces(chunk, start, fds, truncated)
  }

  /** Hands on the whole messages that a chunk begins with, and returns where they end. */
  #whole(chunk: Buffer): number {
    const {length} = chunk
    let at = 0
    while (length - at >= headerSize) {
      const end = at + sizeAt(chunk, at)
      if (end > length) break
      this.#sink(chunk, at, end, none, false)
      at = end
    }
    return at
  }

  #pieces(chunk: Buffer, start: number, fds: readonly ReceivedFd[], truncated: boolean): void {
    let at = start
    let fd = 0
    // Descriptors were lost with the chunk's last byte.
    const lostAt = truncated ? chunk.length - 1 : -1
    const cut = (end: number): readonly number[] => {
      const from = fd
      while (fd < fds.length && (fds[fd]?.at ?? 0) < end) fd++
      return from === fd ? none : fds.slice(from, fd).map(one => one.fd)
    }
    try {
      while (at < chunk.length) {
        const end = this.#wholeEnd(chunk, at)
        if (end > 0) {
          const from = at
          at = end
          this.#sink(chunk, from, end, cut(end), lostAt >= from && lostAt < end)
          continue
        }
        const stop = this.#continue(chunk, at)
        this.#fds.push(...cut(stop))
        this.#truncated ||= lostAt >= at && lostAt < stop
        at = stop
        this.#flush()
      }
    } finally {
      // Whatever stopped us: descriptors of messages that nobody will see now.
      for (const {fd: rest} of fds.slice(fd)) this.#fds.push(rest)
    }
  }

  /** Where the message at `at` ends, 0 when it is not whole or continues an earlier chunk. */
  #wholeEnd(chunk: Buffer, at: number): number {
    if (this.#have > 0 || chunk.length - at < headerSize) return 0
    const end = at + sizeAt(chunk, at)
    return end <= chunk.length ? end : 0
  }

  /** The descriptors of the message that is incomplete, for closing; they are forgotten here. */
  take(): number[] {
    const fds = this.#fds
    this.#fds = []
    return fds
  }

  /** Copies into the incomplete message what belongs to it, and returns where that ends. */
  #continue(chunk: Buffer, at: number): number {
    const wanted = this.#have < headerSize ? headerSize : sizeAt(this.#part, 0)
    const count = Math.min(wanted - this.#have, chunk.length - at)
    this.#reserve(this.#have + count)
    chunk.copy(this.#part, this.#have, at, at + count)
    this.#have += count
    return at + count
  }

  // Grows with what came, not with what a header promises.
  #reserve(size: number): void {
    if (size <= this.#part.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(firstPart, size, this.#part.length * 2))
    this.#part.copy(larger, 0, 0, this.#have)
    this.#part = larger
  }

  #flush(): void {
    if (this.#have < headerSize) return
    const size = sizeAt(this.#part, 0)
    if (this.#have < size) return
    const [part, fds, truncated] = [this.#part, this.take(), this.#truncated]
    this.#have = 0
    this.#truncated = false
    if (part.length > 64 * 1024) this.#part = Buffer.alloc(0)
    this.#sink(part, 0, size, fds, truncated)
  }
}

function sizeAt(bytes: Buffer, at: number): number {
  const size = bytes.readUInt32LE(at + 4)
  if (size < headerSize || size > maxMessageSize)
    throw new BadSize(
      `a message cannot have ${size} bytes`,
      bytes.readUInt16LE(at),
      bytes.readUInt16LE(at + 2),
    )
  return size
}

/** A size that no message has; the answer names the message by what its header says. */
export class BadSize extends Refusal {
  readonly id: number
  readonly command: number

  constructor(message: string, id: number, command: number) {
    super(message, errno.EINVAL, true)
    this.id = id
    this.command = command
  }
}

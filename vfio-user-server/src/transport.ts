/**
 * What the server needs of the system, as interfaces: a socket that carries file descriptors, eventfds, and a view
 * into another process's memory. The native addon provides all three; `plain-transport.ts` provides a socket without
 * descriptors, for tests of the protocol itself.
 */

/**
 * A descriptor that came with the byte at `at` (an offset into the chunk that it was delivered with): the **last**
 * byte of the read that brought it. The kernel ends a read after the segment that carried descriptors, but may put
 * earlier segments without any in front of it, so the first byte of that read may be another message's.
 */
export type ReceivedFd = {fd: number; at: number}

/** Where a reply is written; `view` is one of the same bytes, for what is written fast. */
export type ReplyBytes = {readonly bytes: Buffer; readonly view: DataView}

export interface ConnectionHandler {
  /**
   * Everything that could be read at one wake-up: perhaps many messages, perhaps part of one.
   * `fds` belong to the receiver, who closes them. `chunk` is only valid during the call.
   * @param truncated descriptors were lost (MSG_CTRUNC): the message they came with must be refused
   */
  data(chunk: Buffer, fds: readonly ReceivedFd[], truncated: boolean): void
  /**
   * A transport may offer a small chunk without descriptors here first, outside of what lets promises run. The handler
   * writes the reply to the start of `reply` (64 bytes), and neither sends nor ends anything itself.
   * @returns the reply's size, 0 when none is wanted, -1 when nothing was done and the chunk must go to `data`; so must
   *   it when this throws
   */
  quick?(chunk: Buffer, reply: ReplyBytes): number
  /** The connection is over, whoever ended it: the other side, an error, `end()` or `destroy()`. Called once. */
  closed(error?: Error): void
}

export interface Connection {
  /**
   * Queues bytes in order; what the socket does not take now goes out when it does. Never blocks, never drops.
   * The caller reuses `data` as soon as this returns: what stays queued must be copied. Without effect once closed.
   * @param length so many of its bytes; all when absent
   */
  send(data: Uint8Array, length?: number): void
  /** Bytes queued and not yet taken by the socket: a slow client's backlog. */
  readonly backlog: number
  /** Ends after what is queued has gone out. */
  end(): void
  /** Ends now. */
  destroy(): void
}

export interface Listener {
  readonly path: string
  close(): void
}

export interface Transport {
  /**
   * Listens on a Unix stream socket. A stale socket file (nobody accepts) is replaced, a live one is never touched.
   * @throws Error with code EADDRINUSE when somebody listens there
   */
  listen(path: string, accept: (connection: Connection) => ConnectionHandler): Promise<Listener>
  /**
   * Takes ownership of a descriptor that signals an interrupt, also when it refuses.
   * @throws Error when it is not an eventfd
   */
  eventFd(fd: number): EventFd
  /**
   * Takes ownership of a descriptor of guest memory, also when it refuses; `size` bytes from `offset` on, checked
   * against the file's own size.
   * @throws Error when that is not inside the file, or the descriptor is no memory
   */
  memory(fd: number, offset: bigint, size: bigint): GuestMemory
  closeFd(fd: number): void
}

export interface EventFd {
  /** Adds one to the counter; coalesces, never blocks. */
  signal(): void
  close(): void
}

export interface GuestMemory {
  readonly size: bigint
  /** @throws RangeError outside; Error with code EFAULT when the file has shrunk (never a signal) */
  read(offset: bigint, into: Uint8Array): void
  write(offset: bigint, from: Uint8Array): void
  close(): void
}

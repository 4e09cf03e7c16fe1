import {loadAddon} from './load.ts'

/** A client that can send descriptors, as QEMU does: for tests. Every call is a plain system call. */
export type Peer = {
  connect(path: string): number
  /** Answers how many bytes the socket took. */
  send(socket: number, bytes: Uint8Array, fds: Int32Array): number
  /** Bytes received, 0 at the end, -1 when there is nothing now. */
  receive(socket: number, into: Uint8Array): number
  close(fd: number): void
  /** Another descriptor of the same thing, as the one that its receiver gets. */
  duplicate(fd: number): number
  eventFd(): number
  /** What the eventfd counted since it was last asked. */
  eventCount(fd: number): number
  /** A memfd. */
  memory(size: number): number
  resize(fd: number, size: number): void
  /**
   * How many thousandths of `messages` are polled for when one takes `polled` or `slept` nanoseconds; the processor
   * is taken from the poller after each `spoiled` of them, and nobody speaks for a millisecond after each `burst`; never
   * for 0.
   */
  tryWays(polled: number, slept: number, messages: number, spoiled: number, burst: number): number
}

export const loadPeer = (): Promise<Peer> => loadAddon<Peer>('peer')

import {readdirSync} from 'node:fs'
import {setImmediate as turn} from 'node:timers/promises'
import {loadPeer, type Peer} from '../native/peer.ts'
import {command, headerSize, message, readHeader} from './protocol.ts'
import type {Reply} from './testing.ts'

const none = new Int32Array()

/** A client whose messages carry descriptors. Its own copies stay its own. */
export class FdClient {
  readonly peer: Peer
  readonly socket: number
  #id = 0

  private constructor(peer: Peer, socket: number) {
    this.peer = peer
    this.socket = socket
  }

  /** Connected and past VERSION; waits while the server still has the client before. */
  static async ready(path: string): Promise<FdClient> {
    const peer = await loadPeer()
    for (;;) {
      const client = new FdClient(peer, peer.connect(path))
      if ((await client.request(command.VERSION, Buffer.alloc(4)))?.error === 0) return client
      client.close()
    }
  }

  /** Sends a request with descriptors and waits for its reply; undefined when the connection ends instead. */
  async request(commandNumber: number, payload?: Uint8Array, fds: readonly number[] = []) {
    this.send(message(++this.#id & 0xffff, commandNumber, payload), fds)
    return this.reply()
  }

  send(bytes: Uint8Array, fds: readonly number[] = []): void {
    this.peer.send(this.socket, bytes, fds.length > 0 ? Int32Array.from(fds) : none)
  }

  async reply(): Promise<Reply | undefined> {
    const head = await this.#receive(headerSize)
    if (!head) return undefined
    const header = readHeader(head)
    const payload = await this.#receive(header.size - headerSize)
    return payload && {...header, payload}
  }

  close(): void {
    this.peer.close(this.socket)
  }

  async #receive(size: number): Promise<Buffer | undefined> {
    const bytes = Buffer.alloc(size)
    for (let have = 0; have < size; ) {
      const count = this.peer.receive(this.socket, bytes.subarray(have))
      if (count === 0) return undefined
      if (count > 0) have += count
      else await turn()
    }
    return bytes
  }
}

/** Descriptors that this process has open. */
export function openFds(): number {
  return readdirSync('/proc/self/fd').length
}

/** `Transport` by the addon: sockets that carry descriptors, eventfds, guest memory. */
import {getSystemErrorMessage} from 'node:util'
import type {
  Connection,
  ConnectionHandler,
  EventFd,
  GuestMemory,
  Listener,
  ReceivedFd,
  ReplyBytes,
  Transport,
} from '../src/transport.ts'
import {loadAddon} from './load.ts'

type Native = {
  start(
    bytes: Buffer,
    reply: Buffer,
    fds: Int32Array,
    onData: (id: number, size: number, fds: number, truncated: number) => void,
    onQuick: (id: number, size: number) => number,
    onClosed: (id: number, errno: number) => void,
    onAccept: (listener: number, id: number) => void,
  ): void
  busyPoll(microseconds: number): void
  listen(path: string): number
  closeListener(id: number): void
  send(id: number, data: Uint8Array, length: number): void
  backlog(id: number): number
  end(id: number): boolean
  destroy(id: number): void
  closeFd(fd: number): void
  checkEventFd(fd: number): void
  signal(fd: number): void
  checkMemory(fd: number, offset: bigint, size: bigint): void
  readMemory(fd: number, offset: bigint, into: Uint8Array): void
  writeMemory(fd: number, offset: bigint, from: Uint8Array): void
}

export type NativeTransportOptions = {
  /**
   * Microseconds for which sockets are asked again and again after a message before the process sleeps. Costs one
   * processor while messages come fast; 0 (the default) never does, nor does a machine with one processor.
   */
  busyPollUs?: number
}

let started: Promise<NativeTransport> | undefined

/**
 * The transport of this process: there is one, and every call answers it.
 * @throws DiagnosticError U101, exit 3, when the addon has to be built and that fails
 */
export async function nativeTransport(options: NativeTransportOptions = {}): Promise<Transport> {
  started ??= loadAddon<Native>('mock_accel').then(native => new NativeTransport(native))
  const transport = await started
  if (options.busyPollUs !== undefined) transport.busyPoll(options.busyPollUs)
  return transport
}

const bytesSize = 64 * 1024
const noFds: readonly ReceivedFd[] = []

function replyBytes(): ReplyBytes {
  const bytes = Buffer.allocUnsafeSlow(64)
  return {bytes, view: new DataView(bytes.buffer)}
}

class NativeTransport implements Transport {
  readonly #native: Native
  readonly #bytes = Buffer.allocUnsafeSlow(bytesSize)
  readonly #reply: ReplyBytes = replyBytes()
  readonly #fds = new Int32Array(16)
  // Views of the first n bytes, made once for each of the small sizes that come again and again.
  readonly #views: Buffer[] = []
  readonly #connections: (NativeConnection | undefined)[] = []
  readonly #accepts = new Map<number, (connection: Connection) => ConnectionHandler>()

  constructor(native: Native) {
    this.#native = native
    native.start(
      this.#bytes,
      this.#reply.bytes,
      this.#fds,
      (id, size, fds, truncated) => this.#onData(id, size, fds, truncated !== 0),
      (id, size) => this.#connections[id]?.handler.quick?.(this.#view(size), this.#reply) ?? -1,
      (id, errno) => this.#onClosed(id, errno),
      (listener, id) => this.#onAccept(listener, id),
    )
    // The kernel closes descriptors, but socket files stay.
    process.once('exit', () => {
      for (const listener of this.#accepts.keys()) native.closeListener(listener)
    })
  }

  busyPoll(microseconds: number): void {
    this.#native.busyPoll(microseconds)
  }

  async listen(path: string, accept: (connection: Connection) => ConnectionHandler): Promise<Listener> {
    const [native, accepts] = [this.#native, this.#accepts]
    const id = native.listen(path)
    accepts.set(id, accept)
    return {
      path,
      close() {
        if (accepts.delete(id)) native.closeListener(id)
      },
    }
  }

  eventFd(fd: number): EventFd {
    this.#own(fd, () => this.#native.checkEventFd(fd))
    return new NativeEventFd(this.#native, fd)
  }

  memory(fd: number, offset: bigint, size: bigint): GuestMemory {
    this.#own(fd, () => this.#native.checkMemory(fd, offset, size))
    return new NativeMemory(this.#native, fd, offset, size)
  }

  closeFd(fd: number): void {
    this.#native.closeFd(fd)
  }

  #own(fd: number, check: () => void): void {
    try {
      check()
    } catch (error) {
      this.#native.closeFd(fd)
      throw error
    }
  }

  #onData(id: number, size: number, fds: number, truncated: boolean): void {
    const received = fds === 0 ? noFds : this.#received(fds, size - 1)
    const connection = this.#connections[id]
    if (connection) connection.handler.data(this.#view(size), received, truncated)
    else for (const {fd} of received) this.#native.closeFd(fd)
  }

  #view(size: number): Buffer {
    if (size > 512) return this.#bytes.subarray(0, size)
    const view = this.#views[size] ?? this.#bytes.subarray(0, size)
    this.#views[size] = view
    return view
  }

  #received(count: number, at: number): ReceivedFd[] {
    return Array.from(this.#fds.subarray(0, count), fd => ({fd, at}))
  }

  #onClosed(id: number, errno: number): void {
    const connection = this.#connections[id]
    this.#connections[id] = undefined
    connection?.gone(errno)
  }

  #onAccept(listener: number, id: number): void {
    const accept = this.#accepts.get(listener)
    if (!accept) {
      this.#native.destroy(id)
      return
    }
    const connection = new NativeConnection(this.#native, id, () => this.#onClosed(id, 0))
    this.#connections[id] = connection
    connection.handler = accept(connection)
  }
}

const unheard: ConnectionHandler = {data() {}, closed() {}}

class NativeConnection implements Connection {
  handler: ConnectionHandler = unheard
  readonly #native: Native
  readonly #id: number
  readonly #ended: () => void
  #open = true

  constructor(native: Native, id: number, ended: () => void) {
    this.#native = native
    this.#id = id
    this.#ended = ended
  }

  get backlog(): number {
    return this.#open ? this.#native.backlog(this.#id) : 0
  }

  send(data: Uint8Array, length: number = data.length): void {
    if (this.#open) this.#native.send(this.#id, data, length)
  }

  end(): void {
    if (this.#open && this.#native.end(this.#id)) this.#ended()
  }

  destroy(): void {
    if (!this.#open) return
    this.#native.destroy(this.#id)
    this.#ended()
  }

  /** Tells the handler, not before what runs now has ended: it may be the handler itself. */
  gone(errno: number): void {
    this.#open = false
    const error =
      errno === 0 ? undefined : new Error(`the connection ended: ${getSystemErrorMessage(-errno)}`)
    queueMicrotask(() => this.handler.closed(error))
  }
}

class NativeEventFd implements EventFd {
  readonly #native: Native
  #fd: number

  constructor(native: Native, fd: number) {
    this.#native = native
    this.#fd = fd
  }

  signal(): void {
    if (this.#fd >= 0) this.#native.signal(this.#fd)
  }

  close(): void {
    if (this.#fd >= 0) this.#native.closeFd(this.#fd)
    this.#fd = -1
  }
}

class NativeMemory implements GuestMemory {
  readonly size: bigint
  readonly #native: Native
  readonly #start: bigint
  #fd: number

  constructor(native: Native, fd: number, start: bigint, size: bigint) {
    this.#native = native
    this.#fd = fd
    this.#start = start
    this.size = size
  }

  read(offset: bigint, into: Uint8Array): void {
    this.#native.readMemory(this.#fd, this.#place(offset, into.length), into)
  }

  write(offset: bigint, from: Uint8Array): void {
    this.#native.writeMemory(this.#fd, this.#place(offset, from.length), from)
  }

  close(): void {
    if (this.#fd >= 0) this.#native.closeFd(this.#fd)
    this.#fd = -1
  }

  #place(offset: bigint, length: number): bigint {
    if (offset < 0n || offset + BigInt(length) > this.size)
      throw new RangeError(`${length} bytes at ${offset} are not within ${this.size} bytes of guest memory`)
    return this.#start + offset
  }
}

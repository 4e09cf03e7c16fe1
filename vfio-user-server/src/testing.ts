import {mkdtempSync, rmSync} from 'node:fs'
import {connect, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {nativeTransport} from '../native/transport.ts'
import {pfIdentity} from './identity.ts'
import type {Machine} from './machine.ts'
import {plainTransport} from './plain-transport.ts'
import {command, flag, type Header, headerSize, message, readHeader, region} from './protocol.ts'
import {Server, type ServerOptions, socketsIn} from './server.ts'
import type {Transport} from './transport.ts'

/** What tests of the wire run over: each transport that is there. */
export const transports: readonly {name: string; transport: Transport}[] = [
  {name: 'plain', transport: plainTransport},
  {name: 'native', transport: await nativeTransport()},
]

export type Reply = Header & {payload: Buffer}

/** A client that says what it is told to, also nonsense. */
export class WireClient {
  readonly socket: Socket
  readonly closed: Promise<void>
  /** Everything that came, cut into messages. */
  readonly replies: Reply[] = []
  #bytes = Buffer.alloc(0)
  #waiting: (() => void)[] = []
  #id = 0
  #isClosed = false

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise(resolve => {
      socket.once('close', () => {
        this.#isClosed = true
        this.#wake()
        resolve()
      })
    })
    socket.on('error', () => {})
    socket.on('data', chunk => this.#take(chunk as Buffer))
  }

  static connect(path: string): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(new WireClient(socket)))
      socket.once('error', reject)
    })
  }

  /** Connected and past VERSION. */
  static async ready(path: string): Promise<WireClient> {
    const client = await WireClient.connect(path)
    await client.version()
    return client
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Sends a request and waits for its reply; undefined when the connection ends instead. */
  async request(
    commandNumber: number,
    payload?: Uint8Array,
    flags: number = flag.request,
  ): Promise<Reply | undefined> {
    const id = ++this.#id & 0xffff
    this.write(message(id, commandNumber, payload, flags))
    return this.reply(id)
  }

  async reply(id: number): Promise<Reply | undefined> {
    for (;;) {
      const index = this.replies.findIndex(one => one.id === id)
      if (index >= 0) return this.replies.splice(index, 1)[0]
      if (this.#isClosed) return undefined
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  version(json = '{"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576}}', minor = 0) {
    const text = Buffer.from(`${json}\0`)
    const payload = Buffer.alloc(4 + text.length)
    payload.writeUInt16LE(minor, 2)
    text.copy(payload, 4)
    return this.request(command.VERSION, payload)
  }

  /** @returns the bytes read, or the errno of the refusal */
  async read(index: number, offset: number, count: number): Promise<Buffer | number> {
    const reply = await this.request(command.REGION_READ, access(index, offset, count))
    return !reply ? -1 : reply.flags & flag.error ? reply.error : reply.payload.subarray(16)
  }

  async read32(offset: number, index: number = region.bar0): Promise<number> {
    const bytes = await this.read(index, offset, 4)
    return typeof bytes === 'number' ? -bytes : bytes.readUInt32LE()
  }

  /** @returns 0, or the errno of the refusal */
  async writeBytes(index: number, offset: number, data: Uint8Array): Promise<number> {
    const payload = Buffer.concat([access(index, offset, data.length), data])
    return (await this.request(command.REGION_WRITE, payload))?.error ?? -1
  }

  async write32(offset: number, value: number, index: number = region.bar0): Promise<number> {
    return this.writeBytes(index, offset, uint32(value))
  }

  end(): Promise<void> {
    this.socket.destroy()
    return this.closed
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= headerSize) {
      const header = readHeader(this.#bytes)
      if (header.size < headerSize) throw new Error(`a reply of ${header.size} bytes`)
      if (this.#bytes.length < header.size) break
      this.replies.push({...header, payload: this.#bytes.subarray(headerSize, header.size)})
      this.#bytes = this.#bytes.subarray(header.size)
    }
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, i * 4)
  return bytes
}

/** The payload of an access: u64 offset, u32 region, u32 count. */
export function access(index: number, offset: number | bigint, count: number): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64LE(BigInt(offset), 0)
  bytes.writeUInt32LE(index, 8)
  bytes.writeUInt32LE(count, 12)
  return bytes
}

/** The payload of DMA_MAP. */
export function dmaMap(iova: bigint, size: bigint, flags = 3, offset = 0n): Buffer {
  const bytes = Buffer.alloc(32)
  bytes.writeUInt32LE(32, 0)
  bytes.writeUInt32LE(flags, 4)
  bytes.writeBigUInt64LE(offset, 8)
  bytes.writeBigUInt64LE(iova, 16)
  bytes.writeBigUInt64LE(size, 24)
  return bytes
}

/** The payload of DMA_UNMAP. */
export function dmaUnmap(iova: bigint, size: bigint, flags = 0): Buffer {
  const bytes = Buffer.alloc(24)
  bytes.writeUInt32LE(24, 0)
  bytes.writeUInt32LE(flags, 4)
  bytes.writeBigUInt64LE(iova, 8)
  bytes.writeBigUInt64LE(size, 16)
  return bytes
}

/** One PF with two VFs, unless told otherwise. */
export function testMachine(change: Partial<Machine['pfs'][number]> = {}, sriov: Machine['sriov'] = 'qemu') {
  const identity = pfIdentity('NODE1-NUMA0-PF')
  return {sriov, pfs: [{name: 'pf0', identity, memory: 16n << 30n, vfs: 2, numa: 0, ...change}]}
}

export type TestServer = Server & {path: (name?: string) => string}

/** A server on sockets in a folder of its own; `close` also removes that. */
export async function startServer(
  options: Partial<ServerOptions> = {},
  machine: Machine = testMachine(),
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mock-accel-'))
  const socketOf = socketsIn(folder)
  const server = new Server(machine, {transport: plainTransport, socketOf, ...options})
  await server.listen()
  const close = () => {
    Server.prototype.close.call(server)
    rmSync(folder, {recursive: true, force: true})
  }
  return Object.assign(server, {path: (name = 'pf0') => socketOf(name), close})
}

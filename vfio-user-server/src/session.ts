import {DmaTable} from './dma.ts'
import {fastReplySize, serveFast} from './fast-access.ts'
import {Interrupts} from './interrupts.ts'
import type {Log} from './log.ts'
import {readVersion, versionReply} from './negotiate.ts'
import type {Outbox} from './outbox.ts'
import {BadSize, MessageParser} from './parser.ts'
import type {PciFunction} from './pci-function.ts'
import {
  command,
  errno,
  flag,
  type Header,
  headerSize,
  ours,
  payloadSize,
  Refusal,
  readHeader,
  region,
} from './protocol.ts'
import {deviceInfo, interruptInfo, regionInfo} from './requests.ts'
import type {Stats} from './stats.ts'
import type {Connection, ConnectionHandler, ReceivedFd, ReplyBytes, Transport} from './transport.ts'

export type SessionOptions = {
  transport: Transport
  outbox: Outbox
  stats: Stats
  log: Log
  /** How long a message may be incomplete, and how long a client may take until VERSION. */
  partialTimeoutMs: number
  /** Bytes of replies that a client may leave unread. */
  backlogLimit: number
  /** Asks for the function, at VERSION; false while another client has it. */
  claim: (session: Session) => boolean
  /** The session has ended; called once. */
  ended: (session: Session, why: string) => void
}

const accessSize = headerSize + payloadSize.access
const lookEvery = 64 * 1024
const noPayload = Buffer.alloc(0)

/** One client of one function, from VERSION to the end. */
export class Session implements ConnectionHandler {
  readonly dma: DmaTable
  readonly interrupts: Interrupts
  readonly #connection: Connection
  readonly #function: PciFunction
  readonly #options: SessionOptions
  readonly #outbox: Outbox
  readonly #stats: Stats
  readonly #parser: MessageParser
  #negotiated = false
  /** Nothing is served any more; says why. */
  #over: string | undefined
  #timer: NodeJS.Timeout | undefined
  #completed = false
  /** What the outbox had sent when the backlog was last looked at. */
  #looked = 0

  constructor(connection: Connection, served: PciFunction, options: SessionOptions) {
    this.#connection = connection
    this.#function = served
    this.#options = options
    this.#outbox = options.outbox
    this.#stats = options.stats
    this.dma = new DmaTable(options.transport)
    this.interrupts = new Interrupts(options.transport)
    this.#parser = new MessageParser((bytes, start, end, fds, truncated) =>
      this.#message(bytes, start, end, fds, truncated),
    )
    this.#startTimer()
  }

  /** Bytes of replies that the client has not taken yet. */
  get backlog(): number {
    return this.#connection.backlog
  }

  /** Raises the MSI, where the client has asked for it. */
  raise(): void {
    if (this.interrupts.raise()) this.#stats.interrupts++
  }

  data(chunk: Buffer, fds: readonly ReceivedFd[], truncated: boolean): void {
    if (this.#over !== undefined) {
      for (const {fd} of fds) this.#options.transport.closeFd(fd)
      return
    }
    this.#outbox.open(this.#connection, this.#function.faults.lateMs)
    try {
      this.#parser.push(chunk, fds, truncated)
    } catch (error) {
      if (error instanceof BadSize) this.#fail(error, error.id, error.command)
      else this.#broken(error)
    } finally {
      this.#outbox.flush()
    }
    if (this.#over !== undefined) this.#closeFds(this.#parser.take())
    else if (this.#isBehind()) this.destroy('it does not read its replies')
    else if (this.#parser.isPartial || this.#timer !== undefined) this.#watchPartial()
  }

  /** One whole message, when nothing is to be thought of beside it. */
  quick(chunk: Buffer, reply: ReplyBytes): number {
    if (!this.#negotiated || this.#over !== undefined || this.#parser.isPartial) return -1
    if (this.#timer !== undefined || this.#function.faults.lateMs !== 0) return -1
    const size = serveFast(chunk, 0, chunk.length, this.#function, this.#stats, reply, 0)
    if (size >= 0) this.#stats.requests++
    return size
  }

  closed(error?: Error): void {
    this.#over ??= error?.message ?? 'the client has gone'
    clearTimeout(this.#timer)
    this.#closeFds(this.#parser.take())
    this.dma.clear()
    this.interrupts.clear()
    this.#options.ended(this, this.#over)
  }

  /** Ends the session now, from our side. */
  destroy(why: string): void {
    this.#over ??= why
    this.#connection.destroy()
  }

  #message(bytes: Buffer, start: number, end: number, fds: readonly number[], truncated: boolean): void {
    if (this.#over !== undefined) {
      this.#closeFds(fds)
      return
    }
    this.#completed = true
    this.#stats.requests++
    if (this.#negotiated && fds.length === 0 && !truncated && this.#isServedFast(bytes, start, end)) return
    const header = readHeader(bytes, start)
    // Answering what nobody asked would desynchronise the other side.
    if ((header.flags & flag.typeMask) === flag.reply) {
      this.#closeFds(fds)
      return
    }
    const spare = [...fds]
    try {
      const payload = this.#serve(header, bytes.subarray(start + headerSize, end), spare, truncated)
      if (payload && !(header.flags & flag.noReply)) this.#outbox.reply(header.id, header.command, payload)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#refuse(error, header)
    } finally {
      this.#closeFds(spare)
    }
  }

  #isServedFast(bytes: Buffer, start: number, end: number): boolean {
    const outbox = this.#outbox
    const at = outbox.room(fastReplySize)
    const size = serveFast(bytes, start, end, this.#function, this.#stats, outbox, at)
    if (size > 0) outbox.reserve(size)
    return size >= 0
  }

  /** @returns the reply's payload; undefined when the reply is in the outbox already */
  #serve(header: Header, payload: Buffer, fds: number[], truncated: boolean): Buffer | undefined {
    if ((header.flags & flag.typeMask) !== flag.request) throw new Refusal('neither a request nor a reply')
    if (header.command === command.VERSION) return this.#version(payload)
    if (!this.#negotiated) throw new Refusal('a request before VERSION', errno.EINVAL, true)
    if (truncated) throw new Refusal('more descriptors than could be taken')
    if (header.command === command.DMA_MAP) {
      this.dma.map(payload, fds)
      return noPayload
    }
    if (header.command === command.SET_IRQS) {
      this.interrupts.set(payload, fds)
      return noPayload
    }
    if (fds.length > 0) throw new Refusal('descriptors with a command that takes none')
    return this.#serveWithoutFds(header, payload)
  }

  #serveWithoutFds(header: Header, payload: Buffer): Buffer | undefined {
    switch (header.command) {
      case command.DMA_UNMAP:
        this.dma.unmap(payload)
        // As it came: some clients read exactly that much.
        return payload.subarray(0, payloadSize.dmaUnmap)
      case command.GET_INFO:
        return deviceInfo(payload)
      case command.GET_REGION_INFO:
        return regionInfo(payload)
      case command.GET_IRQ_INFO:
        return interruptInfo(payload)
      case command.REGION_READ:
        return this.#read(header, payload)
      case command.REGION_WRITE:
        return this.#write(payload)
      case command.RESET:
        this.#stats.resets++
        this.#function.reset()
        return noPayload
      case command.GET_REGION_IO_FDS:
      case command.DIRTY_PAGES:
      case command.REGION_WRITE_MULTI:
        throw new Refusal(`command ${header.command} is not offered`, errno.EOPNOTSUPP)
      case command.DMA_READ:
      case command.DMA_WRITE:
        throw new Refusal(`command ${header.command} is for servers to send`)
      default:
        throw new Refusal(`command ${header.command} is not known`)
    }
  }

  #version(payload: Buffer): Buffer {
    if (this.#negotiated) throw new Refusal('a second VERSION', errno.EINVAL, true)
    const reply = versionReply(readVersion(payload))
    if (!this.#options.claim(this)) throw new Refusal('another client is served', errno.EBUSY, true)
    this.#negotiated = true
    return reply
  }

  #read(header: Header, payload: Buffer): undefined {
    const {index, offset, count} = this.#access(payload)
    const size = accessSize + count
    const reply = this.#outbox.reserve(size)
    try {
      this.#function.read(index, offset, count, this.#outbox.bytes, reply + accessSize)
    } catch (error) {
      this.#outbox.rewind(reply)
      throw error
    }
    this.#stats.reads++
    if (header.flags & flag.noReply) {
      this.#outbox.rewind(reply)
      return
    }
    const to = this.#outbox.bytes
    to.writeUInt16LE(header.id, reply)
    to.writeUInt16LE(header.command, reply + 2)
    to.writeUInt32LE(size, reply + 4)
    to.writeUInt32LE(flag.reply, reply + 8)
    to.writeUInt32LE(0, reply + 12)
    payload.copy(to, reply + headerSize, 0, payloadSize.access)
  }

  #write(payload: Buffer): Buffer {
    const {index, offset, count} = this.#access(payload)
    if (payload.length !== payloadSize.access + count)
      throw new Refusal(`REGION_WRITE of ${count} bytes has ${payload.length - payloadSize.access}`)
    this.#function.write(index, offset, payload.subarray(payloadSize.access))
    this.#stats.writes++
    return payload.subarray(0, payloadSize.access)
  }

  /** u64 offset, u32 region, u32 count. No region comes near 4 GiB, so the offset's high half must be 0. */
  #access(payload: Buffer): {index: number; offset: number; count: number} {
    if (payload.length < payloadSize.access) throw new Refusal('the access is too short')
    const [offset, high] = [payload.readUInt32LE(0), payload.readUInt32LE(4)]
    const [index, count] = [payload.readUInt32LE(8), payload.readUInt32LE(12)]
    if (high !== 0 || count > ours.maxDataXferSize) throw new Refusal('the access is outside every region')
    const {errorReplies} = this.#function.faults
    if (errorReplies !== 0 && index === region.bar0) throw new Refusal('a fault was injected', errorReplies)
    return {index, offset, count}
  }

  #refuse(refusal: Refusal, header: Header): void {
    const silent = (header.flags & flag.noReply) !== 0
    if (silent) this.#stats.postedFailures++
    if (refusal.fatal) this.#fail(refusal, header.id, header.command, silent)
    else if (!silent) {
      this.#stats.errors++
      this.#outbox.reply(header.id, header.command, undefined, refusal.errno)
    }
  }

  /** Answers, and ends the connection once the answer is out. */
  #fail(refusal: Refusal, id: number, commandNumber: number, silent = false): void {
    if (this.#over !== undefined) return
    if (!silent) {
      this.#stats.errors++
      this.#outbox.reply(id, commandNumber, undefined, refusal.errno)
      this.#outbox.flush()
    }
    this.#over = refusal.message
    // A client that does not take the answer must not keep the device.
    clearTimeout(this.#timer)
    this.#startTimer()
    this.#connection.end()
  }

  // A mistake of ours must not take the other functions with it: their guests could never connect again.
  #broken(error: unknown): void {
    this.#options.log('error', 'internal error', {
      function: this.#function.name,
      stack: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    this.destroy('internal error')
  }

  // Asked once for every 64 KiB that went out to anybody: the question is dearer than a small read.
  #isBehind(): boolean {
    if (this.#outbox.sent - this.#looked < lookEvery) return false
    this.#looked = this.#outbox.sent
    return this.#connection.backlog > this.#options.backlogLimit
  }

  #startTimer(): void {
    this.#timer = setTimeout(
      () => this.destroy(this.#negotiated ? 'its message stays incomplete' : 'it sends no VERSION'),
      this.#options.partialTimeoutMs,
    )
    this.#timer.unref()
  }

  #watchPartial(): void {
    const progressed = this.#completed
    this.#completed = false
    if (!this.#negotiated) return
    if (!this.#parser.isPartial) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    } else if (this.#timer === undefined) this.#startTimer()
    else if (progressed) this.#timer.refresh()
  }

  #closeFds(fds: readonly number[]): void {
    for (const fd of fds) this.#options.transport.closeFd(fd)
  }
}

import {irq, irqInfoFlag, payloadSize, Refusal, setIrqs} from './protocol.ts'
import type {EventFd, Transport} from './transport.ts'

/** Vectors per interrupt index. QEMU asks for ERR and warns when there is none; ours is never raised. */
const counts: readonly number[] = [0, 1, 0, 1, 0]

/** Flags and count of an interrupt index, for GET_IRQ_INFO. */
export function irqInfo(index: number): {flags: number; count: number} {
  const count = counts[index] ?? 0
  return {flags: count > 0 ? irqInfoFlag.eventfd | irqInfoFlag.noResize : 0, count}
}

/** The eventfds by which a client hears of interrupts; one vector per index at most. */
export class Interrupts {
  readonly #transport: Transport
  readonly #vectors: (EventFd | undefined)[] = []

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Raises the MSI; false where the client has not asked for it. */
  raise(): boolean {
    this.#vectors[irq.msi]?.signal()
    return this.#vectors[irq.msi] !== undefined
  }

  /**
   * SET_IRQS: u32 argsz, flags, index, start, count, then data. Takes what it uses out of `fds`.
   * @throws Refusal for a combination that linux/vfio.h does not have, or that these interrupts do not
   */
  set(payload: Buffer, fds: number[]): void {
    if (payload.length < payloadSize.setIrqs) throw new Refusal('SET_IRQS is too short')
    const [flags, index, start, count] = [4, 8, 12, 16].map(at => payload.readUInt32LE(at)) as [
      number,
      number,
      number,
      number,
    ]
    const data = flags & setIrqs.dataMask
    const total = counts[index] ?? 0
    if (flags & ~(setIrqs.dataMask | setIrqs.actions)) throw new Refusal('SET_IRQS has unknown flags')
    if ((flags & setIrqs.actions) !== setIrqs.actionTrigger)
      throw new Refusal('these interrupts cannot be masked')
    if (index >= irq.count || start > total || count > total - start)
      throw new Refusal(`SET_IRQS for vectors that interrupt ${index} does not have`)
    if (data === setIrqs.dataEventFd) this.#assign(index, count, fds)
    else if (fds.length > 0) throw new Refusal('SET_IRQS takes descriptors as eventfds only')
    else if (data === setIrqs.dataNone) this.#withoutData(index, start, count)
    else if (data === setIrqs.dataBool) this.#test(index, payload.subarray(payloadSize.setIrqs), count)
    else throw new Refusal('SET_IRQS needs one kind of data')
  }

  clear(): void {
    for (const index of counts.keys()) this.#drop(index)
  }

  /** No descriptors at all take the vectors away. */
  #assign(index: number, count: number, fds: number[]): void {
    if (count === 0 || (fds.length !== 0 && fds.length !== count))
      throw new Refusal(`SET_IRQS has ${fds.length} descriptors for ${count} vectors`)
    this.#drop(index)
    const fd = fds.shift()
    if (fd === undefined) return
    try {
      this.#vectors[index] = this.#transport.eventFd(fd)
    } catch (error) {
      throw new Refusal(`SET_IRQS has a descriptor that is no eventfd: ${error}`)
    }
  }

  #withoutData(index: number, start: number, count: number): void {
    if (count > 0) this.#signal(index)
    else if (start === 0) this.#drop(index)
  }

  #test(index: number, values: Buffer, count: number): void {
    if (values.length !== count) throw new Refusal('SET_IRQS has not as many values as vectors')
    if (values.some(value => value !== 0)) this.#signal(index)
  }

  #signal(index: number): void {
    this.#vectors[index]?.signal()
  }

  #drop(index: number): void {
    this.#vectors[index]?.close()
    this.#vectors[index] = undefined
  }
}

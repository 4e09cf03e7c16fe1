import {mapFlag, payloadSize, Refusal, unmapFlag} from './protocol.ts'
import type {GuestMemory, Transport} from './transport.ts'

/** A part of the guest's memory; without `memory` it can only be reached by messages. */
export type Mapping = {iova: bigint; size: bigint; writable: boolean; memory: GuestMemory | undefined}

/** As QEMU's own limit. */
export const maxMappings = 65535
const top = 1n << 64n

/** What the client has told of the guest's memory; ranges never overlap. */
export class DmaTable {
  /** By iova, ascending. */
  #mappings: Mapping[] = []
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  get size(): number {
    return this.#mappings.length
  }

  get mappings(): readonly Mapping[] {
    return this.#mappings
  }

  /**
   * DMA_MAP: u32 argsz, u32 flags, u64 offset in the file, u64 iova, u64 size; a descriptor or none.
   * Takes what it uses out of `fds`.
   * @throws Refusal for a range that is empty, wraps, overlaps, or is not inside the file
   */
  map(payload: Buffer, fds: number[]): void {
    if (payload.length < payloadSize.dmaMap) throw new Refusal('DMA_MAP is too short')
    if (fds.length > 1) throw new Refusal('DMA_MAP takes one descriptor')
    const flags = payload.readUInt32LE(4)
    if (flags & ~(mapFlag.read | mapFlag.write)) throw new Refusal(`DMA_MAP has unknown flags ${flags}`)
    const [offset, iova, size] = [8, 16, 24].map(at => payload.readBigUInt64LE(at)) as [
      bigint,
      bigint,
      bigint,
    ]
    if (size === 0n || iova + size > top || offset + size > top)
      throw new Refusal('DMA_MAP has a range that is not one')
    const index = this.#firstEndingAfter(iova)
    const next = this.#mappings[index]
    if (next && next.iova < iova + size) throw new Refusal('DMA_MAP overlaps what is mapped')
    if (this.#mappings.length >= maxMappings) throw new Refusal('too many DMA mappings')
    const memory = this.#open(fds, offset, size)
    this.#mappings.splice(index, 0, {iova, size, writable: (flags & mapFlag.write) !== 0, memory})
  }

  /**
   * DMA_UNMAP: u32 argsz, u32 flags, u64 iova, u64 size. Whole mappings only.
   * @throws Refusal for a range with nothing in it, or with a part of a mapping
   */
  unmap(payload: Buffer): void {
    if (payload.length < payloadSize.dmaUnmap) throw new Refusal('DMA_UNMAP is too short')
    const flags = payload.readUInt32LE(4)
    if (flags & ~unmapFlag.all) throw new Refusal(`DMA_UNMAP has unknown flags ${flags}`)
    const [iova, size] = [payload.readBigUInt64LE(8), payload.readBigUInt64LE(16)]
    if (flags & unmapFlag.all) {
      if (iova !== 0n || size !== 0n) throw new Refusal('DMA_UNMAP of all takes no range')
      this.clear()
      return
    }
    if (size === 0n || iova + size > top) throw new Refusal('DMA_UNMAP has a range that is not one')
    const first = this.#firstEndingAfter(iova)
    let end = first
    while (end < this.#mappings.length && this.#starts(end) < iova + size) end++
    const inside = this.#mappings.slice(first, end)
    if (inside.length === 0) throw new Refusal('DMA_UNMAP of what is not mapped')
    if (inside.some(one => one.iova < iova || one.iova + one.size > iova + size))
      throw new Refusal('DMA_UNMAP of a part of a mapping')
    this.#mappings.splice(first, end - first)
    for (const one of inside) one.memory?.close()
  }

  clear(): void {
    const all = this.#mappings
    this.#mappings = []
    for (const one of all) one.memory?.close()
  }

  #starts(index: number): bigint {
    return this.#mappings[index]?.iova ?? top
  }

  #firstEndingAfter(iova: bigint): number {
    let [low, high] = [0, this.#mappings.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const one = this.#mappings[middle] as Mapping
      if (one.iova + one.size > iova) high = middle
      else low = middle + 1
    }
    return low
  }

  #open(fds: number[], offset: bigint, size: bigint): GuestMemory | undefined {
    const fd = fds.shift()
    if (fd === undefined) return undefined
    try {
      return this.#transport.memory(fd, offset, size)
    } catch (error) {
      throw new Refusal(`DMA_MAP has a descriptor that does not fit: ${error}`)
    }
  }
}

import {bar, capabilities, enums, limits, registers} from '#lib/generated/device.ts'
import type {Identity} from './identity.ts'

export type RegisterValues = Identity & {
  memory: bigint
  capabilities: readonly (keyof typeof capabilities)[]
  /** 0x00MMmmpp */
  firmware: number
}

/** What the registers ask for when they are written. */
export type RegisterEvents = {
  /** The command to make a passphrase, which the engine ends with `passphraseReady`. */
  generate(words: number): void
  /** One of the interrupt's causes has come. */
  interrupt(): void
}

const r = registers
const status = enums.PASSPHRASE_STATUS

/** BAR0: a byte array for the reader, with a few registers that a write changes. */
export class Registers {
  readonly bytes: Buffer = Buffer.alloc(bar.size)
  readonly #events: RegisterEvents

  constructor(values: RegisterValues, events: RegisterEvents) {
    this.#events = events
    const {bytes} = this
    const label = Buffer.from(values.label, 'latin1').subarray(0, limits.LABEL_MAX)
    bytes.writeUInt32LE(r.DEVICE_ID.value, r.DEVICE_ID.offset)
    bytes.writeUInt32LE(r.REVISION.value, r.REVISION.offset)
    bytes.set(values.uuid, r.UUID.offset)
    bytes.writeUInt16LE(r.LABEL.offset, r.LABEL_PTR.offset)
    bytes.writeUInt16LE(label.length, r.LABEL_PTR.offset + 2)
    bytes.writeBigUInt64LE(values.memory, r.MEMORY_SIZE.offset)
    const bits = values.capabilities.reduce((all, name) => all | (1 << capabilities[name]), 0)
    bytes.writeUInt32LE(bits, r.CAPABILITIES.offset)
    bytes.writeUInt32LE(values.firmware, r.FW_VERSION.offset)
    bytes.set(label, r.LABEL.offset)
    this.reset()
  }

  /** What does not survive a reset: allocation, the engine. Health stays, it was set from outside. */
  reset(): void {
    this.#set(r.STATUS, enums.STATUS.free)
    this.#set(r.PASSPHRASE_LENGTH, r.PASSPHRASE_LENGTH.default)
    this.#set(r.PASSPHRASE_STATUS, status.idle)
    this.#set(r.PASSPHRASE_COUNT, 0)
    this.bytes.fill(0, r.PASSPHRASE_BUFFER.offset, r.PASSPHRASE_BUFFER.offset + r.PASSPHRASE_BUFFER.size)
  }

  get health(): number {
    return this.#get(r.HEALTH)
  }

  set health(value: number) {
    if (value === this.health) return
    this.#set(r.HEALTH, value)
    this.#events.interrupt()
  }

  get isBusy(): boolean {
    return this.#get(r.PASSPHRASE_STATUS) === status.busy
  }

  get passphraseCount(): number {
    return this.#get(r.PASSPHRASE_COUNT)
  }

  /** Ends a command: the phrase, its status and the count change at once. */
  passphraseReady(phrase: string): void {
    const {offset, size} = r.PASSPHRASE_BUFFER
    this.bytes.fill(0, offset, offset + size)
    this.bytes.write(phrase, offset, size - 1, 'latin1')
    this.#set(r.PASSPHRASE_COUNT, (this.passphraseCount + 1) >>> 0)
    this.#set(r.PASSPHRASE_STATUS, status.ready)
    this.#events.interrupt()
  }

  /** Writes of any width; bytes of registers that are read-only, and of undefined space, are lost. */
  write(offset: number, data: Uint8Array): void {
    const end = offset + data.length
    if (offset < r.STATUS.offset + 4 && end > r.STATUS.offset)
      this.#writeStatus(this.#merged(r.STATUS, offset, data))
    if (offset < r.PASSPHRASE_LENGTH.offset + 4 && end > r.PASSPHRASE_LENGTH.offset)
      this.#writeLength(this.#merged(r.PASSPHRASE_LENGTH, offset, data))
    // After the length, so that one write of both means the new length.
    if (offset < r.PASSPHRASE_CMD.offset + 4 && end > r.PASSPHRASE_CMD.offset)
      this.#writeCommand(this.#merged(r.PASSPHRASE_CMD, offset, data))
  }

  #writeStatus(value: number): void {
    if (value === enums.STATUS.free || value === enums.STATUS.allocated) this.#set(r.STATUS, value)
  }

  #writeLength(value: number): void {
    if (value >= limits.WORDS_MIN && value <= limits.WORDS_MAX) this.#set(r.PASSPHRASE_LENGTH, value)
    // While a command runs, its own end is what the status tells next.
    else if (!this.isBusy) this.#set(r.PASSPHRASE_STATUS, status.error)
  }

  #writeCommand(value: number): void {
    if (value !== enums.PASSPHRASE_CMD.generate || this.isBusy) return
    this.#set(r.PASSPHRASE_STATUS, status.busy)
    this.#events.generate(this.#get(r.PASSPHRASE_LENGTH))
  }

  /** A register's value with the written bytes put in. */
  #merged(register: {offset: number}, offset: number, data: Uint8Array): number {
    let value = this.#get(register)
    for (let i = 0; i < 4; i++) {
      const byte = data[register.offset + i - offset]
      if (byte !== undefined) value = (value & ~(0xff << (8 * i))) | (byte << (8 * i))
    }
    return value >>> 0
  }

  #get(register: {offset: number}): number {
    return this.bytes.readUInt32LE(register.offset)
  }

  #set(register: {offset: number}, value: number): void {
    this.bytes.writeUInt32LE(value, register.offset)
  }
}

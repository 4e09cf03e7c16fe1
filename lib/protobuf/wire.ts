/** The bytes of protobuf: varints and tagged fields. https://protobuf.dev/programming-guides/encoding/ */

export type WireType = 0 | 1 | 2 | 5

/** A message that cannot be read: cut short, or not protobuf at all. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

const utf8 = new TextDecoder('utf-8', {fatal: true})

/** Reads one message's bytes from front to back. */
export class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** A varint as a signed 64-bit number. @throws ProtobufError beyond what a JavaScript number holds exactly */
  varint(): number {
    let small = 0
    let factor = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new ProtobufError('a number is cut short')
      small += (byte & 0x7f) * factor
      factor *= 128
      if (byte >= 0x80) continue
      if (Number.isSafeInteger(small)) return small
      return this.#large(i + 1)
    }
    throw new ProtobufError('a number has more than ten bytes')
  }

  bytes(): Uint8Array {
    const length = this.varint()
    const end = this.#at + length
    if (length < 0 || end > this.#bytes.length) throw new ProtobufError('a field is cut short')
    const found = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return found
  }

  string(): string {
    try {
      return utf8.decode(this.bytes())
    } catch (cause) {
      if (cause instanceof ProtobufError) throw cause
      throw new ProtobufError('a text is not UTF-8', {cause})
    }
  }

  tag(): {no: number; wire: number} {
    const tag = this.varint()
    if (tag < 8 || tag > 0xffffffff) throw new ProtobufError(`${tag} is no field tag`)
    return {no: Math.floor(tag / 8), wire: tag % 8}
  }

  /** Passes over a field that nobody here knows: a newer peer may send it. */
  skip(wire: number): void {
    if (wire === 0) this.varint()
    else if (wire === 1) this.#at += 8
    else if (wire === 2) this.bytes()
    else if (wire === 5) this.#at += 4
    else throw new ProtobufError(`wire type ${wire} is not in use`)
    if (this.#at > this.#bytes.length) throw new ProtobufError('a field is cut short')
  }

  /** The last `count` bytes again, exactly: negative numbers take all ten. */
  #large(count: number): number {
    let value = 0n
    for (let i = count; i > 0; i--)
      value = (value << 7n) | BigInt((this.#bytes[this.#at - count + i - 1] ?? 0) & 0x7f)
    const signed = Number(BigInt.asIntN(64, value))
    if (!Number.isSafeInteger(signed)) throw new ProtobufError(`${value} is too large a number`)
    return signed
  }
}

/** Collects one message's bytes. */
export class Writer {
  readonly #parts: Uint8Array[] = []

  varint(value: number): void {
    if (!Number.isSafeInteger(value)) throw new ProtobufError(`${value} is no whole number that can be sent`)
    let rest = BigInt.asUintN(64, BigInt(value))
    const out: number[] = []
    do {
      const byte = Number(rest & 0x7fn)
      rest >>= 7n
      out.push(rest > 0n ? byte | 0x80 : byte)
    } while (rest > 0n)
    this.#parts.push(Uint8Array.from(out))
  }

  tag(no: number, wire: WireType): void {
    this.varint(no * 8 + wire)
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length)
    this.#parts.push(value)
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

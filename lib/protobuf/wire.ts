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

/** Writes one message's bytes from front to back, into one buffer that grows. */
export class Writer {
  #bytes = Buffer.allocUnsafe(256)
  #size = 0

  varint(value: number): void {
    if (!Number.isSafeInteger(value)) throw new ProtobufError(`${value} is no whole number that can be sent`)
    this.#reserve(10)
    if (value < 0) {
      this.#negative(value)
      return
    }
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#size++] = (rest % 0x80) | 0x80
    this.#bytes[this.#size++] = rest
  }

  tag(no: number, wire: WireType): void {
    this.varint(no * 8 + wire)
  }

  string(text: string): void {
    this.framed(() => {
      // UTF-16's units take three bytes at most.
      this.#reserve(text.length * 3)
      this.#size += this.#bytes.write(text, this.#size, 'utf8')
    })
  }

  /** What `work` writes, with its length before it. Most lengths are one byte, which is kept free for them. */
  framed(work: () => void): void {
    this.#reserve(1)
    const start = ++this.#size
    work()
    const length = this.#size - start
    if (length < 0x80) {
      this.#bytes[start - 1] = length
      return
    }
    const digits = Math.ceil(length.toString(2).length / 7)
    this.#reserve(digits)
    this.#bytes.copyWithin(start - 1 + digits, start, this.#size)
    this.#size = start - 1
    this.varint(length)
    this.#size += length
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#size)
  }

  /** All ten bytes of its two's complement. */
  #negative(value: number): void {
    for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
      const last = rest < 0x80n
      this.#bytes[this.#size++] = Number(rest & 0x7fn) | (last ? 0 : 0x80)
      if (last) return
    }
  }

  #reserve(more: number): void {
    if (this.#size + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#size + more))
    this.#bytes.copy(larger, 0, 0, this.#size)
    this.#bytes = larger
  }
}

/** Just enough of DER (X.690) to read a certificate's name and to write a signature. */

/** An element with its children's bytes; `tag` is the identifier octet. */
export function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

function lengthOf(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size])
  const bytes: number[] = []
  for (let rest = size; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

export const tags = {
  integer: 0x02,
  octets: 0x04,
  nothing: 0x05,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  zero: 0xa0,
}

/** `1.2.840.113549` */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return der(tags.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(number: number): number[] {
  const bytes = [number & 0x7f]
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f))
  return bytes
}

export type Element = {tag: number; whole: Buffer; content: Buffer}

/** The elements that stand one after the other. @throws RangeError when the data are cut off */
export function* elements(data: Buffer): Generator<Element> {
  for (let at = 0; at < data.length; ) {
    let size = data.readUInt8(at + 1)
    let start = at + 2
    if (size >= 0x80) {
      const bytes = size & 0x7f
      size = data.readUIntBE(start, bytes)
      start += bytes
    }
    if (start + size > data.length) throw new RangeError('an element ends behind the data')
    yield {
      tag: data.readUInt8(at),
      whole: data.subarray(at, start + size),
      content: data.subarray(start, start + size),
    }
    at = start + size
  }
}

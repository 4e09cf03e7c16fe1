/** Byte order of the UTF-8 texts: the order of the C locale, the same on every machine. */
export function compareBytewise(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** All of a stream in one buffer. For what is known to be small or must lie in memory anyway. */
export async function collect(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

import {createHash, hash} from 'node:crypto'
import {fail} from '#lib/diagnostics.ts'

/** `sha256:` and 64 lower-case hex digits: the one algorithm this project writes. */
export type Digest = `sha256:${string}`

export function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text)
}

/** @throws O020 not a sha256 digest */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  fail({
    code: 'O020',
    message: `${JSON.stringify(text)} is not a digest`,
    expected: 'sha256: and 64 lower-case hex digits',
  })
}

export function digestOf(data: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', data, 'hex')}`
}

/** The 64 hex digits. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

export async function digestStream(
  data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{digest: Digest; size: number}> {
  const sum = createHash('sha256')
  let size = 0
  for await (const part of data) {
    sum.update(part)
    size += part.length
  }
  return {digest: `sha256:${sum.digest('hex')}`, size}
}

/**
 * Passes data through and throws at its end when they are not what was announced; a reader that keeps
 * nothing until the stream has ended never holds wrong data.
 * @throws O021 other bytes than announced
 */
export async function* verified(
  data: AsyncIterable<Uint8Array>,
  expected: {digest: Digest; size: number},
  name: string,
): AsyncGenerator<Uint8Array> {
  const sum = createHash('sha256')
  let size = 0
  for await (const part of data) {
    sum.update(part)
    size += part.length
    if (size > expected.size) break
    yield part
  }
  if (size !== expected.size) wrong(name, `${expected.size} bytes`, size > expected.size ? 'more' : `${size}`)
  const found = `sha256:${sum.digest('hex')}`
  if (found !== expected.digest) wrong(name, expected.digest, found)
}

/** As `verified`, for data in memory. @throws O021 */
export function verify(data: Uint8Array, expected: {digest: Digest; size?: number}, name: string): void {
  if (expected.size !== undefined && data.length !== expected.size)
    wrong(name, `${expected.size} bytes`, `${data.length}`)
  const found = digestOf(data)
  if (found !== expected.digest) wrong(name, expected.digest, found)
}

function wrong(name: string, expected: string, found: string): never {
  fail({
    code: 'O021',
    message: `${name} is not what it should be: it has ${found}`,
    expected,
    hint: 'it was damaged or replaced: remove it and run the command again',
  })
}

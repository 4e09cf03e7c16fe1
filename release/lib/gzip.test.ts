import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {gunzipSync, gzipSync, inflateRawSync} from 'node:zlib'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {deflatePiece, pieceSize} from './deflate.ts'
import {gunzip, gzip} from './gzip.ts'

/** Pseudo-random but compressible, the same in every run. */
function sample(size: number): Buffer {
  const out = Buffer.alloc(size)
  let state = 12345
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    out[i] = 97 + ((state >>> 16) % (i % 7 === 0 ? 26 : 4))
  }
  return out
}

describe('gzip', () => {
  it('is unpacked by zlib', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({maxLength: 5000}), async data => {
        expect(gunzipSync(await gzip(data))).toEqual(Buffer.from(data))
      }),
    )
  })

  it('joins pieces whatever they hold and wherever in a byte they end', () => {
    const piece = fc.oneof(
      fc.uint8Array({maxLength: 600}),
      // Few different bytes, and runs: fixed and dynamic codes, matches up to the end.
      fc.array(fc.constantFrom(0, 1, 97), {maxLength: 2000}).map(bytes => Uint8Array.from(bytes)),
      fc
        .tuple(fc.nat(255), fc.integer({min: 1, max: 70_000}))
        .map(([byte, n]) => new Uint8Array(n).fill(byte)),
    )
    fc.assert(
      fc.property(fc.array(piece, {minLength: 1, maxLength: 6}), pieces => {
        const packed = pieces.map((data, i) => deflatePiece(data, i === pieces.length - 1))
        expect(inflateRawSync(Buffer.concat(packed))).toEqual(Buffer.concat(pieces))
      }),
      {numRuns: 300},
    )
  })

  it('is one member, also when its size is that of whole pieces', async () => {
    for (const size of [0, 1, pieceSize - 1, pieceSize, pieceSize + 1, 2 * pieceSize]) {
      const data = sample(size)
      const packed = await gzip(data)
      // `info` tells how much was read: a second member or rubbish at the end would be left over.
      const {buffer, engine} = inflateRawSync(packed.subarray(10, -8), {info: true}) as unknown as {
        buffer: Buffer
        engine: {bytesWritten: number}
      }
      expect(Buffer.compare(buffer, data)).toBe(0)
      expect(engine.bytesWritten).toBe(packed.length - 18)
    }
  })

  it('gives the same bytes with any number of threads', async () => {
    const data = sample(5 * pieceSize + 54_321)
    const [one, two, three] = await Promise.all([1, 2, 3].map(threads => gzip(data, {threads})))
    expect(Buffer.compare(gunzipSync(one as Buffer), data)).toBe(0)
    expect(Buffer.compare(one as Buffer, two as Buffer)).toBe(0)
    expect(Buffer.compare(one as Buffer, three as Buffer)).toBe(0)
  })

  it('has a header without time or name', async () => {
    expect((await gzip(Buffer.from('x'))).subarray(0, 10).toString('hex')).toBe('1f8b0800000000000003')
  })

  // If this fails, every released artifact would change its bytes: that is a decision, not an accident.
  it('has not changed its bytes', async () => {
    const digest = createHash('sha256')
      .update(await gzip(sample(2_300_000)))
      .digest('hex')
    expect(digest).toBe('b020dd95694b2701872adeb2ad5da338c09588cc760847d7eb0f8f53a2e2ec38')
  })

  it('compresses about as well as zlib', async () => {
    const text = readFileSync(import.meta.filename)
    const program = readFileSync(process.execPath).subarray(20 << 20, 21 << 20)
    for (const data of [text, program])
      expect((await gzip(data)).length).toBeLessThan(gzipSync(data).length * 1.02)
  })
})

describe('gunzip', () => {
  it('refuses what is no gzip, is cut off, or is a bomb', async () => {
    const [whole, bomb] = [await gzip(sample(1000)), await gzip(Buffer.alloc(1 << 20))]
    expect(() => gunzip(Buffer.from('hello'))).toThrow(/A020/)
    expect(() => gunzip(whole.subarray(0, 50))).toThrow(/A020/)
    expect(() => gunzip(bomb, 'bomb', 1000)).toThrow(/A020.*bomb/)
  })
})

import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {gunzipSync, gzipSync} from 'node:zlib'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {collect} from './bytes.ts'
import {gunzip, gzip, gzipStream} from './gzip.ts'

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
  it('is unpacked by zlib', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 5000}), data => {
        expect(gunzipSync(gzip(data))).toEqual(Buffer.from(data))
      }),
    )
  })

  it('gives the same bytes for a stream, however it is cut', async () => {
    const data = sample((1 << 20) + 54_321)
    const whole = gzip(data)
    expect(gunzipSync(whole)).toEqual(data)
    const cut = fc.array(fc.integer({min: 0, max: data.length}), {maxLength: 6})
    await fc.assert(
      fc.asyncProperty(cut, async cuts => {
        const at = [0, ...cuts.sort((a, b) => a - b), data.length]
        const parts = at.slice(1).map((end, i) => data.subarray(at[i], end))
        expect(Buffer.compare(await collect(gzipStream(parts)), whole)).toBe(0)
      }),
      {numRuns: 3},
    )
    for (const size of [0, 1, 1 << 20, (1 << 20) + 1])
      expect(
        Buffer.compare(await collect(gzipStream([data.subarray(0, size)])), gzip(data.subarray(0, size))),
      ).toBe(0)
  })

  it('has a header without time or name', () => {
    expect(gzip(Buffer.from('x')).subarray(0, 10).toString('hex')).toBe('1f8b0800000000000003')
  })

  // If this fails, every released artifact would change its bytes: that is a decision, not an accident.
  it('has not changed its bytes', () => {
    const digest = createHash('sha256')
      .update(gzip(sample(300_000)))
      .digest('hex')
    expect(digest).toBe('7cd7c66d2e4c549ff5460d00b2fa2a37285e7ebe21d00d1ce9b52f0128b342b9')
  })

  it('compresses about as well as zlib', () => {
    const data = readFileSync(import.meta.filename)
    expect(gzip(data).length).toBeLessThan(gzipSync(data).length * 1.03)
  })
})

describe('gunzip', () => {
  it('refuses what is no gzip, is cut off, or is a bomb', () => {
    expect(() => gunzip(Buffer.from('hello'))).toThrow(/A020/)
    expect(() => gunzip(gzip(sample(1000)).subarray(0, 50))).toThrow(/A020/)
    expect(() => gunzip(gzip(Buffer.alloc(1 << 20)), 'bomb', 1000)).toThrow(/A020.*bomb/)
  })
})

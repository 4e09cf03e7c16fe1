import {describe, expect, it} from 'vitest'
import {parseChallenge} from './auth.ts'
import {lineTrouble, parseRetryAfter, retry, Trouble} from './retry.ts'

const now = Date.parse('2026-01-01T00:00:00Z')

describe('parseRetryAfter', () => {
  it.each<[string | null, number | undefined]>([
    [null, undefined],
    ['', undefined],
    ['3', 3000],
    ['0.5', 500],
    ['1.88ms', 1.88],
    ['1m30s', 90_000],
    ['250µs', 0.25],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['soon', undefined],
  ])('reads %j', (text, ms) => {
    const found = parseRetryAfter(text, now)
    if (ms === undefined) expect(found).toBeUndefined()
    else expect(found).toBeCloseTo(ms, 6)
  })
})

describe('retry', () => {
  const slept: number[] = []
  const options = {
    attempts: 5,
    first: 100,
    most: 350,
    random: () => 0,
    sleep: async (ms: number) => void slept.push(ms),
  }

  it('waits longer each time, as long as it was asked to, and then gives up', async () => {
    slept.length = 0
    let tries = 0
    const work = async () => {
      throw new Trouble('R002', 'busy', {after: ++tries === 2 ? 4000 : tries === 3 ? 3_600_000 : undefined})
    }
    await expect(retry('pushing', options, work)).rejects.toMatchObject({
      exit: 3,
      message: expect.stringMatching(/R002: pushing failed 5 times.*busy/),
    })
    // An hour is not waited for, but two minutes are.
    expect(slept).toEqual([50, 4000, 120_000, 175])
  })

  it('does not try again what is no trouble', async () => {
    let tries = 0
    const work = async () => {
      tries++
      throw new Error('a bug')
    }
    await expect(retry('x', options, work)).rejects.toThrow('a bug')
    expect(tries).toBe(1)
  })
})

describe('lineTrouble', () => {
  const failed = (code: string) =>
    new TypeError('fetch failed', {cause: Object.assign(new Error(code), {code})})
  it('tells a bad line from a bad certificate, a missing host, and a bug', () => {
    for (const code of ['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EAI_AGAIN', 'UND_ERR_SOCKET'])
      expect(() => lineTrouble(failed(code), 'x.io'), code).toThrow(Trouble)
    for (const code of [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'CERT_HAS_EXPIRED',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ])
      expect(() => lineTrouble(failed(code), 'x.io'), code).toThrow(/R006/)
    // As Node throws it for a proxy that answers CONNECT with 407.
    const refused = new DOMException('Request was cancelled.', {
      name: 'AbortError',
      cause: Object.assign(new Error('Proxy response (407)'), {code: 'UND_ERR_ABORTED'}),
    })
    expect(() => lineTrouble(new TypeError('fetch failed', {cause: refused}), 'x.io')).toThrow(/x\.io.*407/)
    expect(() => lineTrouble(failed('ENOTFOUND'), 'x.io')).toThrow(/R001: there is no host/)
    expect(() => lineTrouble(new TypeError('x is not a function'), 'x.io')).toThrow('not a function')
  })
})

// The words are Node's: a newer one that chose others would make an unexpected fault of it.
it('says of a port that is blocked that it is one, at once', async () => {
  const host = '127.0.0.1:6000'
  const asked = fetch(`http://${host}`).catch(error => lineTrouble(error, host))
  await expect(asked).rejects.toThrow(`R012: ${host} has a port`)
})

describe('parseChallenge', () => {
  it('reads what registries ask', () => {
    expect(
      parseChallenge('Bearer realm="https://a.io/t?x=1",service="a, b",scope="repository:x:pull,push"'),
    ).toEqual({
      scheme: 'bearer',
      parameters: {realm: 'https://a.io/t?x=1', service: 'a, b', scope: 'repository:x:pull,push'},
    })
    expect(parseChallenge('basic Realm="r \\"q\\""')).toEqual({scheme: 'basic', parameters: {realm: 'r "q"'}})
    expect(parseChallenge('Negotiate, Basic realm=plain')).toEqual({
      scheme: 'basic',
      parameters: {realm: 'plain'},
    })
    expect(
      parseChallenge('Basic realm="b", Bearer realm="https://t/token",service="s", Digest realm="d"'),
    ).toEqual({
      scheme: 'bearer',
      parameters: {realm: 'https://t/token', service: 's'},
    })
    expect(parseChallenge('Bearer realm="https://t/token", Basic realm="b, Bearer realm=x"')).toEqual({
      scheme: 'bearer',
      parameters: {realm: 'https://t/token'},
    })
    expect(parseChallenge('Negotiate')).toBeUndefined()
    expect(parseChallenge(null)).toBeUndefined()
  })
})

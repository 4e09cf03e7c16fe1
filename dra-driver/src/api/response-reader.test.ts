import {describe, expect, test} from 'vitest'
import {ResponseReader} from './response-reader.ts'

/** What comes of a response that arrives in these pieces. */
function read(pieces: readonly Buffer[]) {
  let body = ''
  const reader = new ResponseReader(bytes => {
    body += bytes
  })
  for (const piece of pieces) reader.push(piece)
  return {status: reader.status, body, done: reader.done, isReusable: reader.isReusable}
}

/** The same response whole, in two pieces cut at each place, and byte by byte: it must always mean the same. */
function readEveryWay(text: string) {
  const bytes = Buffer.from(text, 'latin1')
  const whole = read([bytes])
  const singles = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
  expect(read(singles)).toEqual(whole)
  for (let at = 1; at < bytes.length; at++)
    expect(read([bytes.subarray(0, at), bytes.subarray(at)]), `cut at ${at}`).toEqual(whole)
  return whole
}

const lines = (...all: string[]) => all.join('\r\n')

describe('a response', () => {
  test.each([
    ['of a given length', lines('HTTP/1.1 200 OK', 'Content-Length: 5', '', 'hello'), 200, 'hello'],
    ['without a body', lines('HTTP/1.1 404 Not Found', 'content-length: 0', '', ''), 404, ''],
    ['that may not have one', lines('HTTP/1.1 204 No Content', 'Audit-Id: x', '', ''), 204, ''],
    ['without a reason', lines('HTTP/1.1 200', 'content-length:2', '', 'ok'), 200, 'ok'],
    [
      'in chunks, with an extension and trailers',
      lines(
        'HTTP/1.1 200 OK',
        'Transfer-Encoding: chunked',
        '',
        '5;a=b',
        'hello',
        'A',
        ' to\r\nchunk',
        '0',
        'X: y',
        '',
        '',
      ),
      200,
      'hello to\r\nchunk',
    ],
    [
      'after interim ones',
      lines(
        'HTTP/1.1 100 Continue',
        '',
        'HTTP/1.1 103 Early Hints',
        'Link: x',
        '',
        'HTTP/1.1 201 Created',
        'Content-Length: 1',
        '',
        'x',
      ),
      201,
      'x',
    ],
  ])('%s', (_what, text, status, body) => {
    expect(readEveryWay(text)).toEqual({status, body, done: true, isReusable: true})
  })

  test('ends with its connection when it has no length', () => {
    const text = lines('HTTP/1.1 200 OK', 'Content-Type: text/plain', '', 'some bytes')
    expect(readEveryWay(text)).toEqual({status: 200, body: 'some bytes', done: false, isReusable: false})
    const reader = new ResponseReader(() => {})
    reader.push(Buffer.from(text))
    reader.close()
    expect(reader.done).toBe(true)
  })

  test('that is cut does not end', () => {
    const reader = new ResponseReader(() => {})
    reader.push(Buffer.from(lines('HTTP/1.1 200 OK', 'Content-Length: 5', '', 'hell')))
    reader.close()
    expect(reader.done).toBe(false)
  })

  test.each([
    ['HTTP/1.1', 'Connection: close', false],
    ['HTTP/1.1', 'Connection: TE, Close', false],
    ['HTTP/1.0', 'X: y', false],
    ['HTTP/1.0', 'Connection: keep-alive', true],
  ])('%s with %s: another request may follow is %s', (version, header, isReusable) => {
    expect(readEveryWay(lines(`${version} 200 OK`, header, 'Content-Length: 0', '', ''))).toMatchObject({
      isReusable,
    })
  })

  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9\r\n\r\n', 'no HTTP'],
    ['a length that is none', lines('HTTP/1.1 200 OK', 'Content-Length: -1', '', ''), 'length'],
    [
      "a chunk's size that is none",
      lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', 'xyz', ''),
      'length',
    ],
    [
      'a chunk that is longer than its size',
      lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '5', 'hello you', '0', '', ''),
      'longer',
    ],
    ['more than the answer', lines('HTTP/1.1 200 OK', 'Content-Length: 1', '', 'ab'), 'more came'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`, 'no end'],
  ])('%s is refused', (_what, text, message) => {
    expect(() => read([Buffer.from(text)])).toThrow(message)
  })
})

import {expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {ApiError} from './client.ts'
import {untilAnswered} from './wait.ts'

const never = new AbortController().signal

function asked(...errors: unknown[]) {
  const lines: string[] = []
  const ask = async () => {
    if (errors.length > 0) throw errors.shift()
  }
  return {ask, lines, log: (_: string, message: string) => void lines.push(message)}
}

test('a server that cannot be reached, or is not ready, is asked again', async () => {
  const {ask, log, lines} = asked(
    Object.assign(new Error('x'), {code: 'ECONNREFUSED'}),
    new ApiError(503, 'x', 'x'),
  )
  await untilAnswered(ask, log, never)
  expect(lines).toHaveLength(2)
})

test('a server that has too much to do is asked again', async () => {
  const {ask, log, lines} = asked(new ApiError(429, 'TooManyRequests', 'x'))
  await untilAnswered(ask, log, never)
  expect(lines).toHaveLength(1)
})

test('an answer that says no is passed on', async () => {
  for (const error of [new ApiError(403, 'Forbidden', 'no'), new DiagnosticError([], 3)]) {
    const {ask, log, lines} = asked(error)
    await expect(untilAnswered(ask, log, never)).rejects.toBe(error)
    expect(lines).toEqual([])
  }
})

test('whoever wants it to end does not wait', async () => {
  const {ask, log} = asked(new Error('x'), new Error('x'), new Error('x'))
  const ending = new AbortController()
  const waiting = untilAnswered(ask, log, ending.signal)
  ending.abort()
  await expect(waiting).rejects.toThrow('aborted')
})

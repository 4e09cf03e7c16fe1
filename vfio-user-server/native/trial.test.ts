import {expect, test} from 'vitest'
import {loadPeer} from './peer.ts'

const {tryWays} = await loadPeer()
/** Ten seconds of messages and more. */
const messages = 1_000_000

test.each([
  ['a poller that is twice as fast polls', 10_000, 20_000, 0, 980, 1000],
  ['a slower one sleeps', 20_000, 18_000, 0, 0, 20],
  ['a much slower one sleeps', 2_000_000, 10_000, 0, 0, 2],
  ['where it makes no difference, it polls as it was told to', 100_000, 100_000, 0, 980, 1000],
  ['who loses the processor again and again sleeps, however fast it would be', 10_000, 20_000, 5, 0, 5],
  ['losing it once in a second is no reason', 10_000, 20_000, 100_000, 950, 1000],
])('%s', (_what, polled, slept, spoiled, least, most) => {
  const parts = tryWays(polled, slept, messages, spoiled, 0)
  expect(parts).toBeGreaterThanOrEqual(least)
  expect(parts).toBeLessThanOrEqual(most)
})

test('who speaks in bursts shorter than a term is judged as well', () => {
  expect(tryWays(10_000, 20_000, messages, 100_000, 800)).toBeGreaterThanOrEqual(900)
  expect(tryWays(20_000, 10_000, messages, 0, 800)).toBeLessThanOrEqual(20)
})

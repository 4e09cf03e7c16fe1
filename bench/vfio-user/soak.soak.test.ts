import {expect, test} from 'vitest'
import {tailRow} from './measure.ts'
import {soak} from './soak.ts'

const seconds = Number(process.env.SOAK_SECONDS ?? 600)

test(`${seconds} s at 10,000 reads/s: a tail like C's, memory and descriptors flat`, {
  timeout: (seconds * 3 + 120) * 1000,
}, async () => {
  const {pairs, first, last} = await soak(seconds)
  const {ours, theirs, ratio, note} = tailRow('p99.9', pairs, 'p999', 2, 'blocking C')
  console.log({ours, theirs, ratio, note, first, last})
  // The last client may not be quite gone at either moment.
  expect(Math.abs(last.fds - first.fds)).toBeLessThanOrEqual(1)
  expect(last.own - first.own).toBeLessThan(4)
  expect(ratio?.value).toBeLessThanOrEqual(2)
})

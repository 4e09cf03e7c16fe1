import {expect, test} from 'vitest'
import {growth, soak} from './soak.ts'

test('hundreds of claims leave nothing behind', {timeout: 120_000}, async () => {
  const {files, anonymous, left, errors, checkpointBytes} = await soak(320, 160)
  expect([errors, left]).toEqual([[], []])
  expect(Math.max(...files) - Math.min(...files)).toBeLessThanOrEqual(8)
  // Not warm before its end: this sees only the coarsest leak, the soak tier the others.
  expect(growth(anonymous)).toBeLessThan(12)
  expect(checkpointBytes).toBeLessThan(30_000)
})

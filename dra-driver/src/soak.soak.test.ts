import {expect, test} from 'vitest'
import {growth, soak} from './soak.ts'

/** 10,000 in ten minutes that a soak lasts by itself; it takes less. */
const count = Math.ceil((Number(process.env.SOAK_SECONDS ?? 600) / 600) * 10_000)

test(`${count} claims: memory and descriptors flat`, {timeout: 1_800_000}, async () => {
  const {files, anonymous, left, errors, checkpointBytes} = await soak(count, count / 5)
  const grown = growth(anonymous)
  console.log({count, files: [Math.min(...files), Math.max(...files)], mib: anonymous.at(-1), grown})
  expect([errors, left]).toEqual([[], []])
  // A scan of the devices may be under way.
  expect(Math.max(...files) - Math.min(...files)).toBeLessThanOrEqual(16)
  expect(files.at(-1)).toBeLessThanOrEqual((files[0] ?? 0) + 8)
  // 1 KiB a claim would be 4 MiB.
  expect(grown).toBeLessThan(3)
  expect(checkpointBytes).toBeLessThan(30_000)
})

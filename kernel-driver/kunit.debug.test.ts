import {readFileSync} from 'node:fs'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {debugKernel} from '#testbed/debug-kernel/kernel.ts'
import {readKtap} from '#testbed/debug-kernel/ktap.ts'
import {debugModule} from '#testbed/debug-kernel/module.ts'
import {bootOptions, faultsOf, leaks} from '#testbed/debug-kernel/watch.ts'
import {type Guest, startGuest} from '#testbed/guest/guest.ts'

/* The module without a device, in a kernel with KUnit that watches it. */

let guest: Guest
beforeAll(async () => {
  const kernel = await debugKernel()
  const {path} = await debugModule(kernel)
  guest = await startGuest({
    kernel: kernel.image,
    files: {'mock-accel.ko': {from: path}},
    append: `${bootOptions.append} kunit.enable=1`,
    timeout: bootOptions.timeout,
  })
}, 1_800_000)
afterAll(async () => {
  await guest?.stop()
})

test('the cases of mock-accel-test.c pass', async () => {
  const source = readFileSync('kernel-driver/mock-accel-test.c', 'utf8')
  const cases = [...source.matchAll(/KUNIT_CASE\((\w+)\)/g)].map(m => m[1])
  const log = await guest.get('insmod /mock-accel.ko && rmmod mock_accel && dmesg')
  const results = readKtap(log)
  expect(results.map(r => r.name.split('.')[1])).toEqual(cases)
  expect(results.filter(r => !r.ok || r.skipped)).toEqual([])
})

test('it comes and goes, and leaves nothing', async () => {
  const round = 'insmod /mock-accel.ko && rmmod mock_accel || exit 1'
  const faults = await faultsOf(guest, async () => {
    await guest.get(`for n in 1 2 3 4 5; do ${round}; done`)
  })
  expect(faults).toEqual([])
  expect(await leaks(guest)).toBe('')
}, 300_000)

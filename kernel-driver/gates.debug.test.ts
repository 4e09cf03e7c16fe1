import {beforeAll, expect, test} from 'vitest'
import {type DebugKernel, debugKernel} from '#testbed/debug-kernel/kernel.ts'
import {checkpatch, debugModule, driverSources, sparse} from '#testbed/debug-kernel/module.ts'

/* What the kernel's own tools say of the driver's source: nothing. */

let kernel: DebugKernel
beforeAll(async () => {
  kernel = await debugKernel()
}, 1_800_000)

test('the compiler with W=1', async () => {
  expect((await debugModule(kernel)).warnings).toBe('')
})

test('sparse', async () => {
  expect(await sparse(kernel)).toBe('')
})

test('checkpatch --strict', async () => {
  const files = await driverSources()
  expect(files).toContain('pci.c')
  expect(await checkpatch(kernel, files)).toBe('')
})

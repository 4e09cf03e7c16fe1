import {afterAll, beforeAll, expect, test, vi} from 'vitest'
import {debugKernel} from '#testbed/debug-kernel/kernel.ts'
import {debugModule} from '#testbed/debug-kernel/module.ts'
import {bootOptions, faultsOf, leaks} from '#testbed/debug-kernel/watch.ts'
import {type Machine, paths, startMachine} from '#testbed/guest/machine.ts'
import {guestProgram} from '#testbed/guest/program.ts'

/*
 * Each allocation fails once, the first, the second, and so on to the last: what was begun is undone, and afterwards
 * the same succeeds. One node: with several, the kernel probes in a thread that does not inherit the failure.
 */

const topology = `
apiVersion: mock-accel/v1
kind: Topology
memory: 1Gi
devices:
  - {vfs: 2}
`

let machine: Machine
let address = ''
const get = (script: string, timeout = slow) => machine.guest.get(script, timeout)
/** Milliseconds: each of some hundred rounds is a whole probe, in a slow kernel. */
const slow = 1_200_000
vi.setConfig({testTimeout: slow})
const driver = '/sys/bus/pci/drivers/mock_accel'

/**
 * Runs the program, and answers how often something ended how; nothing may have been said about it but that there was no
 * memory, and the kernel's own wonder that a file of /proc/irq, for which there was none, is not there to be removed.
 */
async function failing(words: string): Promise<Record<string, string>> {
  let told = ''
  const work = async () => {
    told = await get(`fail-nth ${words}`)
  }
  const faults = await faultsOf(machine.guest, work, /unregister_irq_proc|warn_alloc/)
  expect(faults).toEqual([])
  return Object.fromEntries(told.split('\n').map(line => line.split(' ')))
}

beforeAll(async () => {
  const kernel = await debugKernel()
  const {path} = await debugModule(kernel)
  const program = await guestProgram('kernel-driver/exercise/fail-nth.c', 'kernel-driver/include/uapi')
  machine = await startMachine({
    line: 'debug',
    kernel: {image: kernel.image, module: path},
    topology,
    ...bootOptions,
    files: {'bin/fail-nth': {from: program}},
  })
  await get(`mount -t debugfs debug /sys/kernel/debug
    echo 0 > /sys/kernel/debug/failslab/verbose
    echo N > /sys/kernel/debug/failslab/ignore-gfp-wait
    insmod ${paths.module}`)
  address = await get('cat /sys/class/mock-accel/mock0/pci_address')
}, 1_800_000)
afterAll(async () => {
  await machine?.stop()
})

test('bind', async () => {
  await get(`echo ${address} > ${driver}/unbind`)
  const counts = await failing(`write ${driver}/bind ${address} ${driver}/unbind ${address}`)
  expect(counts.last).toBe('ok')
  // A probe has dozens of allocations of its own and of the kernel on its behalf.
  expect(Number(counts.ENOMEM)).toBeGreaterThan(20)
  expect(await get('ls /sys/class/mock-accel | wc -l')).toBe('0')
  await get(`echo ${address} > ${driver}/bind && ls /sys/class/mock-accel/mock0 /dev/mock0`)
})

test('unbind never fails', async () => {
  const counts = await failing(`write ${driver}/unbind ${address} ${driver}/bind ${address}`)
  expect(counts.last).toBe('ok')
  // The first allocation is the copy of what write(2) is given: with it failing, nobody was asked to unbind.
  expect(counts).toEqual({allocations: counts.ok, last: 'ok', ok: counts.ok, ENOMEM: '1'})
  expect(Number(counts.ok)).toBeGreaterThan(5)
})

test('open, generate, poll and read', async () => {
  const counts = await failing('use /dev/mock0')
  expect(counts.last).toBe('ok')
  expect(Number(counts.ENOMEM)).toBeGreaterThan(0)
})

/*
 * VFs are made first, and bound then: when an allocation of the PCI core's own pci_iov_add_virtfn() fails, the next try
 * ends in its BUG_ON(), whosever PF it is.
 */
test('bind of a VF', async () => {
  const vf = await get(`cd /sys/bus/pci/devices/${address}
    echo 0 > sriov_drivers_autoprobe && echo 2 > sriov_numvfs && echo 1 > sriov_drivers_autoprobe || exit 1
    basename $(readlink virtfn1)`)
  const counts = await failing(`write ${driver}/bind ${vf} ${driver}/unbind ${vf}`)
  expect(counts.last).toBe('ok')
  expect(Number(counts.ENOMEM)).toBeGreaterThan(20)
  await get(`echo ${vf} > ${driver}/bind && ls /sys/class/mock-accel/mock0v1 /dev/mock0v1`)
  await get(`echo 0 > /sys/bus/pci/devices/${address}/sriov_numvfs`)
})

test('nothing leaked, and everything watched to the end', async () => {
  expect(await leaks(machine.guest)).toBe('')
})

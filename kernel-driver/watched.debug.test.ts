import {afterAll, beforeAll, expect, test, vi} from 'vitest'
import {debugKernel} from '#testbed/debug-kernel/kernel.ts'
import {debugModule} from '#testbed/debug-kernel/module.ts'
import {bootOptions, faultsOf, leaks} from '#testbed/debug-kernel/watch.ts'
import {type Machine, paths, startMachine} from '#testbed/guest/machine.ts'

/*
 * The module with devices, in a kernel that watches locks, memory and lifetimes: whatever users and administrators
 * do at once, it has nothing to say. What they get for it is the other guest tests' matter.
 */

const topology = `
apiVersion: mock-accel/v1
kind: Topology
numa: [{id: 0, memory: 512Mi}, {id: 1, memory: 512Mi}]
devices:
  - {numa: 0, vfs: 2}
  - {numa: 1, vfs: 2}
`

/** Milliseconds: each of these takes a second on a kernel that does not watch. */
const slow = 600_000
vi.setConfig({testTimeout: slow})

let machine: Machine
const get = (script: string, timeout = slow) => machine.guest.get(script, timeout)
const silently = async (script: string) =>
  expect(await faultsOf(machine.guest, () => get(script))).toEqual([])

const vfs = (count: number) =>
  `for f in /sys/class/mock-accel/mock*/device/sriov_numvfs; do echo ${count} > $f || exit 1; done`
const pfs = `pfs=$(cd /sys/bus/pci/drivers/mock_accel && ls -d *:*)`

beforeAll(async () => {
  const kernel = await debugKernel()
  const {path} = await debugModule(kernel)
  machine = await startMachine({
    line: 'debug',
    kernel: {image: kernel.image, module: path},
    topology,
    ...bootOptions,
  })
  await get(`insmod ${paths.module}`)
}, 1_800_000)
afterAll(async () => {
  await machine?.stop()
})

test('two functions on two nodes', async () => {
  expect(await get('cat /sys/class/mock-accel/mock*/numa_node | sort')).toBe('0\n1')
})

test('bound and unbound', async () => {
  await silently(`${pfs}; cd /sys/bus/pci/drivers/mock_accel
    for n in 1 2 3 4 5 6 7 8 9 10; do for d in $pfs; do
      echo $d > unbind && echo $d > bind || exit 1
    done; done`)
})

test('VFs on and off, and a PF that is unbound with VFs on', async () => {
  await silently(`for n in 1 2 3; do ${vfs(2)}; ls /dev/mock0v1 || exit 2; ${vfs(0)}; done
    ${vfs(2)}; ${pfs}; cd /sys/bus/pci/drivers/mock_accel
    for d in $pfs; do case $d in *.0) echo $d > unbind || exit 3; echo $d > bind || exit 4;; esac; done`)
})

test('every attribute and every device in use, while devices come and go', async () => {
  await silently(`rm -f /tmp/end; exercise hammer 3 /tmp/end > /tmp/hammer &
    until grep -qs running /tmp/hammer; do :; done
    ${pfs}; cd /sys/bus/pci/drivers/mock_accel
    ${vfs(2)}; sleep 1; ${vfs(0)}
    for d in $pfs; do echo $d > unbind && echo $d > bind || exit 1; done
    touch /tmp/end; wait`)
})

test('passphrases by eight readers and four writers', async () => {
  await silently('exercise race mock0 3 > /tmp/race')
})

test('the module leaves under load, and descriptors outlive their device', async () => {
  await silently(`rm -f /tmp/end /tmp/go; exercise hammer 3 /tmp/end > /tmp/hammer &
    exercise hold /dev/mock0 /tmp/go > /tmp/held &
    until grep -qs running /tmp/hammer && grep -qs open /tmp/held; do :; done
    ${pfs}; cd /sys/bus/pci/drivers/mock_accel
    for d in $pfs; do echo $d > unbind || exit 1; done
    touch /tmp/go
    tries=0
    until rmmod mock_accel 2>/dev/null; do tries=$((tries + 1)); [ $tries -lt 1000 ] || exit 2; done
    touch /tmp/end; wait
    insmod ${paths.module}`)
})

test('health changes, seen and unseen', async () => {
  const faults = await faultsOf(machine.guest, async () => {
    for (const value of ['degraded', 'failed']) {
      await machine.server.inject('pf0', 'health', value)
      await get('sleep 1; cat /sys/class/mock-accel/mock*/health')
    }
    await machine.server.clear('pf0')
  })
  expect(faults).toEqual([])
})

test('the server dies under load; the guest goes on and the module leaves', async () => {
  const faults = await faultsOf(machine.guest, async () => {
    await get(`rm -f /tmp/end; exercise hammer 3 /tmp/end > /tmp/hammer &
      until grep -qs running /tmp/hammer; do :; done`)
    await machine.server.kill()
    await get(`sleep 2; touch /tmp/end; until grep -q ^ok /tmp/hammer; do sleep 1; done; rmmod mock_accel`)
  })
  expect(faults).toEqual([])
})

test('nothing leaked, and everything watched to the end', async () => {
  expect(await leaks(machine.guest)).toBe('')
})

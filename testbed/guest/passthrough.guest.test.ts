import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {examples, shown} from './console.ts'
import {type Machine, paths, startMachine} from './machine.ts'
import {personFiles} from './person.ts'
import {splats} from './splat.ts'

/* Functions handed over to vfio-pci behind the guest's IOMMU, as docs/guides/testing-passthrough.md says. */

const page = readFileSync(join(import.meta.dirname, '../../docs/guides/testing-passthrough.md'), 'utf8')
const [topology = ''] = page.match(/(?<=```yaml topology\n)[\s\S]*?(?=```)/) ?? []

let machine: Machine
const get = (script: string) => machine.guest.get(script)
const hand = (address: string, from: string, to: string, override = '') =>
  get(`echo ${override} > /sys/bus/pci/devices/${address}/driver_override
    echo ${address} > /sys/bus/pci/drivers/${from}/unbind; echo ${address} > /sys/bus/pci/drivers/${to}/bind`)
const stats = async (name: string) => {
  const all = (await machine.server.control('stats', {function: name})) as Record<
    string,
    {dmaMappings: number; interrupts: number}
  >
  return all[name]
}

beforeAll(async () => {
  machine = await startMachine({
    line: 'debian-13-cloud-amd64',
    topology,
    files: personFiles({module: false}),
  })
  await get(`insmod ${paths.module}; cd /sys/bus/pci/devices/0000:21:00.0
    echo 0 > sriov_drivers_autoprobe && echo 2 > sriov_numvfs && echo 1 > sriov_drivers_autoprobe`)
})
afterAll(async () => {
  await machine?.stop()
})

/* When this fails QEMU has learned to map VFs by itself: then the driver need not write BARs any more. */
test('a VF that never had its own driver has no registers; with it, it has', async () => {
  await get(`cd /sys/bus/pci/drivers/vfio-pci
    echo vfio-pci > /sys/bus/pci/devices/0000:21:00.1/driver_override; echo 0000:21:00.1 > bind`)
  const {output, code} = await machine.guest.run('passthrough 0000:21:00.1')
  expect({output, code}).toEqual({output: expect.stringMatching(/BAR0 of .* reads 0x/), code: 1})
  await hand('0000:21:00.1', 'vfio-pci', 'mock_accel')
  await get('echo 0000:21:00.2 > /sys/bus/pci/drivers/mock_accel/bind')
})

test('each function has an IOMMU group of its own', async () => {
  const groups = await get(`for a in /sys/bus/pci/drivers/mock_accel/*:*; do
    ls $a/iommu_group/devices | wc -l; done`)
  expect(groups).toBe('1\n1\n1\n1')
})

test('the page says what happens', async () => {
  const all = examples(page)
  expect(all.length).toBeGreaterThan(8)
  for (const {command, output} of all)
    expect((await machine.guest.run(command)).output, command).toMatch(shown(output))
})

test('what a program maps and asks for arrives at the server, and goes with the program', async () => {
  const [vf, name] = ['0000:21:00.2', 'pf0-vf1']
  await hand(vf, 'mock_accel', 'vfio-pci', 'vfio-pci')
  const before = await stats(name)
  await get(`passthrough ${vf} /tmp/go > /tmp/held & until grep -qs passphrase /tmp/held; do sleep 0.1; done`)
  // 64 KiB in pages of 4.
  expect(await stats(name)).toMatchObject({dmaMappings: 16, interrupts: (before?.interrupts ?? 0) + 1})
  await get('touch /tmp/go; while pidof passthrough; do sleep 0.1; done')
  expect(await stats(name)).toMatchObject({dmaMappings: 0})
  await hand(vf, 'vfio-pci', 'mock_accel')
})

test('a whole device on another NUMA node', async () => {
  await hand('0000:23:00.0', 'mock_accel', 'vfio-pci', 'vfio-pci')
  expect(await get('passthrough 0000:23:00.0')).toMatch(/label NODE1-NUMA1-PF0\ninterrupt came\n/)
})

test('the kernel had nothing to complain about', async () => {
  expect(splats(`${machine.guest.console()}\n${await get('dmesg')}`)).toEqual([])
})

import {afterAll, beforeAll, expect, test} from 'vitest'
import {type Machine, paths, readDevices, startMachine} from '#testbed/guest/machine.ts'
import {splats} from '#testbed/guest/splat.ts'

/* As many devices as one machine shall have: eight PFs on two NUMA nodes, three VFs each, 32 functions. */

const pfs = Array.from({length: 8}, (_, i) => ({numa: i % 2, label: `RACK7-SLOT${i}`, memory: `${8 + i}Gi`}))
const topology = `
apiVersion: mock-accel/v1
kind: Topology
numa: [{id: 0}, {id: 1}]
devices:
${pfs.map(pf => `  - {numa: ${pf.numa}, label: ${pf.label}, memory: ${pf.memory}, vfs: 3}`).join('\n')}
`

let machine: Machine
beforeAll(async () => {
  machine = await startMachine({line: 'debian-13-cloud-amd64', topology})
})
afterAll(async () => {
  await machine?.stop()
})

const get = (script: string, timeout?: number) => machine.guest.get(script, timeout)
const vfs = (count: number) =>
  get(`for f in /sys/class/mock-accel/mock?/device/sriov_numvfs; do echo ${count} > $f || exit 1; done`)

test('32 functions are there, each with its own name, identity and interrupt', async () => {
  await get(`insmod ${paths.module}`)
  await vfs(3)
  const devices = await readDevices(machine.guest)
  const all = Object.values(devices)
  expect(all).toHaveLength(32)
  for (const key of ['uuid', 'label', 'pci_address', 'dev'])
    expect(new Set(all.map(d => d[key])).size, key).toBe(32)
  for (const {numa, label, memory} of pfs) {
    const [name, pf] = Object.entries(devices).find(([, d]) => d.label === label) ?? []
    expect(pf).toMatchObject({type: 'pf', numa_node: `${numa}`, sriov_numvfs: '3'})
    expect(pf?.memory_size).toBe(`${Number.parseInt(memory, 10) * 2 ** 30}`)
    for (const index of [0, 1, 2])
      expect(devices[`${name}v${index}`]).toMatchObject({
        ...{type: 'vf', physfn: name, label: `${label}-VF${index}`, numa_node: `${numa}`},
      })
  }
  expect(await get('grep -c "MSI.*0000:" /proc/interrupts')).not.toBe('0')
}, 120_000)

test('all make passphrases at once, and no two are the same', async () => {
  const phrases = await get(
    'cd /dev; for d in mock*; do exercise many $d 5 > /tmp/phrases.$d & done; wait; cat /tmp/phrases.*',
    120_000,
  )
  expect(new Set(phrases.split('\n')).size).toBe(5 * 32)
  const counts = await get('cat /sys/class/mock-accel/*/passphrase_count')
  expect(counts.split('\n')).toEqual(Array.from({length: 32}, () => '5'))
}, 150_000)

test('the module leaves with all of them, and comes again', async () => {
  await get('rmmod mock_accel', 120_000)
  expect(await get('ls /dev | grep -c ^mock; true')).toBe('0')
  await get(`insmod ${paths.module}`)
  expect(Object.keys(await readDevices(machine.guest)).sort()).toEqual(pfs.map((_, i) => `mock${i}`))
  expect(splats(await get('dmesg'))).toEqual([])
}, 150_000)

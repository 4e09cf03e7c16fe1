import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Machine, paths, startMachine} from '#testbed/guest/machine.ts'

/* What `resetOnRelease` stands on: the PCI core resets one function, with the real module bound to it. */

const topology = `
apiVersion: mock-accel/v1
kind: Topology
devices: [{vfs: 2}]
`

describe('a reset by way of sysfs', () => {
  let machine: Machine
  const get = (script: string) => machine.guest.get(`cd /sys/class/mock-accel && ${script}`)
  const state = async (name: string) =>
    (await get(`cd ${name} && cat passphrase_length passphrase_status passphrase_count status health`))
      .trim()
      .split('\n')
  const use = (name: string) =>
    get(`cd ${name} && echo allocated > status && echo 9 > passphrase_length && echo 1 > passphrase_generate
      until [ "$(cat passphrase_status)" = ready ]; do :; done`)
  const used = ['9', 'ready', '1', 'allocated', 'ok']
  const fresh = ['6', 'idle', '0', 'free', 'ok']

  beforeAll(async () => {
    machine = await startMachine({line: 'debian-13-cloud-amd64', topology})
    await machine.guest.get(`insmod ${paths.module}`)
  })
  afterAll(async () => {
    await machine?.stop()
  })

  test('makes a PF as new, and it works on', async () => {
    await use('mock0')
    expect(await state('mock0')).toEqual(used)
    await get('echo 1 > mock0/device/reset')
    expect(await state('mock0')).toEqual(fresh)
    await use('mock0')
    expect(await state('mock0')).toEqual(used)
  })

  test('makes one VF as new, and leaves its neighbours alone', async () => {
    await get('echo 2 > mock0/device/sriov_numvfs')
    for (const name of ['mock0v0', 'mock0v1']) await use(name)
    await get('echo 1 > mock0v0/device/reset')
    expect([await state('mock0v0'), await state('mock0v1')]).toEqual([fresh, used])
    await use('mock0v0')
    expect(await state('mock0v0')).toEqual(used)
  })

  test('of a PF leaves its VFs in working order', async () => {
    await get('echo 1 > mock0/device/reset')
    expect(await state('mock0')).toEqual(fresh)
    for (const name of ['mock0v0', 'mock0v1']) {
      await use(name)
      expect(await state(name)).toEqual(used)
    }
  })
})

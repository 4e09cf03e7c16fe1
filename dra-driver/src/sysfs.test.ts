import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {Source} from './device.ts'
import {startInventory} from './inventory.ts'
import {silent} from './log.ts'
import {sysfsSource} from './sysfs.ts'
import {device, plug, unplug} from './testing.ts'

let root: string
let source: Source
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sysfs-'))
  source = sysfsSource({root, dev: root, log: silent})
})
afterEach(() => rmSync(root, {recursive: true}))

describe('sysfs', () => {
  test('gives all that a device says of itself', async () => {
    const {numaNode: _, ...nowhere} = device('mock2', {health: 'failed'})
    const all = [
      device('mock0'),
      device('mock0v0', {numaNode: 1}),
      device('mock1', {capabilities: 0}),
      nowhere,
    ]
    for (const one of all) plug(root, one)
    expect(await source.scan()).toEqual(all)
  })

  test('without the module has no devices', async () => {
    expect(await source.scan()).toEqual([])
  })

  test('passes over what is no device, and what stops answering while it is read', async () => {
    const all = [device('mock0'), device('mock1')]
    for (const one of all) plug(root, one)
    mkdirSync(join(root, 'class/mock-accel/other'))
    rmSync(join(root, 'class/mock-accel/mock1/uuid'))
    expect((await source.scan()).map(one => one.name)).toEqual(['mock0'])
    rmSync(join(root, 'devices'), {recursive: true})
    expect(await source.scan()).toEqual([])
  })

  test('takes a device that does not answer for failed, and knows nothing of one without the attribute', async () => {
    for (const name of ['mock0', 'mock1', 'mock2']) plug(root, device(name))
    const health = (name: string) => join(root, 'class/mock-accel', name, 'health')
    rmSync(health('mock0'))
    // No process has anything at address 0: reading there is an EIO.
    symlinkSync('/proc/self/mem', health('mock0'))
    rmSync(health('mock1'))
    expect((await source.scan()).map(one => one.health)).toEqual(['failed', 'unknown', 'ok'])
  })

  test('passes over a device whose attributes make no sense', async () => {
    plug(root, device('mock0'))
    writeFileSync(join(root, 'class/mock-accel/mock0/memory_size'), 'much\n')
    expect(await source.scan()).toEqual([])
  })

  test('knows whether a device is still the one that was found', async () => {
    plug(root, device('mock0'))
    expect(source.isSame('mock0')).toBe(false)
    await source.scan()
    expect(source.isSame('mock0')).toBe(true)
    await source.setStatus('mock0', 'allocated')
    expect(source.isSame('mock0')).toBe(true)
    unplug(root, device('mock0'))
    expect(source.isSame('mock0')).toBe(false)
    plug(root, device('mock0'))
    expect(source.isSame('mock0')).toBe(false)
    await source.scan()
    expect(source.isSame('mock0')).toBe(true)
  })

  test('writes the state, and makes no file where there is no device', async () => {
    plug(root, device('mock0'))
    await source.setStatus('mock0', 'allocated')
    expect(readFileSync(join(root, 'class/mock-accel/mock0/status'), 'utf8')).toBe('allocated')
    await source.setPassphraseLength('mock0', 9)
    expect(readFileSync(join(root, 'class/mock-accel/mock0/passphrase_length'), 'utf8')).toBe('9')
    expect(source.canReset('mock0')).toBe(true)
    await source.reset('mock0')
    expect(readFileSync(join(root, 'bus/pci/devices', device('mock0').pciAddress, 'reset'), 'utf8')).toBe('1')
    unplug(root, device('mock0'))
    expect(source.canReset('mock0')).toBe(false)
    await expect(source.setStatus('mock0', 'free')).rejects.toMatchObject({code: 'ENOENT'})
    await expect(source.setStatus('../../x', 'free')).rejects.toThrow('no device')
  })

  test('holds up nobody while a device is being reset', async () => {
    plug(root, device('mock0'))
    const reset = join(root, 'bus/pci/devices', device('mock0').pciAddress, 'reset')
    rmSync(reset)
    // Whoever writes to it waits until somebody reads: as long as a reset may take.
    execFileSync('mkfifo', [reset])
    const resetting = source.reset('mock0')
    await source.setStatus('mock0', 'allocated')
    expect(await readFile(reset, 'utf8')).toBe('1')
    await resetting
  })
})

describe('the inventory', () => {
  test('scans again when a device is not what it was', async () => {
    plug(root, device('mock0'))
    const inventory = await startInventory({source, log: silent, rescanSeconds: 3600})
    try {
      const before = inventory.current()
      expect(await inventory.present(['mock0'])).toBe(before)
      plug(root, device('mock0', {uuid: '11111111-1111-5111-8111-111111111111'}))
      expect((await inventory.present(['mock0']))[0]?.uuid).toBe('11111111-1111-5111-8111-111111111111')
      unplug(root, device('mock0'))
      expect(await inventory.present(['mock0'])).toEqual([])
    } finally {
      inventory.stop()
    }
  })

  test('keeps what it knew when a scan fails', async () => {
    plug(root, device('mock0'))
    const inventory = await startInventory({source, log: silent, rescanSeconds: 3600})
    source.scan = () => Promise.reject(new Error('EIO'))
    await inventory.refresh()
    expect(inventory.current()).toHaveLength(1)
    inventory.stop()
  })
})

import {beforeEach, expect, test} from 'vitest'
import {bar, capabilities, enums, limits, pci, registers as r} from '#lib/generated/device.ts'
import {pcie, sriov} from './config-space.ts'
import {pfIdentity, uuidText} from './identity.ts'
import {buildPf} from './machine.ts'
import type {PciFunction, PhysicalFunction} from './pci-function.ts'
import {region} from './protocol.ts'
import type {SriovMode} from './sriov.ts'

const make = (vfs = 2, mode: SriovMode = 'qemu') =>
  buildPf(
    {name: 'pf0', identity: pfIdentity('NODE1-NUMA0-PF'), memory: 16n << 30n, vfs, numa: 0},
    mode,
    size => Buffer.alloc(size),
  )
const read = (one: PciFunction, index: number, offset: number, count: number) => {
  const bytes = Buffer.alloc(count + 2, 0xa5)
  one.read(index, offset, count, bytes, 1)
  expect([bytes[0], bytes.at(-1)]).toEqual([0xa5, 0xa5])
  return bytes.subarray(1, -1)
}
const read32 = (one: PciFunction, index: number, offset: number) => read(one, index, offset, 4).readUInt32LE()
const write = (one: PciFunction, index: number, offset: number, value: number, size = 4) => {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntLE(value >>> 0, 0, size)
  one.write(index, offset, bytes)
}
const {bar0, config} = region
const control = sriov.at + sriov.control
const numVfs = sriov.at + sriov.numVfs

let pf: PhysicalFunction
let vf: PciFunction
beforeEach(() => {
  pf = make()
  vf = pf.vfs[0] as PciFunction
})
const enable = (count = 2) => {
  write(pf, config, numVfs, count, 2)
  write(pf, config, control, sriov.vfEnable | sriov.vfMemory, 2)
}

test('the header of the configuration space, byte for byte', () => {
  expect(read(pf, config, 0, 64).toString('hex').match(/.{32}/g)).toEqual([
    'e51d0100000010000100001200000000',
    '00000000000000000000000000000000',
    '000000000000000000000000e51d0100',
    '00000000400000000000000000000000',
  ])
  expect(read(make(2, 'off').vfs[0] as PciFunction, config, 2, 2)).toEqual(Buffer.of(2, 0))
  // PCI Express: version 2, endpoint, function level reset; then MSI: 64 bits, one vector, the last one.
  expect(read(pf, config, 0x40, 8).toString('hex')).toBe('1080020000800010')
  expect(read(pf, config, 0x80, 4).toString('hex')).toBe('05008000')
})

test('configuration is written through its masks, byte by byte', () => {
  const before = Buffer.from(pf.config.bytes)
  for (let at = 0; at < pci.configSize; at += 4)
    if (at < sriov.at || at >= sriov.at + sriov.size)
      write(pf, config, at, 0xffffffff & ~(at === pcie.devCtl ? 0x8000 : 0))
  const changed = [...pf.config.bytes.entries()].filter(([at, byte]) => byte !== before[at])
  expect(new Set(changed.map(([at]) => at & ~3))).toEqual(
    new Set([0x04, 0x0c, 0x10, 0x3c, 0x48, 0x50, 0x68, 0x80, 0x84, 0x88, 0x8c]),
  )
  expect(read32(pf, config, 0x10)).toBe(0xfffff000)
  expect(read32(pf, config, 0)).toBe(0x00011de5)
  expect(read(pf, config, 4, 2).readUInt16LE()).toBe(0x0546)
  write(pf, config, 0x12, 0xfe00, 2)
  write(pf, config, 0x11, 0x10, 1)
  expect(read32(pf, config, 0x10)).toBe(0xfe001000)
})

test('what identifies a function', () => {
  expect(read(pf, bar0, r.DEVICE_ID.offset, 4).toString()).toBe('MOCK')
  expect(read32(pf, bar0, r.REVISION.offset)).toBe(r.REVISION.value)
  expect(read(pf, bar0, r.LABEL.offset, 64).toString().replace(/\0+$/, '')).toBe('NODE1-NUMA0-PF')
  expect(read32(pf, bar0, r.LABEL_PTR.offset)).toBe((14 << 16) | r.LABEL.offset)
  expect(uuidText(read(pf, bar0, r.UUID.offset, 16))).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab]/)
  expect(read(vf, bar0, r.UUID.offset, 4)).toEqual(Buffer.alloc(4, 0xff))
  enable()
  expect(read(vf, bar0, r.LABEL.offset, 64).toString().replace(/\0+$/, '')).toBe('NODE1-NUMA0-PF-VF0')
  const bits = (one: PciFunction) => read32(one, bar0, r.CAPABILITIES.offset)
  expect([bits(pf), bits(vf), bits(make(0))]).toEqual([15, 15 & ~(1 << capabilities.sriov), 15 & ~4])
})

test('memory is read in any width', () => {
  const at = r.MEMORY_SIZE.offset
  expect(read(pf, bar0, at, 8).readBigUInt64LE()).toBe(16n << 30n)
  expect([read32(pf, bar0, at), read32(pf, bar0, at + 4)]).toEqual([0, 4])
  expect(read(pf, bar0, at + 4, 2).readUInt16LE()).toBe(4)
  expect(read(pf, bar0, at + 4, 1)[0]).toBe(4)
  enable()
  // A third of 16 GiB is no whole MiB.
  expect(read(vf, bar0, at, 8).readBigUInt64LE()).toBe(5461n << 20n)
})

test('read-only registers and undefined space do not take writes', () => {
  const before = Buffer.from(pf.registers.bytes)
  const written: number[] = [r.STATUS.offset, r.PASSPHRASE_CMD.offset, r.PASSPHRASE_LENGTH.offset]
  for (let at = 0; at < bar.size; at += 4) if (!written.includes(at)) write(pf, bar0, at, 0xffffffff)
  expect(pf.registers.bytes.equals(before)).toBe(true)
  write(pf, bar0, r.STATUS.offset, 2)
  expect(read32(pf, bar0, r.STATUS.offset)).toBe(0)
  write(pf, bar0, r.STATUS.offset, 1, 1)
  expect(read32(pf, bar0, r.STATUS.offset)).toBe(enums.STATUS.allocated)
})

const status = (one: PciFunction = pf) => read32(one, bar0, r.PASSPHRASE_STATUS.offset)
const turn = () => new Promise(resolve => setImmediate(resolve))
const phrase = () => read(pf, bar0, r.PASSPHRASE_BUFFER.offset, 256).toString('latin1').replace(/\0+$/, '')

test('lengths of passphrases: 4 to 12, others are refused and the old one stays', async () => {
  const length = () => read32(pf, bar0, r.PASSPHRASE_LENGTH.offset)
  expect(length()).toBe(limits.WORDS_DEFAULT)
  for (const bad of [0, 3, 13, 0x104, 0xffffffff]) {
    write(pf, bar0, r.PASSPHRASE_LENGTH.offset, bad)
    expect([length(), status()]).toEqual([6, enums.PASSPHRASE_STATUS.error])
  }
  for (let words = limits.WORDS_MIN; words <= limits.WORDS_MAX; words++) {
    write(pf, bar0, r.PASSPHRASE_LENGTH.offset, words)
    write(pf, bar0, r.PASSPHRASE_CMD.offset, 1)
    expect(status()).toBe(enums.PASSPHRASE_STATUS.busy)
    await turn()
    expect(status()).toBe(enums.PASSPHRASE_STATUS.ready)
    expect(phrase().split('-')).toHaveLength(words)
  }
  expect(read32(pf, bar0, r.PASSPHRASE_COUNT.offset)).toBe(9)
})

test('one write of command and length means the new length', async () => {
  pf.write(bar0, r.PASSPHRASE_CMD.offset, Buffer.from([1, 0, 0, 0, 9, 0, 0, 0]))
  await turn()
  expect(phrase().split('-')).toHaveLength(9)
})

test('commands while busy, and others than 1, are lost; so is what a reset overtakes', async () => {
  let raised = 0
  pf.raise = () => raised++
  for (const value of [0, 2, 0x100, 0x10001]) write(pf, bar0, r.PASSPHRASE_CMD.offset, value)
  write(pf, bar0, r.PASSPHRASE_CMD.offset + 1, 1, 1)
  expect(status()).toBe(enums.PASSPHRASE_STATUS.idle)
  write(pf, bar0, r.PASSPHRASE_CMD.offset, 1)
  write(pf, bar0, r.PASSPHRASE_CMD.offset, 1)
  write(pf, bar0, r.PASSPHRASE_LENGTH.offset, 99)
  expect(status()).toBe(enums.PASSPHRASE_STATUS.busy)
  await turn()
  expect([raised, read32(pf, bar0, r.PASSPHRASE_COUNT.offset)]).toEqual([1, 1])
  write(pf, bar0, r.PASSPHRASE_CMD.offset, 1)
  pf.reset()
  await turn()
  expect([raised, status(), phrase()]).toEqual([1, enums.PASSPHRASE_STATUS.idle, ''])
})

test('stuck busy ends when the fault does', async () => {
  pf.faults.stuckBusy = true
  write(pf, bar0, r.PASSPHRASE_CMD.offset, 1)
  await turn()
  await turn()
  expect(status()).toBe(enums.PASSPHRASE_STATUS.busy)
  pf.faults.stuckBusy = false
  pf.faultsChanged()
  await turn()
  expect(status()).toBe(enums.PASSPHRASE_STATUS.ready)
})

test('health raises the interrupt when it changes, and survives a reset', () => {
  let raised = 0
  pf.raise = () => raised++
  pf.registers.health = enums.HEALTH.failed
  pf.registers.health = enums.HEALTH.failed
  pf.reset()
  expect([raised, read32(pf, bar0, r.HEALTH.offset)]).toEqual([1, enums.HEALTH.failed])
})

test('the SR-IOV capability, byte for byte, for small reads only', () => {
  expect(read(pf, config, 0, 4096).subarray(0x100).equals(Buffer.alloc(3840))).toBe(true)
  expect(read(pf, config, 0xfc, 8).equals(Buffer.alloc(8))).toBe(true)
  const words = Array.from({length: 16}, (_, i) => read32(pf, config, sriov.at + i * 4))
  expect(words).toEqual([0x00010010, 0, 0, 0x00020002, 0, 0x00010001, 0x00020000, 1, 1, ...Array(7).fill(0)])
  const plain = make(2, 'plain')
  expect(read(plain, config, 0, 4096).readUInt32LE(0x100)).toBe(0x00010010)
  expect(read32(make(2, 'off'), config, 0x100)).toBe(0)
  expect(read32(make(0), config, 0x100)).toBe(0)
  expect(read32(vf, config, 0x100)).toBe(0)
})

test('NumVFs is taken while VF Enable is off, and never beyond TotalVFs', () => {
  write(pf, config, numVfs, 3, 2)
  expect(read(pf, config, numVfs, 2).readUInt16LE()).toBe(0)
  enable(1)
  write(pf, config, numVfs, 2, 2)
  expect(read(pf, config, numVfs, 2).readUInt16LE()).toBe(1)
  write(pf, config, sriov.at + sriov.vfBar0, 0xffffffff)
  expect(read32(pf, config, sriov.at + sriov.vfBar0)).toBe(0xfffff000)
  write(pf, config, sriov.at + sriov.totalVfs, 9, 2)
  expect(read(pf, config, sriov.at + sriov.totalVfs, 2).readUInt16LE()).toBe(2)
})

test('a VF is not there until it is enabled; who reads everything finds it', () => {
  const gone = () => pf.vfs.map(one => read32(one, config, 0) === 0xffffffff)
  expect(gone()).toEqual([true, true])
  expect(read(vf, config, 2, 2)).toEqual(Buffer.of(0xff, 0xff))
  expect(read(vf, config, 2, 4).toString('hex')).toBe('ffff0000')
  expect(read(vf, config, 0, 4096).readUInt16LE()).toBe(pci.vendor)
  expect(read(vf, config, 0x34, 1)[0]).toBe(0x40)
  enable(1)
  expect(gone()).toEqual([false, true])
  write(pf, config, control, 0, 2)
  expect(gone()).toEqual([true, true])
  enable(2)
  expect(gone()).toEqual([false, false])
  expect(make(2, 'off').vfs.map(one => read32(one, config, 0))).toEqual([0x00021de5, 0x00021de5])
})

test.each([
  ['VF Enable goes off', () => write(pf, config, control, 0, 2)],
  ['the PF is reset', () => pf.reset()],
  ['the PF is reset at function level', () => write(pf, config, pcie.devCtl, 0x8000, 2)],
])('when %s the VFs begin anew', (_, end) => {
  enable()
  write(vf, config, 0x10, 0xfe000000)
  write(vf, bar0, r.STATUS.offset, 1)
  end()
  expect(pf.sriov?.isEnabled).toBe(false)
  enable()
  expect([read32(vf, config, 0x10), read32(vf, bar0, r.STATUS.offset)]).toEqual([0, 0])
})

test('a function level reset of a VF is its own', () => {
  enable()
  write(pf, bar0, r.STATUS.offset, 1)
  write(vf, bar0, r.STATUS.offset, 1)
  write(vf, config, pcie.devCtl + 1, 0x80, 1)
  expect([read32(pf, bar0, r.STATUS.offset), read32(vf, bar0, r.STATUS.offset)]).toEqual([1, 0])
  expect(read32(vf, config, pcie.devCtl)).toBe(0x2810)
})

test('a removed card reads all ones and takes nothing', () => {
  pf.faults.removed = true
  expect(read(pf, config, 0, 8)).toEqual(Buffer.alloc(8, 0xff))
  write(pf, bar0, r.STATUS.offset, 1)
  expect(read32(pf, bar0, r.STATUS.offset)).toBe(0xffffffff)
  pf.faults.removed = false
  expect(read32(pf, bar0, r.STATUS.offset)).toBe(0)
})

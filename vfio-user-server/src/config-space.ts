import {bar, pci} from '#lib/generated/device.ts'

/** Offsets of the PCI header that this device uses (PCI Local Bus 3.0, section 6.1). */
export const pciOffset = {
  vendor: 0x00,
  device: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  class: 0x09,
  cacheLine: 0x0c,
  bar0: 0x10,
  subsystemVendor: 0x2c,
  subsystem: 0x2e,
  capabilities: 0x34,
  interruptLine: 0x3c,
  extended: 0x100,
} as const

/** Where our capabilities stand. */
export const pcie = {at: 0x40, devCtl: 0x48, devSta: 0x4a, flr: 0x8000} as const
const msiAt = 0x80

/** The SR-IOV extended capability: its place, its registers from there (PCIe 5.0, section 9.3.3). */
export const sriov = {
  at: 0x100,
  size: 64,
  control: 0x08,
  initialVfs: 0x0c,
  totalVfs: 0x0e,
  numVfs: 0x10,
  firstOffset: 0x14,
  stride: 0x16,
  vfDevice: 0x1a,
  supportedPages: 0x1c,
  systemPages: 0x20,
  vfBar0: 0x24,
  vfEnable: 0x01,
  vfMemory: 0x08,
} as const

/**
 * 4096 bytes of configuration, with a mask of what may be written, and one of the bits that a written 1 clears.
 * Pure bytes: what a write causes is judged by who owns it.
 */
export class ConfigSpace {
  readonly bytes: Buffer
  readonly #initial: Buffer
  readonly #writable = Buffer.alloc(pci.configSize)
  readonly #clears = Buffer.alloc(pci.configSize)

  constructor(type: 'pf' | 'vf', totalVfs = 0) {
    this.bytes = Buffer.alloc(pci.configSize)
    this.#header(type)
    this.#pcieCapability()
    this.#msiCapability()
    if (totalVfs > 0) this.#sriovCapability(totalVfs)
    this.#initial = Buffer.from(this.bytes)
  }

  /** As at power-on. */
  reset(): void {
    this.#initial.copy(this.bytes)
  }

  /** Writes through the masks. */
  write(offset: number, data: Uint8Array): void {
    for (let i = 0; i < data.length; i++) {
      const at = offset + i
      const [value, old, mask, clear] = [
        data[i] ?? 0,
        this.bytes[at] ?? 0,
        this.#writable[at] ?? 0,
        this.#clears[at] ?? 0,
      ]
      this.bytes[at] = ((old & ~mask) | (value & mask)) & ~(value & clear)
    }
  }

  /** Whether a 16-bit register's bits may be written just now; for those that depend on others. */
  protect(offset: number, mask: number): void {
    this.#writable.writeUInt16LE(mask, offset)
  }

  #header(type: 'pf' | 'vf'): void {
    const {bytes} = this
    const device = pci.device[type]
    bytes.writeUInt16LE(pci.vendor, pciOffset.vendor)
    bytes.writeUInt16LE(device, pciOffset.device)
    bytes.writeUInt16LE(0x0010, pciOffset.status) // has a capability list
    bytes[pciOffset.revision] = pci.revision
    bytes.writeUIntLE(pci.class, pciOffset.class, 3)
    bytes.writeUInt16LE(pci.vendor, pciOffset.subsystemVendor)
    bytes.writeUInt16LE(device, pciOffset.subsystem)
    bytes[pciOffset.capabilities] = pcie.at
    // Memory space, bus master, parity, SERR, INTx disable. No I/O space: there is none.
    this.#mask(pciOffset.command, 2, 0x0546)
    this.#clears.writeUInt16LE(0xf900, pciOffset.status)
    this.#mask(pciOffset.cacheLine, 1, 0xff)
    // 32-bit memory, not prefetchable: type bits 0; the size answers a write of ones.
    this.#mask(pciOffset.bar0, 4, ~(bar.size - 1) >>> 0)
    this.#mask(pciOffset.interruptLine, 1, 0xff)
  }

  #pcieCapability(): void {
    const {bytes} = this
    bytes[pcie.at] = 0x10
    bytes[pcie.at + 1] = msiAt
    bytes.writeUInt16LE(0x0002, pcie.at + 2) // version 2, endpoint
    bytes.writeUInt32LE(0x10008000, pcie.at + 4) // function level reset, role-based errors
    bytes.writeUInt16LE(0x2810, pcie.devCtl)
    this.#mask(pcie.devCtl, 2, 0x7fff)
    this.#clears.writeUInt16LE(0x000f, pcie.devSta)
    bytes.writeUInt32LE(0x00000011, pcie.at + 0x0c) // 2.5 GT/s, one lane
    this.#mask(pcie.at + 0x10, 2, 0x01c3)
    bytes.writeUInt16LE(0x0011, pcie.at + 0x12)
    this.#mask(pcie.at + 0x28, 2, 0x001f)
    bytes.writeUInt32LE(0x00000002, pcie.at + 0x2c)
  }

  #msiCapability(): void {
    const {bytes} = this
    bytes[msiAt] = 0x05
    bytes.writeUInt16LE(0x0080, msiAt + 2) // 64-bit addresses, one vector, no mask bits
    this.#mask(msiAt + 2, 2, 0x0071)
    this.#mask(msiAt + 4, 4, 0xfffffffc)
    this.#mask(msiAt + 8, 4, 0xffffffff)
    this.#mask(msiAt + 0x0c, 2, 0xffff)
  }

  #sriovCapability(totalVfs: number): void {
    const {bytes} = this
    bytes.writeUInt32LE(0x00010010, sriov.at)
    bytes.writeUInt16LE(totalVfs, sriov.at + sriov.initialVfs)
    bytes.writeUInt16LE(totalVfs, sriov.at + sriov.totalVfs)
    bytes.writeUInt16LE(1, sriov.at + sriov.firstOffset)
    bytes.writeUInt16LE(1, sriov.at + sriov.stride)
    bytes.writeUInt16LE(pci.device.vf, sriov.at + sriov.vfDevice)
    bytes.writeUInt32LE(1, sriov.at + sriov.supportedPages) // 4 KiB only
    bytes.writeUInt32LE(1, sriov.at + sriov.systemPages)
    this.#mask(sriov.at + sriov.control, 2, sriov.vfEnable | sriov.vfMemory)
    this.#mask(sriov.at + sriov.numVfs, 2, 0xffff)
    this.#mask(sriov.at + sriov.systemPages, 4, 0xffffffff)
    this.#mask(sriov.at + sriov.vfBar0, 4, ~(bar.size - 1) >>> 0)
  }

  #mask(offset: number, size: 1 | 2 | 4, mask: number): void {
    this.#writable.writeUIntLE(mask, offset, size)
  }
}

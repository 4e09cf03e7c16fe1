import {type ConfigSpace, sriov} from './config-space.ts'

/**
 * How the SR-IOV capability shows itself.
 *
 * `qemu`: hidden from reads of more than 4 bytes. QEMU reads all of the configuration space once and removes an
 * SR-IOV capability that it finds there; what it did not find it does not touch, so the guest's own reads, which
 * are of 4 bytes at most, come through and find it. `plain`: always there. `off`: absent, and VFs are functions
 * like any other, there from the beginning.
 */
export type SriovMode = 'qemu' | 'plain' | 'off'

const control = sriov.at + sriov.control
const numVfs = sriov.at + sriov.numVfs
const end = sriov.at + sriov.size

/** The state machine behind a PF's SR-IOV capability; its registers are the state. */
export class Sriov {
  readonly totalVfs: number
  readonly #config: ConfigSpace
  readonly #vfsGone: () => void

  /** @param vfsGone called when VF Enable goes from 1 to 0 */
  constructor(config: ConfigSpace, totalVfs: number, vfsGone: () => void) {
    this.#config = config
    this.totalVfs = totalVfs
    this.#vfsGone = vfsGone
  }

  get isEnabled(): boolean {
    return (this.#config.bytes.readUInt16LE(control) & sriov.vfEnable) !== 0
  }

  /** VFs that are there now. */
  get numVfs(): number {
    return this.isEnabled ? this.#config.bytes.readUInt16LE(numVfs) : 0
  }

  /** Writes configuration of the PF, wherever; NumVFs only changes while VF Enable is 0, and never beyond TotalVFs. */
  write(offset: number, data: Uint8Array): void {
    if (offset >= end || offset + data.length <= sriov.at) {
      this.#config.write(offset, data)
      return
    }
    const [was, count] = [this.isEnabled, this.#config.bytes.readUInt16LE(numVfs)]
    this.#config.write(offset, data)
    if (this.#config.bytes.readUInt16LE(numVfs) > this.totalVfs)
      this.#config.bytes.writeUInt16LE(count, numVfs)
    this.#protect()
    if (was && !this.isEnabled) this.#vfsGone()
  }

  /** The configuration was reset: the VFs are gone with it. */
  reset(): void {
    this.#protect()
    this.#vfsGone()
  }

  #protect(): void {
    this.#config.protect(numVfs, this.isEnabled ? 0 : 0xffff)
  }
}

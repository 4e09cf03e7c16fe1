import {bar, pci} from '#lib/generated/device.ts'
import {ConfigSpace, pcie, pciOffset} from './config-space.ts'
import {type Faults, noFaults} from './faults.ts'
import {makePassphrase, type RandomSource} from './passphrase.ts'
import {errno, Refusal, region} from './protocol.ts'
import {Registers, type RegisterValues} from './registers.ts'
import {Sriov, type SriovMode} from './sriov.ts'

export type FunctionOptions = {
  /** What its socket is called, and what a person names it by: `pf0`, `pf0-vf1`. */
  name: string
  values: RegisterValues
  sriov: SriovMode
  random?: RandomSource
}

/** One PCI function: configuration space and BAR0, reads and writes of any width, reset. Knows nothing of sockets. */
export class PciFunction {
  readonly name: string
  readonly type: 'pf' | 'vf'
  readonly config: ConfigSpace
  readonly registers: Registers
  readonly faults: Faults = noFaults()
  /** Raises the MSI with whoever listens. */
  raise: () => void = () => {}
  readonly #random: RandomSource | undefined
  #task: {words: number} | undefined

  constructor(type: 'pf' | 'vf', options: FunctionOptions, totalVfs = 0) {
    this.name = options.name
    this.type = type
    this.#random = options.random
    this.config = new ConfigSpace(type, totalVfs)
    this.registers = new Registers(options.values, {
      generate: words => this.#generate({words}),
      interrupt: () => this.raise(),
    })
  }

  /** Whether the function answers as if it were not there. */
  get isHidden(): boolean {
    return false
  }

  /**
   * Copies `count` bytes of a region to `into` from `at` on.
   * @throws Refusal outside the region
   */
  read(index: number, offset: number, count: number, into: Buffer, at: number): void {
    const bytes = this.#inside(index, offset, count)
    if (this.faults.removed) {
      into.fill(0xff, at, at + count)
      return
    }
    if (count > 8) bytes.copy(into, at, offset, offset + count)
    else for (let i = 0; i < count; i++) into[at + i] = bytes[offset + i] as number
    if (index === region.config) this.filterConfig(offset, count, into, at)
    else if (this.isHidden) into.fill(0xff, at, at + count)
  }

  /** @throws Refusal outside the region */
  write(index: number, offset: number, data: Uint8Array): void {
    this.#inside(index, offset, data.length)
    if (this.faults.removed) return
    if (index === region.config) this.#writeConfig(offset, data)
    else if (!this.isHidden) this.registers.write(offset, data)
  }

  /** As at power-on, except for faults: they were set from outside. */
  reset(): void {
    this.#task = undefined
    this.config.reset()
    this.registers.reset()
  }

  /** Ends or lets go on what a fault held up; called after `faults` changed. */
  faultsChanged(): void {
    if (this.#task && !this.faults.stuckBusy) this.#generate(this.#task)
  }

  protected filterConfig(_offset: number, _count: number, _into: Buffer, _at: number): void {}

  protected storeConfig(offset: number, data: Uint8Array): void {
    this.config.write(offset, data)
  }

  #writeConfig(offset: number, data: Uint8Array): void {
    this.storeConfig(offset, data)
    const high = data[pcie.devCtl + 1 - offset]
    if (high !== undefined && (high << 8) & pcie.flr) this.reset()
  }

  #inside(index: number, offset: number, count: number): Buffer {
    const isConfig = index === region.config
    const size = isConfig ? pci.configSize : index === bar.index ? bar.size : 0
    if (count === 0 || count > size || offset > size - count)
      throw new Refusal(`${count} bytes at ${offset} are not in region ${index}`, errno.EINVAL)
    return isConfig ? this.config.bytes : this.registers.bytes
  }

  // Not at once: the device is busy for as long as the rest of this turn of the event loop lasts.
  #generate(task: {words: number}): void {
    this.#task = task
    setImmediate(() => {
      // Reset, or stuck: then it goes on, if at all, when the fault is cleared.
      if (this.#task !== task || this.faults.stuckBusy) return
      this.#task = undefined
      this.registers.passphraseReady(makePassphrase(task.words, this.#random))
    })
  }
}

/** A physical function, with the state that its virtual ones hang on. */
export class PhysicalFunction extends PciFunction {
  readonly vfs: readonly VirtualFunction[]
  readonly mode: SriovMode
  readonly sriov: Sriov | undefined

  constructor(options: FunctionOptions, vfs: readonly FunctionOptions[]) {
    super('pf', options, options.sriov === 'off' ? 0 : vfs.length)
    this.mode = options.sriov
    this.vfs = vfs.map((vf, index) => new VirtualFunction(this, index, vf))
    if (options.sriov !== 'off' && vfs.length > 0)
      this.sriov = new Sriov(this.config, vfs.length, () => this.#resetVfs())
  }

  override reset(): void {
    super.reset()
    this.sriov?.reset()
  }

  protected override filterConfig(offset: number, count: number, into: Buffer, at: number): void {
    if (this.mode !== 'qemu' || count <= 4 || offset + count <= pciOffset.extended) return
    into.fill(0, at + Math.max(0, pciOffset.extended - offset), at + count)
  }

  protected override storeConfig(offset: number, data: Uint8Array): void {
    if (this.sriov) this.sriov.write(offset, data)
    else super.storeConfig(offset, data)
  }

  #resetVfs(): void {
    for (const vf of this.vfs) vf.reset()
  }
}

/** A virtual function: there only while its PF says so, unless SR-IOV is off. */
export class VirtualFunction extends PciFunction {
  readonly pf: PhysicalFunction
  readonly index: number

  constructor(pf: PhysicalFunction, index: number, options: FunctionOptions) {
    super('vf', options)
    this.pf = pf
    this.index = index
  }

  override get isHidden(): boolean {
    return this.pf.sriov !== undefined && this.index >= this.pf.sriov.numVfs
  }

  /** A scan of the bus asks for the vendor and finds nobody; QEMU's own reading of everything finds the function. */
  protected override filterConfig(offset: number, count: number, into: Buffer, at: number): void {
    if (count <= 4 && offset < 4 && this.isHidden) into.fill(0xff, at, at + Math.min(count, 4 - offset))
  }
}

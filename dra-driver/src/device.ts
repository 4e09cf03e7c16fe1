/** One function of an accelerator, as discovered. */
export type Device = {
  /** The name in sysfs, and in the ResourceSlice: `mock0`, `mock0v1`. */
  name: string
  type: 'pf' | 'vf'
  uuid: string
  label: string
  /** Bytes. */
  memory: bigint
  /** The CAPABILITIES register. */
  capabilities: number
  /** `1.2.3`. */
  fwVersion: string
  /** `0000:3a:00.0`. */
  pciAddress: string
  /** `pci0000:3a`; absent where sysfs does not tell. */
  pcieRoot?: string
  /** Absent where the machine does not say which node it is (sysfs: -1). */
  numaNode?: number
  /** A VF's PF. */
  physfn?: string
  health: Health
  /** What a container gets to see; absent for invented devices. */
  host?: {sysfs: string; node: string}
}

export type Health = 'ok' | 'degraded' | 'failed' | 'unknown'

/** Where devices come from: the kernel module's class in sysfs, or a file that invents them. */
export type Source = {
  /** All devices there are now, sorted by name. A device that vanishes meanwhile is left out. */
  scan(): Promise<Device[]>
  /** Whether a device is there, and the one that the last scan found: another one may have its name by now. */
  isSame(device: string): boolean
  /** Writes the allocation state. @throws Error with `code` ENOENT when the device has vanished */
  setStatus(device: string, status: 'free' | 'allocated'): Promise<void>
  /** Writes how many words passphrases have. @throws as setStatus */
  setPassphraseLength(device: string, words: number): Promise<void>
  /** Whether the device can be reset by itself. */
  canReset(device: string): boolean
  /** Brings the device to the state that it has after power-on. @throws as setStatus */
  reset(device: string): Promise<void>
  /** Tells that devices may have come or gone; answers how to stop listening. */
  watch(onHint: () => void): () => void
}

/** `mock2` before `mock10`, a PF before its VFs. */
export function byName(a: {name: string}, b: {name: string}): number {
  const [x, y] = [numbers(a.name), numbers(b.name)]
  return x[0] - y[0] || x[1] - y[1] || (a.name < b.name ? -1 : 1)
}

function numbers(name: string): [number, number] {
  const [pf = 0, vf = -1] = (name.match(/\d+/g) ?? []).map(Number)
  return [pf, vf]
}

/** Devices from the kernel module's class, /sys/class/mock-accel. */
import {
  closeSync,
  constants,
  existsSync,
  type FSWatcher,
  openSync,
  statSync,
  watch as watchFile,
  writeSync,
} from 'node:fs'
import {open, readdir, readFile, readlink, realpath} from 'node:fs/promises'
import {join, sep} from 'node:path'
import {sysfs} from '#lib/generated/device.ts'
import {byName, type Device, type Health, type Source} from './device.ts'
import {type Log, reason} from './log.ts'

export type SysfsOptions = {
  /** Where sysfs is mounted for this process: `/sys`. */
  root: string
  /** Where device nodes appear; watched for changes. */
  dev: string
  log: Log
}

/** A device's attributes: undefined for one that can't be read. */
type Attributes = (name: string) => Promise<string | undefined>

export function sysfsSource({root, dev, log}: SysfsOptions): Source {
  const folder = join(root, 'class', sysfs.class)
  const watchers = hintWatchers(log)
  let known: ReadonlyMap<string, string> = new Map()
  const attributePath = (device: string, attribute: string) => {
    if (!isDeviceName(device)) throw new Error(`${device} is no device's name`)
    return `${folder}/${device}/${attribute}`
  }
  /** Over before a thread of the pool would have been told; a claim may have 32 devices. */
  const write = (device: string, attribute: string, text: string) => {
    // Nothing is made where nothing is.
    const file = openSync(attributePath(device, attribute), constants.O_WRONLY | constants.O_TRUNC)
    try {
      writeSync(file, text)
    } finally {
      closeSync(file)
    }
  }
  return {
    async scan() {
      const names = await readdir(folder).catch(error => {
        // No module, no class: a node like any other, only without devices.
        if (isAbsent(error)) return []
        throw error
      })
      const found: Device[] = []
      // One after the other: all at once would open hundreds of files for a moment.
      const identities = new Map<string, string>()
      for (const name of names.filter(isDeviceName)) {
        // Before its attributes: what changes meanwhile shows next time.
        const identity = identityOf(folder, name)
        const device = await readDevice(root, name, log)
        if (device) found.push(device)
        if (identity) identities.set(name, identity)
      }
      known = identities
      found.sort(byName)
      watchers.set([dev, ...found.map(device => join(folder, device.name, 'health'))])
      return found
    },
    isSame: device => known.has(device) && known.get(device) === identityOf(folder, device),
    setStatus: async (device, status) => write(device, 'status', status),
    setPassphraseLength: async (device, words) => write(device, 'passphrase_length', String(words)),
    // The PCI core's own file, which is there when the function has a way to be reset alone.
    canReset: device => existsSync(join(folder, device, 'device/reset')),
    // A function level reset takes 100 ms and more: in a thread, while this one answers kubelet.
    reset: async device => {
      const file = await open(attributePath(device, 'device/reset'), constants.O_WRONLY)
      try {
        await file.write('1')
      } finally {
        await file.close()
      }
    },
    watch: onHint => watchers.start(onHint),
  }
}

/**
 * Listens to files that hint at a change. sysfs tells nobody about new entries, but the device nodes that come
 * with them show in /dev, and the module notifies `health`.
 */
function hintWatchers(log: Log) {
  const watchers = new Map<string, FSWatcher>()
  let hint: (() => void) | undefined
  const close = (path: string) => {
    watchers.get(path)?.close()
    watchers.delete(path)
  }
  return {
    set(paths: readonly string[]): void {
      if (!hint) return
      for (const path of watchers.keys()) if (!paths.includes(path)) close(path)
      for (const path of paths) if (!watchers.has(path)) watchOne(path)
    },
    start(onHint: () => void): () => void {
      hint = onHint
      return () => {
        hint = undefined
        for (const path of [...watchers.keys()]) close(path)
      }
    },
  }

  function watchOne(path: string): void {
    try {
      const watcher = watchFile(path, {persistent: false}, (event, name) => {
        // What is gone may come again under its name, as another file.
        if (event === 'rename' && name !== null && path.endsWith(`/${name}`)) close(path)
        if (name === null || isDeviceName(name) || path.endsWith(`/${name}`)) hint?.()
      })
      watcher.on('error', () => close(path))
      watchers.set(path, watcher)
    } catch (error) {
      log('debug', 'cannot watch; the regular rescan will see', {path, error: reason(error)})
    }
  }
}

const isDeviceName = (name: string) => /^mock\d{1,6}(v\d{1,6})?$/.test(name)

const isAbsent = (error: unknown) =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENODEV', 'ENOTDIR'].includes(String(error.code))

/**
 * Tells a device from another of the same name. A look at the file is cheaper than reading the UUID in it: a claim may
 * have 32 devices. Undefined when it is gone.
 */
function identityOf(folder: string, device: string): string | undefined {
  const uuid = statSync(`${folder}/${device}/uuid`, {throwIfNoEntry: false})
  return uuid && `${uuid.ino} ${uuid.ctimeMs}`
}

async function readDevice(root: string, name: string, log: Log): Promise<Device | undefined> {
  const folder = join(root, 'class', sysfs.class, name)
  const read: Attributes = attribute =>
    readFile(join(folder, attribute), 'utf8').then(
      text => text.trim(),
      () => undefined,
    )
  const path = await realpath(folder).catch(() => undefined)
  const [uuid, type, memory, capabilities] = await Promise.all(
    ['uuid', 'type', 'memory_size', 'capabilities'].map(read),
  )
  // All or nothing: a device that is being removed answers some attributes and not the others.
  if (path === undefined || !uuid || (type !== 'pf' && type !== 'vf') || !memory || !capabilities) {
    log('info', 'passed over a device that does not answer', {device: name})
    return undefined
  }
  const [label, fwVersion, pciAddress, numa, physfn] = await Promise.all(
    ['label', 'fw_version', 'pci_address', 'numa_node', 'physfn'].map(read),
  )
  if (!/^\d+$/.test(memory) || !Number.isInteger(Number(capabilities)) || !pciAddress) {
    log('warn', 'passed over a device whose attributes make no sense', {device: name, memory, capabilities})
    return undefined
  }
  const pcieRoot = await findPcieRoot(root, pciAddress)
  return {
    name,
    type,
    uuid,
    label: label ?? '',
    memory: BigInt(memory),
    capabilities: Number(capabilities),
    fwVersion: fwVersion ?? '',
    pciAddress,
    health: await readHealth(join(folder, 'health')),
    host: {sysfs: hostPath(root, path), node: `/dev/${name}`},
    ...(pcieRoot === undefined ? {} : {pcieRoot}),
    ...(numa !== undefined && /^\d+$/.test(numa) ? {numaNode: Number(numa)} : {}),
    ...(type === 'vf' && physfn ? {physfn} : {}),
  }
}

/** A device that is there and dead, as one without power, gives EIO: nothing else has failed more. */
async function readHealth(path: string): Promise<Health> {
  try {
    const text = (await readFile(path, 'utf8')).trim()
    return text === 'ok' || text === 'degraded' || text === 'failed' ? text : 'unknown'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EIO' ? 'failed' : 'unknown'
  }
}

/** The root complex's entry in the device's path: `/sys/devices/pci0000:00/…` is `pci0000:00`. */
async function findPcieRoot(root: string, pciAddress: string): Promise<string | undefined> {
  const link = await readlink(join(root, 'bus/pci/devices', pciAddress)).catch(() => '')
  return link.split(sep).find(part => /^pci[0-9a-f]{4,}:[0-9a-f]{2}$/.test(part))
}

/** The same folder as the container runtime names it: sysfs is at /sys on every host. */
function hostPath(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? `/sys${path.slice(root.length)}` : path
}

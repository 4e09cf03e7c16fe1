/** Devices from the kernel module's class, /sys/class/mock-accel. */
import {readFileSync, watch as watchFolder} from 'node:fs'
import {readdir, readFile, readlink, realpath, writeFile} from 'node:fs/promises'
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
  return {
    async scan() {
      const names = await readdir(folder).catch(error => {
        // No module, no class: a node like any other, only without devices.
        if (isAbsent(error)) return []
        throw error
      })
      const found = await Promise.all(names.filter(isDeviceName).map(name => readDevice(root, name, log)))
      return found.filter(device => device !== undefined).sort(byName)
    },
    identify(device) {
      try {
        return readFileSync(join(folder, device, 'uuid'), 'utf8').trim()
      } catch {
        return undefined
      }
    },
    async setStatus(device, status) {
      if (!isDeviceName(device)) throw new Error(`${device} is no device's name`)
      await writeFile(join(folder, device, 'status'), status, {flag: 'r+'})
    },
    watch(onHint) {
      try {
        // sysfs itself tells nobody about new entries; the device nodes that come with them do.
        const watcher = watchFolder(dev, {persistent: false}, (_event, name) => {
          if (name === null || isDeviceName(name)) onHint()
        })
        watcher.on('error', error => log('warn', 'no longer watching for devices', {error: reason(error)}))
        return () => watcher.close()
      } catch (error) {
        log('warn', 'cannot watch for devices, the regular rescan will find them', {error: reason(error)})
        return () => undefined
      }
    },
  }
}

const isDeviceName = (name: string) => /^mock\d{1,6}(v\d{1,6})?$/.test(name)

const isAbsent = (error: unknown) =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENODEV', 'ENOTDIR'].includes(String(error.code))

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
  const [label, fwVersion, pciAddress, numa, physfn, health] = await Promise.all(
    ['label', 'fw_version', 'pci_address', 'numa_node', 'physfn', 'health'].map(read),
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
    health: toHealth(health),
    host: {sysfs: hostPath(root, path), node: `/dev/${name}`},
    ...(pcieRoot === undefined ? {} : {pcieRoot}),
    ...(numa !== undefined && /^\d+$/.test(numa) ? {numaNode: Number(numa)} : {}),
    ...(type === 'vf' && physfn ? {physfn} : {}),
  }
}

function toHealth(text: string | undefined): Health {
  return text === 'ok' || text === 'degraded' || text === 'failed' ? text : 'unknown'
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

/** What devices there are, kept up to date. */
import {isDeepStrictEqual} from 'node:util'
import type {Device, Source} from './device.ts'
import {type Log, reason} from './log.ts'

export type Inventory = {
  /** As of the last scan. */
  current(): readonly Device[]
  /** The same, scanned again unless these devices are still what they were. */
  present(names: readonly string[]): Promise<readonly Device[]>
  /** Scans now. A failed scan changes nothing: devices do not vanish because a read failed. */
  refresh(): Promise<void>
  /** Hears of every change; answers how to stop listening. */
  onChange(listener: (devices: readonly Device[]) => void): () => void
  stop(): void
}

export type InventoryOptions = {source: Source; log: Log; rescanSeconds: number}

/** Scans once, then whenever the source hints at a change, and regularly. */
export async function startInventory({source, log, rescanSeconds}: InventoryOptions): Promise<Inventory> {
  let devices: readonly Device[] = []
  const listeners = new Set<(devices: readonly Device[]) => void>()
  let scanning: Promise<void> | undefined

  const scan = async () => {
    try {
      const found = await source.scan()
      if (isDeepStrictEqual(found, devices)) return
      log('info', 'devices', {count: found.length, before: devices.length})
      devices = found
      for (const listener of listeners) listener(devices)
    } catch (error) {
      log('error', 'devices could not be scanned', {error: reason(error)})
    }
  }
  /** One scan at a time; who asks during one gets a fresh one after it. */
  const refresh = async () => {
    const running = scanning
    const next = (running ?? Promise.resolve()).then(scan)
    scanning = next
    await next
    if (scanning === next) scanning = undefined
  }

  let hinted: NodeJS.Timeout | undefined
  const unwatch = source.watch(() => {
    // A module brings its devices one by one: a moment's patience makes one change of many.
    hinted ??= setTimeout(() => {
      hinted = undefined
      void refresh()
    }, 250)
  })
  const timer = setInterval(() => void refresh(), rescanSeconds * 1000)
  await refresh()

  return {
    current: () => devices,
    async present(names) {
      const known = new Set(devices.map(device => device.name))
      if (!names.every(name => known.has(name) && source.isSame(name))) await refresh()
      return devices
    },
    refresh,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop() {
      unwatch()
      clearInterval(timer)
      clearTimeout(hinted)
    },
  }
}

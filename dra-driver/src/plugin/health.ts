/** Devices' health as kubelet wants it: a complete list with each change, and again before it would go stale. */
import type {ServerWritableStream} from '@grpc/grpc-js'
import {type DeviceHealth, healthStatus, type WatchResponse} from '#lib/protobuf/health.ts'
import type {Device} from '../device.ts'
import type {Inventory} from '../inventory.ts'
import {poolName} from '../slices.ts'

/** kubelet takes a state for unknown after 30 s; three chances to be heard. */
const repeatMs = 10_000

export function healthList(devices: readonly Device[], node: string, now: Date): DeviceHealth[] {
  return devices.map(device => ({
    device: {poolName: poolName(node, device), deviceName: device.name},
    health: toStatus(device),
    lastUpdatedTime: Math.floor(now.getTime() / 1000),
    healthCheckTimeoutSeconds: 0,
    message: messages[device.health],
  }))
}

const messages = {
  ok: '',
  degraded: 'degraded',
  failed: 'failed',
  unknown: 'the health cannot be read',
} as const

/** A degraded device does its work. */
function toStatus({health}: Device): number {
  if (health === 'unknown') return healthStatus.unknown
  return health === 'failed' ? healthStatus.unhealthy : healthStatus.healthy
}

export type HealthStreams = {
  handler: (call: ServerWritableStream<object, WatchResponse>) => void
  /** Ends all streams: a server with an open one would never stop. */
  end(): void
}

export function healthStreams(inventory: Inventory, node: string): HealthStreams {
  const open = new Map<ServerWritableStream<object, WatchResponse>, () => void>()
  return {
    handler(call) {
      // Who does not read gets no queue of old lists.
      const send = () => void (call.writableNeedDrain || call.write(list()))
      const list = () => ({devices: healthList(inventory.current(), node, new Date())})
      const timer = setInterval(send, repeatMs)
      const forget = inventory.onChange(send)
      const close = () => {
        clearInterval(timer)
        forget()
        open.delete(call)
      }
      open.set(call, close)
      call.on('cancelled', close)
      call.on('error', close)
      send()
    },
    end() {
      for (const [call, close] of [...open]) {
        close()
        call.end()
      }
    },
  }
}

/**
 * Health of a driver's devices: a stream of complete lists. v1alpha1 and v1 differ in the package's name.
 * https://github.com/kubernetes/kubelet/tree/master/pkg/apis/dra-health
 */
import {int64, message, one, repeated, string, type ValueOf} from './codec.ts'
import {empty} from './registration.ts'
import {method} from './service.ts'

export const healthStatus = {unknown: 0, healthy: 1, unhealthy: 2} as const

export const deviceIdentifier = message({poolName: one(1, string), deviceName: one(2, string)})

/** Times in seconds; a state not sent again within the time-out becomes unknown (0: kubelet's 30 s). */
export const deviceHealth = message({
  device: one(1, deviceIdentifier),
  health: one(2, int64),
  lastUpdatedTime: one(3, int64),
  healthCheckTimeoutSeconds: one(4, int64),
  message: one(5, string),
})
export const watchResponse = message({devices: repeated(1, deviceHealth)})

export type DeviceHealth = ValueOf<typeof deviceHealth>
export type WatchResponse = ValueOf<typeof watchResponse>

const watch = (version: string) => ({
  NodeWatchResources: method(`/${version}.DRAResourceHealth/NodeWatchResources`, empty, watchResponse, {
    stream: true,
  }),
})

export const healthV1alpha1 = watch('v1alpha1')
export const healthV1 = watch('v1')

/**
 * How a plugin makes itself known to kubelet.
 * https://github.com/kubernetes/kubelet/tree/master/pkg/apis/pluginregistration/v1
 */
import {bool, message, one, repeated, string, type ValueOf} from './codec.ts'
import {method} from './service.ts'

/** `type` is `DRAPlugin`; `endpoint` the plugin's socket as kubelet sees it. */
export const pluginInfo = message({
  type: one(1, string),
  name: one(2, string),
  endpoint: one(3, string),
  supportedVersions: repeated(4, string),
})
export const registrationStatus = message({pluginRegistered: one(1, bool), error: one(2, string)})
export const empty = message({})

export type PluginInfo = ValueOf<typeof pluginInfo>
export type RegistrationStatus = ValueOf<typeof registrationStatus>

/** The package has no version in its name. */
export const registration = {
  GetInfo: method('/pluginregistration.Registration/GetInfo', empty, pluginInfo),
  NotifyRegistrationStatus: method(
    '/pluginregistration.Registration/NotifyRegistrationStatus',
    registrationStatus,
    empty,
  ),
}

import {dra} from '#lib/generated/device.ts'
import type {NodeReport} from '../live/node.ts'
import {sortFindings} from './examine.ts'
import {type Finding, finding} from './finding.ts'

/** Whether a node has what a driver of DRA, and this device's module, need. */
export function judgeNode(node: NodeReport): Finding[] {
  return sortFindings([...selinux(node), ...cdi(node), ...kernelModule(node), ...registration(node)])
}

function selinux({selinux: mode}: NodeReport): Finding[] {
  if (mode === undefined) return [unknown('SELinux', 'its mode could not be read')]
  return mode === 'permissive' ? [finding('Z120', 'SELinux', 'its mode is permissive')] : []
}

/**
 * containerd has CDI since 1.7, where it has to be switched on; on by default from 2.0. CRI-O has it on since 1.23.
 * https://github.com/cncf-tags/container-device-interface#how-to-configure-cdi
 */
function cdi({runtimes, configuration}: NodeReport): Finding[] {
  if (runtimes.length === 0) return [unknown('CDI', 'no socket of containerd or CRI-O was found')]
  const set = configuration.findLast(line => line.startsWith('enable_cdi'))
  return runtimes.flatMap(({name, version}) => {
    if (name !== 'containerd') return []
    if (set !== undefined && /=\s*false/.test(set)) return [finding('Z121', name, set)]
    if (set !== undefined) return []
    if (version === undefined)
      return [unknown(`CDI in ${name}`, 'its version could not be read, and nothing is set')]
    return Number.parseInt(version, 10) >= 2
      ? []
      : [finding('Z121', `${name} ${version}`, 'enable_cdi is not set')]
  })
}

function kernelModule({modules, devices}: NodeReport): Finding[] {
  if (devices.length > 0) return []
  if (modules.includes('mock_accel'))
    return [finding('Z123', 'mock_accel', 'it is loaded, and /sys/class/mock-accel is empty')]
  if (modules.length === 0) return [unknown('mock_accel', '/proc/modules could not be read')]
  return [finding('Z122', 'mock_accel', 'it is not in /proc/modules')]
}

function registration({folders, sockets}: NodeReport): Finding[] {
  if (!folders.includes('.')) return [finding('Z124', 'kubelet', 'its root folder is not there')]
  const missing = ['plugins', 'plugins_registry'].filter(name => !folders.includes(name))
  if (missing.length > 0) return [finding('Z124', 'kubelet', `not there in its root: ${missing.join(', ')}`)]
  if (sockets.some(name => name.startsWith(dra.driver))) return []
  return [finding('Z125', dra.driver, `no socket of it among ${sockets.length} in plugins_registry`)]
}

function unknown(about: string, what: string): Finding {
  return finding('Z126', about, what)
}

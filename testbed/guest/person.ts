import type {Content} from './initrd.ts'
import {paths} from './machine.ts'
import {loadVfio} from './vfio.ts'

/** Two NUMA nodes with a PF and two VFs each. */
export const standardTopology = `
apiVersion: mock-accel/v1
kind: Topology
numa: [{id: 0}, {id: 1}]
devices:
  - {numa: 0, vfs: 2}
  - {numa: 1, vfs: 2}
`

const devices = `#!/bin/sh
cd /sys/class/mock-accel || exit
printf '%-10s %-4s %-4s %-14s %-9s %-9s %s\\n' NAME TYPE NUMA ADDRESS STATUS HEALTH LABEL
for d in *; do [ -e "$d/label" ] && printf '%-10s %-4s %-4s %-14s %-9s %-9s %s\\n' "$d" $(cat $d/type \\
  $d/numa_node $d/pci_address $d/status $d/health $d/label); done
`

/** The module, and all VFs. */
const boot = `insmod ${paths.module}
for d in /sys/class/mock-accel/mock*; do cat $d/sriov_totalvfs > $d/device/sriov_numvfs; done
`

const profile = `PS1='guest# '
devices
`

/** What a guest has for a person at its shell: VFIO and the module loaded, all VFs on, and the command `devices`. */
export function personFiles({module}: {module: boolean}): Record<string, Content> {
  return {'bin/devices': devices, 'etc/profile': profile, 'etc/boot': `${loadVfio}${module ? boot : ''}`}
}

import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {enums, registers} from '#lib/generated/device.ts'
import {loadTopology} from '../../vfio-user-server/src/topology/load.ts'
import type {GuestOptions} from './guest.ts'
import type {GuestKernel} from './kernel.ts'
import {guestProgram} from './program.ts'

/** A distribution's VFIO, in the order of loading: name and place below the kernel's modules. */
const modules = [
  ['irqbypass', 'virt/lib'],
  ['vfio', 'drivers/vfio'],
  ['vfio_iommu_type1', 'drivers/vfio'],
  ['vfio-pci-core', 'drivers/vfio/pci'],
  ['vfio-pci', 'drivers/vfio/pci'],
] as const

/** What a guest runs at its start to have VFIO; nothing where its modules do not lie. */
export const loadVfio = `for m in ${modules.map(([name]) => name).join(' ')}; do
  [ -e /modules/$m.ko ] && insmod /modules/$m.ko
done
`

/**
 * What a guest gets whose topology has an IOMMU: VFIO, and a program that uses a function through it.
 * @throws DiagnosticError B522 when the kernel's package holds no VFIO
 */
export async function vfioParts(
  topology: string,
  kernel: GuestKernel,
): Promise<Required<Pick<GuestOptions, 'files' | 'modules'>>> {
  if (!loadTopology(topology, 'topology').iommu) return {files: {}, modules: []}
  const paths = modules.map(([name, folder]) => join(kernel.modules, 'kernel', folder, `${name}.ko.xz`))
  if (!paths.every(path => existsSync(path)))
    fail({
      code: 'B522',
      message: `the package of ${kernel.release} holds no VFIO modules`,
      hint: 'use a 6.12 kernel',
    })
  return {
    modules: paths,
    files: {'bin/passthrough': {from: await passthroughProgram()}},
  }
}

function passthroughProgram(): Promise<string> {
  const {DEVICE_ID, LABEL, PASSPHRASE_CMD, PASSPHRASE_BUFFER} = registers
  return guestProgram(
    join(import.meta.dirname, 'passthrough.c'),
    join(import.meta.dirname, '../../kernel-driver/include/uapi'),
    {
      DEVICE_ID: DEVICE_ID.value,
      REG_DEVICE_ID: DEVICE_ID.offset,
      REG_LABEL: LABEL.offset,
      REG_LABEL_SIZE: LABEL.size,
      REG_PASSPHRASE_CMD: PASSPHRASE_CMD.offset,
      REG_PASSPHRASE_BUFFER: PASSPHRASE_BUFFER.offset,
      REG_PASSPHRASE_BUFFER_SIZE: PASSPHRASE_BUFFER.size,
      PASSPHRASE_GENERATE: enums.PASSPHRASE_CMD.generate,
    },
  )
}

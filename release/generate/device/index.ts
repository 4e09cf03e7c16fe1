import type {GeneratedFile} from '../file.ts'
import {cHeader} from './header.ts'
import {referencePage} from './page.ts'
import type {Device} from './schema.ts'
import {sysfsPage} from './sysfs-page.ts'
import {constants} from './typescript.ts'

export {generateModuleVersion} from './version.ts'

/** Everything that is made of the device contract. */
export function generateDevice(device: Device): GeneratedFile[] {
  return [
    {path: 'kernel-driver/include/generated/mock-accel-regs.h', text: cHeader(device)},
    {path: 'lib/generated/device.ts', text: constants(device)},
    {path: 'docs/reference/device.md', text: referencePage(device)},
    {path: 'docs/reference/sysfs.md', text: sysfsPage(device)},
  ]
}

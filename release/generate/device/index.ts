import {type Loaded, loadShape} from '#release/matrix/load.ts'
import type {GeneratedFile} from '../file.ts'
import {checkDevice} from './check.ts'
import {cHeader} from './header.ts'
import {referencePage} from './page.ts'
import {type Device, deviceSchema} from './schema.ts'
import {constants} from './typescript.ts'

export {generateModuleVersion} from './version.ts'

/** Where the device contract stands, from the repository's root. */
export const deviceFile = 'components/device.yaml'

/**
 * Reads the device contract. Never throws for bad input: every problem comes back with its place
 * (Y… of lib/yaml.ts, M001 of its shape, V… of codes.ts).
 */
export function loadDevice(bytes: Uint8Array | string, file = deviceFile): Loaded<Device> {
  const loaded = loadShape(bytes, file, deviceSchema)
  if (!loaded.value) return loaded
  const diagnostics = [...loaded.diagnostics, ...checkDevice(loaded.value, loaded.source)]
  return {...loaded, value: diagnostics.length > 0 ? undefined : loaded.value, diagnostics}
}

/** Everything that is made of the device contract. */
export function generateDevice(device: Device): GeneratedFile[] {
  return [
    {path: 'kernel-driver/include/generated/mock-accel-regs.h', text: cHeader(device)},
    {path: 'lib/generated/device.ts', text: constants(device)},
    {path: 'docs/reference/device.md', text: referencePage(device)},
  ]
}

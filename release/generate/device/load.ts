import {type Loaded, loadShape} from '#release/matrix/load.ts'
import {checkDevice} from './check.ts'
import {type Device, deviceSchema} from './schema.ts'

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

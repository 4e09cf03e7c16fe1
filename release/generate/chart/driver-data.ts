import {fail} from '#lib/diagnostics.ts'
import type {ComponentDescriptor} from '#release/plan/component.ts'
import type {Device} from '../device/schema.ts'

/** What the chart tells of the DRA driver: its image, and the names and limits of the device contract. */
export type DriverData = {
  /** `ghcr.io/owner/mock-accel-dra-driver`. */
  repository: string
  /** `mock-accel.example.com`. */
  name: string
  classes: readonly {name: string; meaning: string; selector: string}[]
  /** Words of a passphrase that a claim may ask for. */
  words: {min: number; max: number}
}

/** @throws DiagnosticError G004 when there is no device contract */
export function driverData(
  components: readonly ComponentDescriptor[],
  device: Device | undefined,
  registry: string,
): DriverData {
  if (!device)
    fail({
      code: 'G004',
      message:
        'the chart’s driver, DeviceClasses and policies are made of the device contract, and there is none',
      hint: 'add components/device.yaml',
    })
  const limit = (name: string) => device.limits.find(one => one.name === name)?.value ?? 0
  return {
    repository: `${registry}/${imageOf(components) ?? `${device.name}-dra-driver`}`,
    name: device.dra.driver,
    classes: device.dra.deviceClasses,
    words: {min: limit('WORDS_MIN'), max: limit('WORDS_MAX')},
  }
}

/** The image that the chart's values name as the driver's. */
function imageOf(components: readonly ComponentDescriptor[]): string | undefined {
  const recipes = components.flatMap(one => one.builds)
  return recipes.flatMap(one =>
    one.kind === 'node-image' && one.value === 'draDriver.image' ? [one.image] : [],
  )[0]
}

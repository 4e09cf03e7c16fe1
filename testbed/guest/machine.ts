import {join} from 'node:path'
import {type Guest, type GuestOptions, startGuest} from './guest.ts'
import {imageOf, lineKernel, moduleFor} from './module.ts'
import {guestProgram} from './program.ts'
import {type DeviceServer, startServer} from './server.ts'
import {vfioParts} from './vfio.ts'

const driver = join(import.meta.dirname, '../../kernel-driver')

export type MachineOptions = {
  /** A line of matrix/kernels.lock.yaml; its newest kernel is booted. */
  line: string
  /** The text of a topology file of mock-accel-server. */
  topology: string
  append?: string
  shell?: boolean
  /** Instead of a line's kernel and the module built for it. */
  kernel?: {image: string; module: string}
} & Pick<GuestOptions, 'files' | 'timeout' | 'modules' | 'qemu' | 'binds'>

/** A guest with emulated devices, and the server that emulates them. The module lies in the guest, not yet loaded. */
export type Machine = {guest: Guest; server: DeviceServer; stop(): Promise<void>}

/** Where the guest has the module, the program of `kernel-driver/exercise`, and the word list. */
export const paths = {
  module: '/lib/modules/mock-accel.ko',
  exercise: '/bin/exercise',
  firmware: '/lib/firmware/mock-accel-wordlist.txt',
}

/**
 * Starts a server for the topology, and a guest with its devices.
 * @throws DiagnosticError what `startServer`, `moduleFor` and `startGuest` throw
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const [{image, module, vfio}, exercise, server] = await Promise.all([
    kernelOf(options),
    guestProgram(join(driver, 'exercise/exercise.c'), join(driver, 'include/uapi')),
    startServer(options.topology),
  ])
  try {
    const guest = await startGuest({
      kernel: image,
      files: {
        ...vfio.files,
        [paths.module]: {from: module},
        [paths.exercise]: {from: exercise},
        [paths.firmware]: {from: join(driver, 'firmware/mock-accel-wordlist.txt')},
        ...options.files,
      },
      machine: server.qemu,
      modules: [...vfio.modules, ...(options.modules ?? [])],
      qemu: options.qemu ?? [],
      binds: [{from: server.folder, to: server.folder}, ...(options.binds ?? [])],
      append: options.append ?? '',
      shell: options.shell ?? false,
      ...(options.timeout ? {timeout: options.timeout} : {}),
    })
    return {
      guest,
      server,
      async stop() {
        await guest.stop()
        await server.stop()
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function kernelOf({kernel: own, line, topology}: MachineOptions) {
  if (own) return {...own, vfio: {files: {}, modules: []}}
  const kernel = lineKernel(line)
  const [image, module] = await Promise.all([imageOf(kernel), moduleFor(kernel)])
  return {image: image.image, module, vfio: await vfioParts(topology, image)}
}

/** Class devices of the guest by name: each attribute's text. What cannot be read is absent. */
export async function readDevices(guest: Guest): Promise<Record<string, Record<string, string>>> {
  const lines = await guest.get(
    'cd /sys/class/mock-accel && for f in */*; do [ -f "$f" ] && [ -r "$f" ] && v=$(cat "$f" 2>/dev/null) && echo "$f=$v"; done; true',
  )
  const devices: Record<string, Record<string, string>> = {}
  for (const line of lines.split('\n')) {
    const [, name, attribute, value] = /^([^/]+)\/([^=]+)=(.*)$/.exec(line) ?? []
    if (!name || !attribute || value === undefined || attribute === 'uevent') continue
    devices[name] = {...devices[name], [attribute]: value}
  }
  return devices
}

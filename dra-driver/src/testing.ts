/** What the driver's tests stand on: a sysfs of plain files, and clients that play kubelet. */
import {mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {Client, credentials} from '@grpc/grpc-js'
import {limits} from '#lib/generated/device.ts'
import type {Method} from '#lib/protobuf/service.ts'
import type {DeviceState} from './claims/device-state.ts'
import type {Device} from './device.ts'

/** A PF of NUMA node 0, unless told otherwise. */
export function device(name: string, more: Partial<Device> = {}): Device {
  const [, pf = '0', vf] = /^mock(\d+)(?:v(\d+))?$/.exec(name) ?? []
  const fn = vf === undefined ? 0 : Number(vf) + 1
  const pciAddress = `0000:${(16 + Number(pf)).toString(16)}:00.${fn}`
  const path = `/sys/devices/pci0000:00/${pciAddress}/mock-accel/${name}`
  return {
    name,
    type: vf === undefined ? 'pf' : 'vf',
    uuid: `00000000-0000-5000-8000-${pf.padStart(8, '0')}${(vf ?? 'f').padStart(4, '0')}`,
    label: `NODE1-PF${pf}${vf === undefined ? '' : `-VF${vf}`}`,
    memory: 16n << 30n,
    capabilities: 0xf,
    fwVersion: '1.0.0',
    pciAddress,
    pcieRoot: 'pci0000:00',
    numaNode: 0,
    health: 'ok',
    host: {sysfs: path, node: `/dev/${name}`},
    ...(vf === undefined ? {} : {physfn: `mock${pf}`}),
    ...more,
  }
}

/** Puts a device into a sysfs of plain files, links and all. */
export function plug(root: string, one: Device): void {
  const function_ = join(root, `devices/${one.pcieRoot}/${one.pciAddress}`)
  const folder = join(function_, 'mock-accel', one.name)
  const link = (from: string, to: string) => {
    mkdirSync(dirname(from), {recursive: true})
    rmSync(from, {force: true})
    symlinkSync(relative(dirname(from), to), from)
  }
  mkdirSync(folder, {recursive: true})
  const attributes: Record<string, string> = {
    uuid: one.uuid,
    label: one.label,
    type: one.type,
    memory_size: String(one.memory),
    capabilities: `0x${one.capabilities.toString(16).padStart(8, '0')}`,
    fw_version: one.fwVersion,
    pci_address: one.pciAddress,
    numa_node: String(one.numaNode ?? -1),
    health: one.health,
    status: 'free',
    passphrase_length: '6',
    ...(one.physfn ? {physfn: one.physfn} : {}),
  }
  for (const [name, text] of Object.entries(attributes)) writeFileSync(join(folder, name), `${text}\n`)
  link(join(root, 'bus/pci/devices', one.pciAddress), function_)
  link(join(root, 'class/mock-accel', one.name), folder)
  link(join(folder, 'device'), function_)
  writeFileSync(join(function_, 'reset'), '')
}

export function unplug(root: string, one: Device): void {
  rmSync(join(root, 'class/mock-accel', one.name))
  rmSync(join(root, `devices/${one.pcieRoot}/${one.pciAddress}`), {recursive: true})
}

/** Devices without a sysfs: what was written to each, and how often it was reset. `step` may refuse. */
export function fakeDevices(step: (device: string) => void = () => {}) {
  const written: Record<string, {status: string; words: number; resets: number}> = {}
  const of = (name: string) => {
    written[name] ??= {status: 'free', words: limits.WORDS_DEFAULT, resets: 0}
    return written[name]
  }
  const unresettable = new Set<string>()
  const source: DeviceState = {
    async setStatus(name, status) {
      step(name)
      of(name).status = status
    },
    async setPassphraseLength(name, words) {
      step(name)
      of(name).words = words
    },
    canReset: name => !unresettable.has(name),
    async reset(name) {
      step(name)
      written[name] = {status: 'free', words: limits.WORDS_DEFAULT, resets: of(name).resets + 1}
    },
  }
  return {source, written, unresettable}
}

/** Calls a method once over a Unix socket, as kubelet does. */
export async function callSocket<Request, Response>(
  socket: string,
  method: Method<Request, Response>,
  request: Request,
): Promise<Response> {
  const client = new Client(`unix:${socket}`, credentials.createInsecure())
  const {promise, resolve, reject} = Promise.withResolvers<Response>()
  client.makeUnaryRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    {deadline: Date.now() + 45_000},
    (error, response) => (error || response === undefined ? reject(error) : resolve(response)),
  )
  try {
    return await promise
  } finally {
    client.close()
  }
}

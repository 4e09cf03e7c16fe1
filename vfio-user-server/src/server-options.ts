import {existsSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {limits} from '#lib/generated/device.ts'
import {misuse, type Options, readOptions, type Values} from './command-line.ts'
import {isLabel, isUuid, pfIdentity} from './identity.ts'
import {type Level, levels} from './log.ts'
import type {Machine} from './machine.ts'
import {socketsAt, socketsIn} from './server.ts'
import {parseSize} from './size.ts'
import type {SriovMode} from './sriov.ts'
import {defaultLabel, defaults, longestPfLabel, vfsOfOneSlot} from './topology/topology.ts'

export const serverOptions: Options = {
  socket: {type: 'string', value: 'DIR|FILE', summary: 'folder of the sockets, or the socket of the one PF'},
  topology: {type: 'string', value: 'FILE', summary: 'the machine: NUMA nodes, PFs, VFs'},
  uuid: {
    type: 'string',
    short: 'u',
    value: 'UUID|NAME',
    summary: 'UUID of the PF, or a name that one is made of',
  },
  label: {type: 'string', value: 'TEXT', summary: 'label of the PF; the name, or made of the NUMA node'},
  memory: {type: 'string', value: 'SIZE', summary: 'memory of the PF, 16Gi'},
  vfs: {type: 'string', value: 'N', summary: 'virtual functions of the PF, 0'},
  numa: {type: 'string', value: 'N', summary: 'NUMA node of the PF, for its label'},
  sriov: {type: 'string', choices: ['qemu', 'plain', 'off'], summary: 'how SR-IOV shows itself, qemu'},
  control: {type: 'string', value: 'PATH', summary: 'the control socket; control.sock beside the others'},
  metrics: {type: 'string', value: '[HOST:]PORT', summary: 'serve Prometheus metrics over HTTP, on loopback'},
  'busy-poll-us': {
    type: 'string',
    value: 'US',
    summary: 'ask the sockets again for so long before sleeping, 0',
  },
  transport: {
    type: 'string',
    choices: ['native', 'plain'],
    summary: 'plain: no descriptors, so no interrupts',
  },
  'log-level': {type: 'string', choices: levels, summary: 'what goes to standard error as JSON, warn'},
  version: {type: 'boolean', summary: 'the version'},
  help: {type: 'boolean', short: 'h', summary: 'this text'},
}

export type ServeSettings = {
  /** A machine described by options; by a topology file otherwise. */
  machine: Machine | {file: string}
  socketOf: (name: string) => string
  control: string
  metrics: {host: string; port: number} | undefined
  busyPollUs: number
  transport: 'native' | 'plain'
  logLevel: Level
}

/**
 * What the server is told to do.
 * @throws DiagnosticError, exit 2: U001 to U003
 */
export function serveSettings(argv: readonly string[]): ServeSettings | 'help' | 'version' {
  const values = readOptions(argv, serverOptions)
  if (values.flag('help')) return 'help'
  if (values.flag('version')) return 'version'
  if (values.words.length > 0)
    misused([
      misuse('U001', `there is no command \`${values.words[0]}\``, 'there is qemu-args, or none to serve'),
    ])
  const socket = values.text('socket')
  if (socket === undefined) misused([misuse('U003', 'where to listen is not said', 'give --socket DIR')])
  const machine = machineOf(values)
  const isFolder =
    socket.endsWith('/') || 'file' in machine || (existsSync(socket) && statSync(socket).isDirectory())
  const metrics = values.text('metrics')
  return {
    machine,
    socketOf: isFolder ? socketsIn(socket) : socketsAt(socket, 'pf0'),
    control:
      values.text('control') ??
      (isFolder ? join(socket, 'control.sock') : `${socket.replace(/\.sock$/, '')}-control.sock`),
    metrics: metrics === undefined ? undefined : metricsAddress(metrics),
    busyPollUs: natural(values, 'busy-poll-us', 0, 1_000_000),
    transport: values.text('transport') === 'plain' ? 'plain' : 'native',
    logLevel: (values.text('log-level') as Level | undefined) ?? 'warn',
  }
}

/** Options that describe the machine, and so exclude a file that does. */
const machineOptions = ['uuid', 'label', 'memory', 'vfs', 'numa', 'sriov']

function machineOf(values: Values): Machine | {file: string} {
  const file = values.text('topology')
  if (file === undefined) return machineOfOptions(values)
  const both = machineOptions.filter(name => values.text(name) !== undefined)
  if (both.length > 0)
    misused(
      both.map(name =>
        misuse('U003', `--${name} and --topology exclude each other`, 'write it into the file'),
      ),
    )
  return {file}
}

function machineOfOptions(values: Values): Machine {
  const sriov = (values.text('sriov') as SriovMode | undefined) ?? 'qemu'
  const numa = values.text('numa') === undefined ? undefined : natural(values, 'numa', 0, 127)
  const vfs = natural(values, 'vfs', 0, sriov === 'plain' ? limits.VFS_MAX : vfsOfOneSlot)
  const uuid = values.text('uuid') ?? values.text('label') ?? defaultLabel(defaults.node, numa, 0)
  const label = values.text('label') ?? (isUuid(uuid) ? defaultLabel(defaults.node, numa, 0) : uuid)
  const longest = vfs > 0 ? longestPfLabel : limits.LABEL_MAX
  for (const [option, text] of [
    ['uuid', isUuid(uuid) ? label : uuid],
    ['label', label],
  ] as const)
    if (!isLabel(text) || text.length > longest) bad(option, text, `1 to ${longest} visible ASCII characters`)
  const text = values.text('memory')
  const memory = text === undefined ? defaults.deviceMemory : parseSize(text)
  if (memory === undefined || memory < BigInt(limits.VF_MEMORY_ALIGN) * BigInt(vfs + 1))
    bad('memory', text ?? '', `bytes such as 16Gi, 1Mi for the PF and each VF at least`)
  return {sriov, pfs: [{name: 'pf0', identity: pfIdentity(uuid, label), memory, vfs, numa}]}
}

function natural(values: Values, name: string, absent: number, most: number): number {
  const text = values.text(name)
  if (text === undefined) return absent
  if (!/^\d{1,9}$/.test(text) || Number(text) > most) bad(name, text, `a whole number from 0 to ${most}`)
  return Number(text)
}

function metricsAddress(text: string): {host: string; port: number} {
  const [, host = '127.0.0.1', port = ''] = /^(?:\[?([^\]]+?)\]?:)?(\d{1,5})$/.exec(text) ?? []
  if (port === '' || Number(port) > 65535) bad('metrics', text, 'a port, or an address and a port')
  return {host, port: Number(port)}
}

function bad(name: string, value: string, expected: string): never {
  fail({code: 'U002', message: `--${name} cannot be \`${value}\``, expected}, 2)
}

function misused(problems: Diagnostic[]): never {
  throw new DiagnosticError(problems, 2)
}

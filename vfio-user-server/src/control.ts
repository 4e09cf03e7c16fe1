import {enums, registers} from '#lib/generated/device.ts'
import {type Faults, noFaults} from './faults.ts'
import {uuidText} from './identity.ts'
import {metricsText} from './metrics.ts'
import {PhysicalFunction, VirtualFunction} from './pci-function.ts'
import {errno} from './protocol.ts'
import type {ServedFunction} from './served-function.ts'
import {isEnabled, type Server} from './server.ts'
import type {Stats} from './stats.ts'

/** What can be wrong on purpose, as a person names it, and what it takes. */
export const faultKinds = {
  health: {value: 'degraded|failed', text: 'the HEALTH register says so, and the interrupt is raised'},
  'stuck-busy': {value: undefined, text: 'passphrase commands never end'},
  'late-replies': {value: 'MS', text: 'every reply waits so many milliseconds'},
  'error-replies': {
    value: '[ERRNO]',
    text: 'every access to BAR0 is refused, with EIO unless told otherwise',
  },
  removal: {value: undefined, text: 'all ones are read, writes are lost: the card was pulled out'},
  'server-gone': {value: undefined, text: 'the connection is dropped and none is taken'},
} as const

export type FaultKind = keyof typeof faultKinds

export type FunctionInfo = {
  name: string
  type: 'pf' | 'vf'
  label: string
  uuid: string
  socket: string
  physfn?: string
  memory: string
  connected: boolean
  enabled: boolean
  health: string
  totalVfs?: number
  numVfs?: number
  faults: string[]
}

/** One request to the control socket, and its answer: one JSON object a line. */
export type Request = {id?: number | string; method: string; params?: Record<string, unknown>}
export type Answer =
  | {id?: number | string; result: unknown}
  | {id?: number | string; error: {message: string}}

/** A request that cannot be done; its message goes to who asked. */
export class ControlError extends Error {}

const healthNames = Object.keys(enums.HEALTH)
const longestDelay = 600_000

/**
 * Does one request.
 * @throws ControlError for an unknown method, function, fault or value
 */
export function control(server: Server, {method, params = {}}: Request): unknown {
  const chosen = () => find(server, params.function)
  switch (method) {
    case 'list':
      return server.functions.map(describe)
    case 'stats':
      return Object.fromEntries(
        (params.function === undefined ? server.functions : chosen()).map(one => [
          one.function.name,
          stats(one),
        ]),
      )
    case 'metrics':
      return metricsText(server.functions, process.memoryUsage.rss())
    case 'fault.inject':
      for (const one of chosen()) inject(one, params.fault, params.value)
      return null
    case 'fault.clear':
      for (const one of chosen()) clear(one, params.fault)
      return null
    case 'reset':
      for (const one of chosen()) one.function.reset()
      return null
    default:
      throw new ControlError(`there is no method ${JSON.stringify(method)}`)
  }
}

/** A line as it came, to the line that answers it. */
export function answerLine(server: Server, line: string): Answer {
  let request: Request
  try {
    request = readRequest(JSON.parse(line))
  } catch (error) {
    return {error: {message: `not a request: ${error instanceof Error ? error.message : error}`}}
  }
  const id = request.id === undefined ? {} : {id: request.id}
  try {
    return {...id, result: control(server, request)}
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    return {...id, error: {message: error.message}}
  }
}

function readRequest(value: unknown): Request {
  if (!isRecord(value)) throw new ControlError('an object is wanted')
  const {id, method, params} = value
  if (typeof method !== 'string') throw new ControlError('`method` must be text')
  if (params !== undefined && !isRecord(params)) throw new ControlError('`params` must be an object')
  if (id !== undefined && typeof id !== 'number' && typeof id !== 'string')
    throw new ControlError('`id` must be a number or text')
  return {method, ...(id === undefined ? {} : {id}), ...(params === undefined ? {} : {params})}
}

/** By name, label or UUID; `all` is every one. */
function find(server: Server, asked: unknown): readonly ServedFunction[] {
  if (asked === 'all') return server.functions
  const found = server.functions.filter(one => {
    const {name, label, uuid} = describe(one)
    return asked === name || asked === label || (typeof asked === 'string' && asked.toLowerCase() === uuid)
  })
  if (found.length > 0) return found
  const names = server.functions.map(one => one.function.name).join(', ')
  throw new ControlError(`there is no function ${JSON.stringify(asked)}; there are ${names}, and all`)
}

function inject(one: ServedFunction, fault: unknown, value: unknown): void {
  if (fault === 'health') one.function.registers.health = healthOf(value)
  else one.setFaults(faultOf(fault, value))
}

function faultOf(fault: unknown, value: unknown): Partial<Faults> {
  switch (fault) {
    case 'stuck-busy':
      return {stuckBusy: true}
    case 'late-replies':
      return {lateMs: natural(value, 'milliseconds', longestDelay)}
    case 'error-replies':
      return {errorReplies: natural(value ?? errno.EIO, 'errno', 4095)}
    case 'removal':
      return {removed: true}
    case 'server-gone':
      return {disconnected: true}
    default:
      throw noFault(fault)
  }
}

const cleared: Readonly<Record<string, (keyof Faults)[]>> = {
  'stuck-busy': ['stuckBusy'],
  'late-replies': ['lateMs'],
  'error-replies': ['errorReplies'],
  removal: ['removed'],
  'server-gone': ['disconnected'],
}

/** One fault, or all of them. */
function clear(one: ServedFunction, fault: unknown): void {
  if (fault !== undefined && !Object.hasOwn(faultKinds, String(fault))) throw noFault(fault)
  const healthy = noFaults()
  const names = fault === undefined ? Object.values(cleared).flat() : (cleared[String(fault)] ?? [])
  one.setFaults(Object.fromEntries(names.map(name => [name, healthy[name]])))
  if (fault === undefined || fault === 'health') one.function.registers.health = enums.HEALTH.ok
}

function healthOf(value: unknown): number {
  const index = healthNames.indexOf(String(value))
  if (index < 0)
    throw new ControlError(`health is one of ${healthNames.join(', ')}, not ${JSON.stringify(value)}`)
  return Object.values(enums.HEALTH)[index] ?? 0
}

function natural(value: unknown, what: string, most: number): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > most)
    throw new ControlError(`${what}: a whole number from 1 to ${most}, not ${JSON.stringify(value)}`)
  return number
}

function noFault(fault: unknown): ControlError {
  return new ControlError(
    `there is no fault ${JSON.stringify(fault)}; there are ${Object.keys(faultKinds).join(', ')}`,
  )
}

export function describe(served: ServedFunction): FunctionInfo {
  const {function: one, path} = served
  const {bytes} = one.registers
  const {UUID, LABEL, MEMORY_SIZE} = registers
  const label = bytes.toString('latin1', LABEL.offset, LABEL.offset + LABEL.size).replace(/\0+$/, '')
  return {
    name: one.name,
    type: one.type,
    label,
    uuid: uuidText(bytes.subarray(UUID.offset, UUID.offset + UUID.size)),
    socket: path,
    ...(one instanceof VirtualFunction ? {physfn: one.pf.name} : {}),
    // Text: JSON numbers end at 2^53.
    memory: bytes.readBigUInt64LE(MEMORY_SIZE.offset).toString(),
    connected: served.session !== undefined,
    enabled: isEnabled(served),
    health: healthNames[one.registers.health] ?? '',
    ...(one instanceof PhysicalFunction ? {totalVfs: one.vfs.length, numVfs: one.sriov?.numVfs ?? 0} : {}),
    faults: Object.entries(cleared).flatMap(([name, keys]) =>
      keys.some(key => one.faults[key]) ? [name] : [],
    ),
  }
}

function stats(one: ServedFunction): Stats & {dmaMappings: number; backlog: number} {
  return {...one.stats, dmaMappings: one.session?.dma.size ?? 0, backlog: one.session?.backlog ?? 0}
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

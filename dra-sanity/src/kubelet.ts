import {setTimeout as sleep} from 'node:timers/promises'
import type {PrepareResponse, UnprepareResponse} from '#lib/protobuf/dra-plugin.ts'
import {advertised, type Claim, draPluginV1, draPluginV1beta1} from '#lib/protobuf/dra-plugin.ts'
import {healthV1, type WatchResponse} from '#lib/protobuf/health.ts'
import {type PluginInfo, registration} from '#lib/protobuf/registration.ts'
import type {Method} from '#lib/protobuf/service.ts'
import {type Answer, type CallOptions, type Connection, connect, type Stream} from './grpc.ts'
import {registrationSockets} from './sockets.ts'

/** kubelet's own time-outs, in milliseconds; tests shorten them. */
export type Times = {
  getInfo: number
  notify: number
  call: number
  /** How long a driver may take to appear in the registry folder, after a start or restart. */
  appear: number
  /** How long a driver may take to write slices anew: no source sets a limit, Go's helper takes 30 s and more. */
  republish: number
  /** The time-out of a health state that names none. */
  health: number
}

/** pkg/kubelet/pluginmanager/operationexecutor/operation_generator.go, pkg/kubelet/cm/dra/plugin/dra_plugin.go */
export const kubeletTimes: Times = {
  getInfo: 1000,
  notify: 5000,
  call: 45_000,
  appear: 30_000,
  republish: 90_000,
  health: 30_000,
}

export type Version = 'v1' | 'v1beta1'
export const services = {v1: draPluginV1, v1beta1: draPluginV1beta1} as const
/** The health APIs that some kubelet knows. */
export const healthVersions = [advertised.healthV1alpha1, advertised.healthV1] as const
export type HealthVersion = (typeof healthVersions)[number]

/** The DRA APIs of a list of supported versions that kubelet knows, in the list's order. */
export function versionsOf(info: PluginInfo): Version[] {
  return info.supportedVersions.flatMap(one =>
    one === advertised.v1 ? ['v1' as const] : one === advertised.v1beta1 ? ['v1beta1' as const] : [],
  )
}

/** The health APIs of a list of supported versions. */
export const healthVersionsOf = (info: PluginInfo): HealthVersion[] =>
  healthVersions.filter(one => info.supportedVersions.includes(one))

export type PluginCall = Partial<CallOptions> & {
  /** Another version than the one that kubelet takes. */
  version?: Version
  /** As a later kubelet calls. */
  later?: boolean
}

/**
 * The same method as a later kubelet calls it: the request carries a field that nobody knows yet (number 9999,
 * a text), which proto3 readers pass over.
 */
const later = <Q, R>(method: Method<Q, R>): Method<Q, R> => ({
  ...method,
  requestSerialize: value => Buffer.concat([method.requestSerialize(value), unknownField]),
})
const unknownField = Buffer.from([0xfa, 0xf0, 0x04, 0x05, ...Buffer.from('later')])

/** A plugin that this kubelet has registered, and its connection to the DRA socket. */
export type Plugin = {
  /** Its registration socket. */
  socket: string
  info: PluginInfo
  endpoint: string
  /** Those kubelet knows; the first is what it uses. */
  versions: readonly Version[]
  prepare(claims: readonly Claim[], options?: PluginCall): Promise<Answer<PrepareResponse>>
  unprepare(claims: readonly Claim[], options?: PluginCall): Promise<Answer<UnprepareResponse>>
  /** Opens the health stream of a service such as `v1.DRAResourceHealth`, served or not. */
  health(service: string): Stream<WatchResponse>
  close(): void
}

/** Asks one registration socket who it is. */
export async function getInfo(
  socket: string,
  timeout: number,
  options: {authority?: string} = {},
): Promise<Answer<PluginInfo>> {
  return using(connect(socket, options), async connection => {
    // Time to dial is not time to answer: to kubelet neither, and much of it is ours.
    await connection.ready(timeout)
    return connection.call(registration.GetInfo, {}, {timeout})
  })
}

/** Tells a plugin how its registration went. */
export async function notify(socket: string, error: string, timeout: number): Promise<Answer<object>> {
  const status = {pluginRegistered: error === '', error}
  return using(connect(socket), connection =>
    connection.call(registration.NotifyRegistrationStatus, status, {timeout}),
  )
}

async function using<T>(connection: Connection, work: (connection: Connection) => Promise<T>): Promise<T> {
  try {
    return await work(connection)
  } finally {
    connection.close()
  }
}

export type Found = {socket: string; info: PluginInfo}
export type Search = {found: Found | undefined; others: {socket: string; answer: Answer<PluginInfo>}[]}

/**
 * The registration socket that answers as this driver, asking again until there is one or the time is over.
 * `others` are those that answered otherwise, or not at all, when they were asked last.
 */
export async function findDriver(
  folder: string,
  driver: string,
  times: Times,
  besides: readonly string[] = [],
): Promise<Search> {
  const end = Date.now() + times.appear
  for (;;) {
    const sockets = (await registrationSockets(folder)).filter(one => !besides.includes(one))
    const others = await Promise.all(
      sockets.map(async socket => ({socket, answer: await getInfo(socket, times.getInfo)})),
    )
    for (const {socket, answer} of others)
      if (answer.ok && answer.value.name === driver) return {found: {socket, info: answer.value}, others}
    if (Date.now() > end) return {found: undefined, others}
    await sleep(50)
  }
}

/** Opens the connection that kubelet keeps to a registered plugin. */
export function openPlugin(socket: string, info: PluginInfo, times: Times): Plugin {
  // An empty endpoint means the registration socket itself.
  const endpoint = info.endpoint === '' ? socket : info.endpoint
  const connection = connect(endpoint)
  const versions = versionsOf(info)
  const service = (version: Version | undefined) => services[version ?? versions[0] ?? 'v1']
  const call = <Q, R>(method: Method<Q, R>, request: Q, options: PluginCall) =>
    connection.call(options.later ? later(method) : method, request, {timeout: times.call, ...options})
  return {
    socket,
    info,
    endpoint,
    versions,
    prepare: (claims, options = {}) =>
      call(service(options.version).NodePrepareResources, {claims: [...claims]}, options),
    unprepare: (claims, options = {}) =>
      call(service(options.version).NodeUnprepareResources, {claims: [...claims]}, options),
    health: name =>
      connection.stream({...healthV1.NodeWatchResources, path: `/${name}/NodeWatchResources`}, {}),
    close: () => connection.close(),
  }
}

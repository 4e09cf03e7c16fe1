/** The kubelet plugin: DRA calls on one socket, registration on another. */
import {
  advertised,
  draPluginV1,
  draPluginV1beta1,
  type PrepareRequest,
  type UnprepareRequest,
} from '#lib/protobuf/dra-plugin.ts'
import {healthV1, healthV1alpha1} from '#lib/protobuf/health.ts'
import {type RegistrationStatus, registration} from '#lib/protobuf/registration.ts'
import type {Claims} from '../claims/claims.ts'
import type {Inventory} from '../inventory.ts'
import type {Log} from '../log.ts'
import type {Timer} from '../metrics.ts'
import {serveOn, unary} from './grpc.ts'
import {healthStreams} from './health.ts'
import type {PluginPaths} from './paths.ts'
import {removeDead} from './sockets.ts'

export type PluginOptions = {
  driver: string
  node: string
  paths: PluginPaths
  claims: Claims
  inventory: Inventory
  log: Log
  /** Offers the health service. */
  health: boolean
  /** Times calls, by method. */
  timer: Timer
}

export type Plugin = {
  /** Whether kubelet accepted it; undefined before it said anything. */
  registered(): boolean | undefined
  stop(): Promise<void>
}

const graceMs = 5_000

/** The DRA socket is there before kubelet can hear of it; sockets of dead instances go after that. */
export async function startPlugin(options: PluginOptions): Promise<Plugin> {
  const {driver, node, paths, claims, inventory, log, timer} = options
  const health = options.health ? healthStreams(inventory, node) : undefined
  const calls = {
    NodePrepareResources: unary(log, (request: PrepareRequest, signal) =>
      timer('prepare', async () => ({claims: await claims.prepare(request.claims, signal)})),
    ),
    NodeUnprepareResources: unary(log, (request: UnprepareRequest) =>
      timer('unprepare', async () => ({claims: await claims.unprepare(request.claims)})),
    ),
  }
  const watch = health ? {NodeWatchResources: health.handler} : undefined
  const dra = await serveOn(paths.endpoint, [
    {definition: draPluginV1, handlers: calls},
    {definition: draPluginV1beta1, handlers: calls},
    ...(watch
      ? [
          {definition: healthV1, handlers: watch},
          {definition: healthV1alpha1, handlers: watch},
        ]
      : []),
  ])

  let registered: boolean | undefined
  const info = {
    type: 'DRAPlugin',
    name: driver,
    endpoint: paths.endpoint,
    // kubelet takes the first that it knows.
    supportedVersions: [
      advertised.v1,
      advertised.v1beta1,
      ...(health ? [advertised.healthV1, advertised.healthV1alpha1] : []),
    ],
  }
  const registrar = await serveOn(paths.registration, [
    {
      definition: registration,
      handlers: {
        // For as long as the process lives: kubelet asks again and again, and drops who does not answer.
        GetInfo: unary(log, () => info),
        NotifyRegistrationStatus: unary(log, (status: RegistrationStatus) => {
          registered = status.pluginRegistered
          if (registered) log('info', 'registered with kubelet', {endpoint: paths.endpoint})
          else log('error', 'kubelet refused the registration', {error: status.error})
          return {}
        }),
      },
    },
  ])

  // Not before, so that kubelet always knows of an instance.
  await removeDead(paths, log)

  return {
    registered: () => registered,
    async stop() {
      // kubelet stops calling when the registration socket goes; calls under way end after that.
      await registrar.stop(graceMs)
      health?.end()
      await dra.stop(graceMs)
    },
  }
}

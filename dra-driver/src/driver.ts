/** All parts of the driver, put together. */
import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {dra} from '#lib/generated/device.ts'
import type {Resources} from './api/resources.ts'
import {makeClaims} from './claims/claims.ts'
import type {Source} from './device.ts'
import {tellOfHealth} from './events/device-health.ts'
import {makeEvents} from './events/events.ts'
import {startHttp} from './http.ts'
import {startInventory} from './inventory.ts'
import {type Log, reason} from './log.ts'
import {makeMetrics} from './metrics.ts'
import type {DriverOptions} from './options.ts'
import {startHealthCheck} from './plugin/health-check.ts'
import {pluginPaths} from './plugin/paths.ts'
import {startPlugin} from './plugin/plugin.ts'
import {probe} from './probe.ts'
import {startPublisher} from './publisher.ts'
import {buildPools} from './slices.ts'
import {realDisk} from './state/disk.ts'
import {fileLock} from './state/lock.ts'
import {checkpointStore} from './state/store.ts'

export type Driver = {
  /** Where HTTP listens, when it does. */
  httpPort?: number
  /** Resolves when the slices have been published once. */
  published: Promise<void>
  stop(): Promise<void>
}

export type Surroundings = {
  api: Resources
  source: Source
  log: Log
  /** Of the API server: 36 of Kubernetes 1.36. */
  minor: number
  bootId?: string
}

/** Starts in the order of dependence; kubelet hears of the driver when it can already answer. */
export async function startDriver(
  options: DriverOptions,
  {api, source, log, minor, bootId = readBootId()}: Surroundings,
): Promise<Driver> {
  const {node, durability} = options
  const driver = dra.driver
  const metrics = makeMetrics()
  const paths = pluginPaths(options.kubeletRoot, driver)
  mkdirSync(paths.folder, {recursive: true, mode: 0o750})
  const inventory = await startInventory({source, log, rescanSeconds: options.rescanSeconds})
  const sharedCounters = options.sharedCounters ?? minor >= countersSince

  const events = makeEvents({create: api.createEvent, driver, node, log})
  const shared = {disk: realDisk, cdiFolder: options.cdiRoot, bootId, durability, log}
  const claims = makeClaims({
    ...shared,
    driver,
    node,
    store: checkpointStore({...shared, folder: paths.folder}),
    lock: fileLock(join(paths.folder, 'serialize.lock')),
    source,
    present: names => inventory.present(names),
    getClaim: api.getClaim,
    onError(refused) {
      metrics.add('mock_accel_dra_claim_errors_total')
      if (refused) events.tell(refused.claim, 'DeviceNotPrepared', refused.message)
    },
  })
  const quiet = tellOfHealth({inventory, held: claims.held, getClaim: api.getClaim, events, log})
  const plugin = await startPlugin({
    driver,
    node,
    paths,
    claims,
    inventory,
    log,
    health: options.health,
    timer: metrics.timer,
  })

  const publisher = startPublisher({
    api,
    driver,
    node,
    log,
    relistSeconds: options.relistSeconds,
    // During a rolling update the old instance publishes until it is gone: two would undo each other's work.
    turn: fileLock(join(paths.folder, 'publish.lock'), Number.POSITIVE_INFINITY),
    onRound: ({created, updated, deleted, dropped, error}) => {
      metrics.add('mock_accel_dra_slice_writes_total', created + updated + deleted)
      metrics.add('mock_accel_dra_slice_dropped_fields_total', dropped.length)
      if (error !== undefined) metrics.add('mock_accel_dra_slice_errors_total')
    },
  })
  const publish = () => publisher.set(buildPools(inventory.current(), {node, driver, sharedCounters}))
  const forget = inventory.onChange(publish)
  publish()

  const reconciling = setInterval(() => {
    claims
      .reconcile()
      .then(uids => metrics.add('mock_accel_dra_claims_reconciled_total', uids.length))
      .catch(error => log('warn', 'claims could not be compared with the API', {error: reason(error)}))
  }, options.reconcileSeconds * 1000)

  const healthCheck = options.healthCheckPort
    ? await startHealthCheck(options.healthCheckPort, () => probe(paths))
    : undefined
  const http = options.http
    ? await startHttp({
        ...options.http,
        healthy: () => probe(paths),
        ready: async () => {
          await probe(paths)
          if (plugin.registered() !== true) throw new Error('kubelet has not accepted the registration')
        },
        metrics: async () =>
          metrics.render({
            mock_accel_dra_devices: inventory.current().length,
            mock_accel_dra_claims_held: Object.keys(await claims.held()).length,
            mock_accel_dra_registered: plugin.registered() ? 1 : 0,
          }),
      })
    : undefined

  return {
    ...(http ? {httpPort: http.port} : {}),
    published: publisher.published,
    async stop() {
      clearInterval(reconciling)
      forget()
      quiet()
      await plugin.stop()
      await publisher.stop()
      inventory.stop()
      healthCheck?.stop()
      await http?.stop()
      log('info', 'ended')
    },
  }
}

/** The minor version of Kubernetes in which partitionable devices are on without being asked for. */
const countersSince = 36

/** Changes with every boot of the machine. */
function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

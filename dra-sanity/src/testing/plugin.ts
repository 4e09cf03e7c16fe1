/** A DRA plugin for tests, over real sockets: `startPlugin` in this process, or `node plugin.ts '{…}'` as one. */
import {existsSync, mkdirSync, rmSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import type {
  Claim,
  PrepareRequest,
  PrepareResponse,
  UnprepareRequest,
  UnprepareResponse,
} from '#lib/protobuf/dra-plugin.ts'
import {draPluginV1, draPluginV1beta1} from '#lib/protobuf/dra-plugin.ts'
import {healthV1, healthV1alpha1, type WatchResponse} from '#lib/protobuf/health.ts'
import {type PluginInfo, type RegistrationStatus, registration} from '#lib/protobuf/registration.ts'
import type {Flaw} from './flaws.ts'
import {deviceNames, pool} from './folder-claims.ts'
import {type Preparing, preparing} from './preparing.ts'

export type PluginOptions = {
  root: string
  driver: string
  devices: number
  flaw?: Flaw
  /** Makes the sockets of a rolling update's instance. */
  podUid?: string
  /** Makes no health service at all. */
  noHealth?: boolean
}

/** Where everything of a test lies below `root`. */
export const places = (root: string) => ({
  registryDir: join(root, 'plugins_registry'),
  pluginDir: join(root, 'plugin'),
  cdiDir: join(root, 'cdi'),
  claimsDir: join(root, 'claims'),
  stateDir: join(root, 'plugin/state'),
  illFile: (device: string) => join(root, `ill-${device}`),
})

export type RunningPlugin = {stop(): Promise<void>}

export async function startPlugin(options: PluginOptions): Promise<RunningPlugin> {
  const {registryDir, pluginDir, cdiDir} = places(options.root)
  for (const folder of [registryDir, pluginDir, cdiDir]) await mkdir(folder, {recursive: true})
  const {flaw, driver} = options
  const uid = options.podUid && flaw !== 'one-socket' ? `-${options.podUid}` : ''
  const endpoint = join(flaw === 'socket-inside' ? registryDir : pluginDir, `dra${uid}.sock`)
  const start = flaw === 'leaves-dead-socket' ? `-${process.pid}` : ''
  const socket = join(registryDir, `${flaw === 'dot-socket' ? '.' : ''}${driver}${uid}${start}-reg.sock`)
  const dra = new Server()
  const load = {calls: 0, streams: 0}
  addDra(dra, options, load)
  if (!options.noHealth) addHealth(dra, options, load)
  const registrar = new Server()
  const paths = [endpoint, socket]
  const stop = async () => {
    // grpc-js removes the sockets of servers that it ends.
    if (flaw === 'leaves-sockets') return
    registrar.forceShutdown()
    dra.forceShutdown()
    for (const path of paths) rmSync(path, {force: true})
  }
  addRegistration(registrar, options, endpoint, load, stop)
  await bind(dra, endpoint, flaw)
  await bind(registrar, socket, flaw)
  return {stop}
}

async function bind(server: Server, path: string, flaw: Flaw | undefined): Promise<void> {
  mkdirSync(join(path, '..'), {recursive: true})
  if (flaw !== 'stale-socket') rmSync(path, {force: true})
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), error =>
      error ? reject(error) : resolve(),
    ),
  )
}

type Unary<Q, R> = (call: ServerUnaryCall<Q, R>, done: sendUnaryData<R>) => void

/** Wraps a promise, and knows of the flaw that looks at the authority. */
function unary<Q, R>(
  flaw: Flaw | undefined,
  work: (request: Q, call: ServerUnaryCall<Q, R>) => Promise<R>,
): Unary<Q, R> {
  return (call, done) => {
    if (flaw === 'localhost-only' && call.getHost() !== 'localhost')
      return done({code: status.UNAVAILABLE, details: `no such host ${call.getHost()}`})
    work(call.request, call).then(
      value => done(null, value),
      error => done({code: status.INTERNAL, details: error instanceof Error ? error.message : String(error)}),
    )
  }
}

function addRegistration(
  server: Server,
  {flaw, driver, noHealth}: PluginOptions,
  endpoint: string,
  load: Load,
  stop: () => Promise<void>,
): void {
  let registered = false
  let stuck = false
  const dra = ['v1.DRAPlugin', 'v1beta1.DRAPlugin']
  const info: PluginInfo = {
    type: flaw === 'wrong-type' ? 'CSIPlugin' : 'DRAPlugin',
    name: flaw === 'wrong-name' ? 'other.example.com' : driver,
    endpoint: flaw === 'no-endpoint' ? `${endpoint}.none` : endpoint,
    supportedVersions:
      flaw === 'no-versions'
        ? ['1.0.0']
        : [
            ...(flaw === 'oldest-first' ? dra.toReversed() : dra),
            ...(noHealth ? [] : ['v1alpha1.DRAResourceHealth']),
          ],
  }
  server.addService(registration, {
    GetInfo: unary<object, PluginInfo>(flaw, async (_, call) => {
      if (flaw === 'slow-info') await sleep(1300)
      if (flaw === 'stuck-after-given-up') {
        await sleep(25)
        stuck ||= call.cancelled
        if (stuck) await sleep(60_000, undefined, {ref: false})
      }
      while (flaw === 'info-waits' && load.calls > 0) await sleep(1200)
      if (flaw === 'registers-once' && registered) throw new Error('already registered')
      return info
    }),
    NotifyRegistrationStatus: unary<RegistrationStatus, object>(flaw, async request => {
      if (flaw === 'notify-error') throw new Error('not now')
      if (!request.pluginRegistered && flaw === 'dies-when-refused') await stop()
      registered = request.pluginRegistered
      return {}
    }),
  })
}

function addDra(server: Server, options: PluginOptions, load: Load): void {
  const {flaw, driver, root} = options
  const folders = places(root)
  const make = (stateDir: string, prefix = '') =>
    preparing({driver, flaw, stateDir, prefix, claimsDir: folders.claimsDir, cdiDir: folders.cdiDir})
  const v1 = make(folders.stateDir)
  const v1beta1 = flaw === 'v1beta1-apart' ? make(`${folders.stateDir}-v1beta1`, 'v1beta1-') : v1
  if (flaw !== 'unserved-v1')
    server.addService(flaw === 'strict-fields' ? strict(draPluginV1) : draPluginV1, handlers(v1, flaw, load))
  server.addService(draPluginV1beta1, handlers(v1beta1, flaw, load))
}

/** The service for a reader that takes a later kubelet's request for a broken one. */
function strict({NodePrepareResources, ...others}: typeof draPluginV1): typeof draPluginV1 {
  const {requestDeserialize, requestSerialize} = NodePrepareResources
  const read = (bytes: Buffer) => {
    const request = requestDeserialize(bytes)
    if (requestSerialize(request).length !== bytes.length) throw new Error('unknown field')
    return request
  }
  return {...others, NodePrepareResources: {...NodePrepareResources, requestDeserialize: read}}
}

/** What goes on in one plugin, for the flaws that let one thing wait for another: calls and health streams. */
type Load = {calls: number; streams: number}

function handlers(state: Preparing, flaw: Flaw | undefined, load: Load) {
  const beside = async () => {
    if (flaw === 'stream-blocks' && load.streams > 0) await sleep(60_000, undefined, {ref: false})
  }
  return {
    NodePrepareResources: unary<PrepareRequest, PrepareResponse>(flaw, async (request, call) => {
      await beside()
      load.calls++
      if (flaw === 'info-waits') await sleep(300)
      const claims: PrepareResponse['claims'] = new Map()
      for (const claim of request.claims)
        claims.set(claim.uid, await state.prepare(claim, () => call.cancelled))
      const [first] = claims.keys()
      if (flaw === 'missing-key' && first !== undefined) claims.delete(first)
      load.calls--
      if (flaw === 'surplus-key') claims.set('surplus', {devices: [], error: ''})
      return {claims}
    }),
    NodeUnprepareResources: unary<UnprepareRequest, UnprepareResponse>(flaw, async request => {
      const claims: UnprepareResponse['claims'] = new Map()
      for (const claim of request.claims) claims.set(claim.uid, {error: await state.unprepare(claim)})
      const first: Claim | undefined = request.claims[0]
      if (flaw === 'missing-key-in-unprepare' && first) claims.delete(first.uid)
      return {claims}
    }),
  }
}

function addHealth(server: Server, options: PluginOptions, load: Load): void {
  const {flaw} = options
  let open = 0
  const watch = (call: ServerWritableStream<object, WatchResponse>) => {
    if (flaw === 'one-stream' && open > 0)
      return void call.emit('error', {code: status.RESOURCE_EXHAUSTED, details: 'one is enough'})
    open++
    load.streams++
    if (flaw !== 'health-silent') call.write(healthOf(options))
    const timer = setInterval(() => {
      if (flaw !== 'health-once' && flaw !== 'health-silent') call.write(healthOf(options))
    }, 200)
    const end = () => {
      clearInterval(timer)
      open--
      load.streams--
      call.end()
    }
    call.on('cancelled', end)
  }
  server.addService(healthV1alpha1, {NodeWatchResources: watch})
  if (flaw === 'hanging-service') server.addService(healthV1, {NodeWatchResources: () => {}})
}

function healthOf({flaw, devices, root}: PluginOptions): WatchResponse {
  const now = flaw === 'health-milliseconds' ? Date.now() : Math.floor(Date.now() / 1000)
  const list = deviceNames(devices).map(deviceName => ({
    device: {poolName: pool, deviceName},
    health: flaw !== 'never-ill' && existsSync(places(root).illFile(deviceName)) ? 2 : 1,
    lastUpdatedTime: now,
    healthCheckTimeoutSeconds: 2,
    message: '',
  }))
  return {devices: flaw === 'health-twice' ? [...list, ...list] : list}
}

if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? '{}') as PluginOptions
  const podUid = process.env.ROLLING === 'yes' ? process.env.POD_UID : undefined
  const started = startPlugin({...options, ...(podUid ? {podUid} : {})})
  process.once('SIGTERM', () => void started.then(plugin => plugin.stop()).then(() => process.exit(0)))
}

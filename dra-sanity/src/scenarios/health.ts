import {setTimeout as sleep} from 'node:timers/promises'
import {type DeviceHealth, healthStatus, type WatchResponse} from '#lib/protobuf/health.ts'
import type {Stream} from '../grpc.ts'
import {judgeHealth} from '../judge.ts'
import {type HealthVersion, healthVersions, healthVersionsOf, type Plugin} from '../kubelet.ts'
import type {Scenario} from '../scenario.ts'
import {said, type Trial} from '../trial.ts'

/** What a later kubelet may ask for. */
const unheardOf = 'v99.DRAResourceHealth'

/** NodeWatchResources, and what a device's illness comes to. */
export const healthScenarios: readonly Scenario[] = [
  {
    name: 'health-stream',
    title: 'kubelet watches the health of the devices until it was told twice',
    clauses: [
      'health.first',
      'health.complete',
      'health.list',
      'health.values',
      'health.again',
      'serve.advertised',
    ],
    async run(t: Trial) {
      const plugin = await t.register()
      // At once: each waits until the driver tells its state again.
      const watches = advertisedHealth(t, plugin).map(version => watch(t, plugin, version))
      const broken = (await Promise.allSettled(watches)).find(one => one.status === 'rejected')
      if (broken) throw broken.reason
    },
  },
  {
    name: 'health-reopened',
    title: 'the stream is cut and opened again, twice at once, and other calls go on beside it',
    clauses: ['health.reopened', 'health.apart'],
    async run(t: Trial) {
      const plugin = await t.register()
      const [version] = advertisedHealth(t, plugin)
      if (!version) return
      for (let i = 0; i < 3; i++) {
        const streams = [plugin.health(version), plugin.health(version)]
        for (const one of streams) {
          await first(t, one, 'health.reopened')
        }
        const answer = await plugin.prepare([], {timeout: t.ground.times.notify})
        t.check('health.apart', answer.ok, `NodePrepareResources beside two streams: ${said(answer)}`)
        for (const one of streams) one.close()
      }
    },
  },
  {
    name: 'health-unknown-service',
    title: 'kubelet opens health streams that the driver does not list, one of them from the future',
    clauses: ['serve.unknown'],
    async run(t: Trial) {
      const plugin = await t.register()
      const listed: readonly string[] = healthVersionsOf(plugin.info)
      const others = [...healthVersions, unheardOf].filter(one => !listed.includes(one))
      for (const version of others) {
        const stream = plugin.health(version)
        const message = await stream.next(t.ground.times.getInfo)
        const end = stream.ended()
        stream.close()
        const refused = message !== undefined || end?.name === 'UNIMPLEMENTED'
        t.check('serve.unknown', refused, `${version} was answered with ${end ? end.name : 'silence'}`)
        if (message) t.note(`${version} is served, though not listed`)
      }
      const answer = await plugin.prepare([])
      t.check('serve.unknown', answer.ok, `the connection did not outlive it: ${said(answer)}`)
    },
  },
  {
    name: 'health-fault',
    title: 'a device falls ill and becomes well: kubelet hears of both, new pods are kept away by a taint',
    clauses: ['health.fault', 'slices.taint'],
    needs: ['fault'],
    run: fault,
  },
]

function advertisedHealth(t: Trial, plugin: Plugin): HealthVersion[] {
  const listed = healthVersionsOf(plugin.info)
  if (listed.length === 0) t.skip('the driver lists no health API')
  return listed
}

async function first(
  t: Trial,
  stream: Stream<WatchResponse>,
  clause: 'health.first' | 'health.reopened',
): Promise<WatchResponse> {
  const message = await stream.next(t.ground.times.notify)
  const end = stream.ended()
  t.require(
    clause,
    message !== undefined,
    `no message came: ${end ? `${end.name} ${end.details}` : 'silence'}`,
  )
  return message
}

async function watch(t: Trial, plugin: Plugin, version: HealthVersion): Promise<void> {
  const stream = plugin.health(version)
  t.atEnd(() => stream.close())
  const {devices} = await first(t, stream, 'health.first')
  const now = () => Math.floor(Date.now() / 1000)
  t.add(judgeHealth(devices, now()))
  await checkComplete(t, devices)
  const again = await stream.next(resendWithin(devices, t.ground.times.health))
  t.require('health.again', again !== undefined, `${version}: nothing was sent again within the time-out`)
  t.add(judgeHealth(again.devices, now()))
}

/** The shortest time-out that a device states, in milliseconds. */
function resendWithin(devices: readonly DeviceHealth[], standard: number): number {
  const stated = devices.map(one => one.healthCheckTimeoutSeconds).filter(one => one > 0)
  return Math.min(standard, ...stated.map(one => one * 1000))
}

async function checkComplete(t: Trial, devices: readonly DeviceHealth[]): Promise<void> {
  const slices = (await t.ground.cluster?.slices()) ?? []
  const told = new Set(devices.map(one => `${one.device.poolName}/${one.device.deviceName}`))
  const published = slices.flatMap(one =>
    (one.spec.devices ?? []).map(device => `${one.spec.pool.name}/${device.name}`),
  )
  const untold = published.filter(one => !told.has(one))
  t.check('health.complete', untold.length === 0, `published, but not in the stream: ${untold.join(', ')}`)
}

async function fault(t: Trial): Promise<void> {
  const plugin = await t.register()
  const [version] = advertisedHealth(t, plugin)
  if (!version) return
  const stream = plugin.health(version)
  t.atEnd(() => stream.close())
  const {devices} = await first(t, stream, 'health.first')
  const device = devices.find(one => one.health === healthStatus.healthy)?.device
  if (!device) return t.skip('no device is healthy')
  const names = {pool: device.poolName, device: device.deviceName}
  const tainted = async () =>
    ((await t.ground.cluster?.slices()) ?? []).some(
      one =>
        one.spec.pool.name === names.pool &&
        one.spec.devices?.some(it => it.name === names.device && it.taints?.length),
    )
  t.atEnd(() => t.ground.hooks.fault?.(names, 'healthy'))
  for (const state of ['unhealthy', 'healthy'] as const) {
    await t.ground.hooks.fault?.(names, state)
    t.check(
      'health.fault',
      await becomes(t, stream, names, healthStatus[state]),
      `${names.device} was not reported as ${state}`,
    )
    if (!t.ground.cluster) continue
    const since = performance.now()
    const came = await eventually(
      async () => (await tainted()) === (state === 'unhealthy'),
      t.ground.times.republish,
    )
    const has = state === 'healthy' ? 'a' : 'no'
    t.check('slices.taint', came, `${names.device} is ${state} and its slice has ${has} taint`)
    t.note(`the slice said ${state} ${((performance.now() - since) / 1000).toFixed(1)} s after the stream`)
  }
}

async function becomes(
  t: Trial,
  stream: Stream<WatchResponse>,
  names: {pool: string; device: string},
  health: number,
): Promise<boolean> {
  const end = Date.now() + t.ground.times.health
  while (Date.now() < end && !stream.ended()) {
    const message = await stream.next(end - Date.now())
    const found = message?.devices.find(
      one => one.device.poolName === names.pool && one.device.deviceName === names.device,
    )
    if (found?.health === health) return true
  }
  return false
}

async function eventually(ask: () => Promise<boolean>, timeout: number): Promise<boolean> {
  const end = Date.now() + timeout
  while (!(await ask())) {
    if (Date.now() > end) return false
    await sleep(100)
  }
  return true
}

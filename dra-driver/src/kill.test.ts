/**
 * The whole program, killed at each thing that it does to files, sockets and the API server, between its start and its
 * second claim; what it is killed over is asked again, as kubelet does. The end has to be the undisturbed one.
 */
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {build} from 'esbuild'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {dra} from '#lib/generated/device.ts'
import {draPluginV1} from '#lib/protobuf/dra-plugin.ts'
import type {ResourceClaim} from './kube-types.ts'
import {socketsIn} from './plugin/sockets.ts'
import {callSocket, device, plug} from './testing.ts'
import {startTestApi} from './testing-api.ts'

/** Every step with TEST_ALL; else some, others with each change of their number. Each takes half a second. */
const stride = process.env.TEST_ALL ? 1 : 7

let folder: string
let program: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kill-'))
  program = join(folder, 'driver.cjs')
  const main = join(import.meta.dirname, 'main.ts')
  await build({entryPoints: [main], outfile: program, bundle: true, platform: 'node', logLevel: 'error'})
})
afterAll(() => rmSync(folder, {recursive: true}))

const story = [
  ['prepare', 'a'],
  ['unprepare', 'a'],
  ['prepare', 'b'],
] as const

/** Claim a has two devices and parameters, b one of them. */
function claimOf(namespace: string, name: string): ResourceClaim {
  const devices = name === 'a' ? ['mock0', 'mock1'] : ['mock1']
  const results = devices.map(one => ({
    request: 'r',
    driver: dra.driver,
    pool: 'node1/numa0',
    device: one,
  }))
  const parameters = {
    ...{apiVersion: `${dra.driver}/v1alpha1`, kind: 'DeviceConfig'},
    ...(name === 'a' ? {passphraseLength: 9, resetOnRelease: true} : {}),
  }
  const config = [{source: 'FromClaim', opaque: {driver: dra.driver, parameters}}]
  return {
    metadata: {namespace, name, uid: `uid-${name}`},
    status: {allocation: {devices: {results, config}}},
  }
}

/** Tells the story on a node of its own; `killAt` hits the first instance of the driver alone. */
async function tell(killAt: number) {
  const root = join(folder, `node-${killAt}`)
  mkdirSync(root)
  const api = await startTestApi(claimOf)
  api.writeKubeconfig(join(root, 'kubeconfig'))
  for (const name of ['mock0', 'mock1']) plug(join(root, 'sys'), device(name))
  const own = join(root, 'plugins', dra.driver)
  let kills = 0
  let child: ChildProcess | undefined
  const start = () => {
    const first = child === undefined
    const flags = [
      ...[`--kubeconfig=${join(root, 'kubeconfig')}`, '--node-name=node1', `--kubelet-root=${root}`],
      ...[`--cdi-root=${join(root, 'cdi')}`, `--sysfs-root=${join(root, 'sys')}`, `--dev-root=${root}`],
      ...['--http-address=off', '--log-level=error'],
    ]
    const env = {
      ...process.env,
      KILL_AT: first ? String(killAt) : '-1',
      KILL_COUNT: join(root, 'count'),
    }
    const preload = ['--import', join(import.meta.dirname, 'testing-kill.ts')]
    child = spawn(process.execPath, [...preload, program, ...flags], {env, stdio: 'ignore'})
    child.once('exit', (_code, signal) => {
      if (signal === 'SIGKILL') kills++
    })
    return child
  }
  /** kubelet starts the driver again, and takes the newest endpoint that answers. */
  const alive = () => (child && child.exitCode === null && child.signalCode === null ? child : start())
  const ask = async (call: 'prepare' | 'unprepare', name: string): Promise<string> => {
    alive()
    const {NodePrepareResources, NodeUnprepareResources} = draPluginV1
    const request = {claims: [{namespace: 'default', name, uid: `uid-${name}`}]}
    const send = async (socket: string) =>
      call === 'prepare'
        ? (await callSocket(socket, NodePrepareResources, request)).claims
        : (await callSocket(socket, NodeUnprepareResources, request)).claims
    for (const socket of socketsIn(own))
      try {
        return (await send(socket)).get(`uid-${name}`)?.error ?? 'no answer'
      } catch {
        // Killed over it, or a dead instance's.
      }
    return 'nobody answers'
  }
  const until = async (what: string, good: () => boolean | Promise<boolean>) => {
    const end = Date.now() + 20_000
    while (!(await good())) {
      if (Date.now() > end) throw new Error(`killed at step ${killAt}: ${what} did not come`)
      await sleep(5)
    }
  }
  const sockets = (hidden: boolean) =>
    [own, join(root, 'plugins_registry')].flatMap(one => socketsIn(one, hidden))
  try {
    for (const [call, name] of story)
      await until(`${call} ${name}`, async () => (await ask(call, name)) === '')
    // The first instance may have been killed after its answer; what it left is for the second to clear away.
    await until('the slices, and sockets of one instance', () => {
      alive()
      return api.slices.size === 1 && sockets(false).length === 2 && sockets(true).length === 0
    })
    const attribute = (name: string, of: string) =>
      readFileSync(join(root, 'sys/class/mock-accel', name, of), 'utf8').trim()
    const end = {
      held: Object.keys(JSON.parse(readFileSync(join(own, 'checkpoint.json'), 'utf8')).claims),
      cdi: readdirSync(join(root, 'cdi')).map(name => [name, readFileSync(join(root, 'cdi', name), 'utf8')]),
      devices: ['mock0', 'mock1'].map(name => [
        attribute(name, 'status'),
        attribute(name, 'passphrase_length'),
      ]),
      files: readdirSync(own).filter(name => !name.endsWith('.sock')),
      slices: [...api.slices.values()].map(({spec}) => spec),
    }
    const last = alive()
    last.kill('SIGTERM')
    if (last.exitCode === null) await once(last, 'exit')
    return {end, kills, left: [...sockets(false), ...sockets(true)], code: last.exitCode, root}
  } finally {
    child?.kill('SIGKILL')
    await api.stop()
  }
}

describe('killed at any step, from its start on', () => {
  test('the end is the undisturbed one', {timeout: 300_000}, async () => {
    const calm = await tell(-1)
    expect(calm).toMatchObject({kills: 0, left: [], code: 0})
    expect(calm.end).toMatchObject({
      held: ['uid-b'],
      devices: [
        ['free', '6'],
        ['allocated', '6'],
      ],
      files: ['checkpoint.json', 'publish.lock', 'serialize.lock'],
    })
    const steps = Number(readFileSync(join(calm.root, 'count'), 'utf8'))
    expect(steps).toBeGreaterThan(40)
    let kills = 0
    for (let at = steps % stride; at < steps; at += stride) {
      const {end, ...rest} = await tell(at)
      expect(end, `killed at step ${at} of ${steps}`).toEqual(calm.end)
      expect(rest, `killed at step ${at} of ${steps}`).toMatchObject({left: [], code: 0})
      kills += rest.kills
    }
    // The last steps are of its end, which the story does not tell.
    expect(kills).toBeGreaterThan((steps / stride) * 0.8)
  })
})

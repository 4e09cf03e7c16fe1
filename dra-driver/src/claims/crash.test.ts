import {describe, expect, test} from 'vitest'
import {dra, limits} from '#lib/generated/device.ts'
import type {Claim} from '#lib/protobuf/dra-plugin.ts'
import type {ResourceClaim} from '../kube-types.ts'
import {silent} from '../log.ts'
import {claimOfCdiFile} from '../state/cdi.ts'
import {parseCheckpoint} from '../state/checkpoint.ts'
import type {Durability} from '../state/disk.ts'
import {queue} from '../state/lock.ts'
import {checkpointStore} from '../state/store.ts'
import {type Fault, Killed, type TestDisk, testDisk} from '../state/test-disk.ts'
import {device, fakeDevices} from '../testing.ts'
import {type Claims, makeClaims} from './claims.ts'

/* Every step on disk and in sysfs is a place to die at: the end must be what it would have been undisturbed. */

type Step = {call: 'prepare' | 'unprepare'; claim: string}
const devicesOf: Record<string, string[]> = {a: ['mock0', 'mock1'], b: ['mock2'], c: ['mock0'], d: ['mock1']}
const head = {apiVersion: 'mock-accel.example.com/v1alpha1', kind: 'DeviceConfig'}
const parametersOf: Record<string, object> = {
  a: {...head, passphraseLength: 9, resetOnRelease: true},
  b: {...head, passphraseLength: 12},
  d: {...head, passphraseLength: 4},
}
const story: Step[] = [
  {call: 'prepare', claim: 'a'},
  {call: 'prepare', claim: 'b'},
  {call: 'unprepare', claim: 'a'},
  {call: 'prepare', claim: 'c'},
  {call: 'prepare', claim: 'd'},
  {call: 'unprepare', claim: 'd'},
]

const id = (claim: string): Claim => ({namespace: 'default', name: claim, uid: `uid-${claim}`})

/** One node: its disk and its devices outlive the driver. */
function makeNode(durability: Durability = 'fsync') {
  const disk = testDisk()
  const {source, written} = fakeDevices(() => disk.step())
  const devices = ['mock0', 'mock1', 'mock2'].map(name => device(name))
  const node = {disk, written, boot: 1, driver: undefined as unknown as Claims, restart, reboot}
  function restart() {
    const shared = {
      disk,
      cdiFolder: '/run/cdi',
      bootId: `boot-${node.boot}`,
      durability,
      log: silent,
    } as const
    node.driver = makeClaims({
      ...shared,
      driver: dra.driver,
      node: 'node1',
      store: checkpointStore({...shared, folder: '/plugin'}),
      lock: queue(),
      present: async () => devices,
      source,
      getClaim: async (_namespace, name) => {
        disk.step()
        return allocation(name)
      },
    })
  }
  function reboot() {
    disk.cutPower('/run/cdi')
    for (const one of Object.values(written))
      Object.assign(one, {status: 'free', words: limits.WORDS_DEFAULT})
    node.boot++
    restart()
  }
  restart()
  return node
}
type Node = ReturnType<typeof makeNode>

function allocation(name: string): ResourceClaim {
  const results = (devicesOf[name] ?? []).map(one => ({
    request: 'r',
    driver: dra.driver,
    pool: 'node1/numa0',
    device: one,
  }))
  const config = parametersOf[name] ? [{opaque: {driver: dra.driver, parameters: parametersOf[name]}}] : []
  return {metadata: {name, uid: `uid-${name}`}, status: {allocation: {devices: {results, config}}}}
}

/** What kubelet hears: an error string, or nothing when the driver died over it. */
async function call({driver}: Node, step: Step): Promise<string> {
  const method = step.call === 'prepare' ? driver.prepare : driver.unprepare
  return (await method([id(step.claim)])).get(`uid-${step.claim}`)?.error ?? 'no answer'
}

/** kubelet calls until it succeeds. `after` is what happens to the node when the driver died. */
async function play(node: Node, steps: readonly Step[], after: (done: readonly Step[]) => Promise<void>) {
  for (const [i, step] of steps.entries())
    for (let attempt = 0; ; attempt++) {
      const error = await call(node, step)
      if (error === '') break
      if (attempt === 2) throw new Error(`${step.call} ${step.claim} never succeeded: ${error}`)
      if (isDead(node.disk)) {
        node.disk.arm(undefined)
        await after(steps.slice(0, i))
      }
    }
}

function isDead(disk: TestDisk): boolean {
  try {
    disk.step()
    return false
  } catch (error) {
    return error instanceof Killed
  }
}

/** The node as it must be in the end, without what legitimately differs: boots, serials, tombstones. */
function endState({disk, written}: Node) {
  const files = disk.files()
  const {claims} = parseCheckpoint(files['/plugin/checkpoint.json'] ?? '')
  const held = Object.entries(claims).map(
    ([uid, {devices}]) => [uid, devices.map(one => one.device)] as const,
  )
  const {'/plugin/checkpoint.json': _, ...others} = files
  // A second reset does no harm.
  const devices = Object.entries(written).map(
    ([name, {status, words, resets}]) => [name, status, words, resets > 0] as const,
  )
  return {held: held.sort(), others, devices: devices.sort()}
}

async function undisturbed(steps: readonly Step[], durability?: Durability) {
  const node = makeNode(durability)
  node.disk.arm(undefined)
  await play(node, steps, async () => {})
  return {end: endState(node), steps: node.disk.steps}
}

/** Every fault, at every step; answers how many were met. */
async function enumerate(
  kind: Fault['kind'],
  after: (node: Node, done: readonly Step[]) => Promise<void>,
  steps: readonly Step[] = story,
  durability?: Durability,
) {
  const calm = await undisturbed(steps, durability)
  for (let at = 0; at < calm.steps; at++) {
    const node = makeNode(durability)
    node.disk.arm({at, kind})
    await play(node, steps, done => after(node, done))
    expect(endState(node), `${kind} at step ${at}`).toEqual(calm.end)
  }
  return calm
}

const restart = async (node: Node) => node.restart()

/** kubelet after a boot: pods that ran are prepared again. */
async function reboot(node: Node, done: readonly Step[]) {
  node.reboot()
  const running = done.filter(
    (step, i) =>
      step.call === 'prepare' && !done.slice(i).some(o => o.call === 'unprepare' && o.claim === step.claim),
  )
  await play(node, running, async () => {})
}

describe('whatever happens at whichever step', () => {
  test('the undisturbed end is what it should be', async () => {
    const {end, steps} = await undisturbed(story)
    expect(end.held).toEqual([
      ['uid-b', ['mock2']],
      ['uid-c', ['mock0']],
    ])
    expect(end.devices).toEqual([
      ['mock0', 'allocated', 6, true],
      ['mock1', 'free', 6, true],
      ['mock2', 'allocated', 12, false],
    ])
    expect(Object.keys(end.others).map(path => claimOfCdiFile(path.slice('/run/cdi/'.length)))).toEqual([
      'uid-b',
      'uid-c',
    ])
    expect(steps).toBeGreaterThan(50)
  })

  test('killed', () => enumerate('kill', restart))
  test('killed in the middle of writing', () => enumerate('tear', restart))
  test('a step that fails', () => enumerate('error', restart))
  test.each(['kill', 'tear', 'error'] as const)('without fsync: %s', async kind => {
    await enumerate(kind, restart, story, 'none')
  })
  test('a power cut', () => enumerate('kill', reboot))
  test('a power cut in the middle of writing', () => enumerate('tear', reboot))

  test('killed, and the pod is deleted meanwhile: nothing of it is left', async () => {
    const others: Step[] = [{call: 'prepare', claim: 'b'}]
    const before = await undisturbed(others)
    const calm = await undisturbed([...others, {call: 'prepare', claim: 'a'}])
    for (const kind of ['kill', 'tear', 'error'] as const)
      for (let at = 0; at < calm.steps - before.steps; at++) {
        const node = makeNode()
        node.disk.arm(undefined)
        await play(node, others, async () => {})
        node.disk.arm({at, kind})
        await call(node, {call: 'prepare', claim: 'a'})
        node.disk.arm(undefined)
        node.restart()
        await play(node, [{call: 'unprepare', claim: 'a'}], async () => {})
        // How far it came decides whether there was anything to reset.
        const {devices, ...end} = endState(node)
        const changed = devices.filter(([, status, words]) => status !== 'free' || words !== 6)
        expect({...end, devices: changed}, `${kind} at step ${at}`).toEqual(before.end)
      }
  })

  test('what was answered survives a power cut', async () => {
    for (let done = 1; done <= story.length; done++) {
      const node = makeNode()
      node.disk.arm(undefined)
      await play(node, story.slice(0, done), async () => {})
      const {held} = endState(node)
      node.reboot()
      expect(endState(node).held, `after ${done} calls`).toEqual(held)
    }
  })

  test('killed while a corrupt checkpoint is put aside: the claims are known again', async () => {
    const prepared = async () => {
      const node = makeNode()
      node.disk.arm(undefined)
      await play(node, [{call: 'prepare', claim: 'a'}], async () => {})
      await node.disk.write('/plugin/checkpoint.json', '{"version": 1, "claims": {"uid')
      node.disk.arm(undefined)
      return node
    }
    const takes = async (node: Node) => await call(node, {call: 'prepare', claim: 'c'})
    const calm = await prepared()
    expect(await takes(calm)).toContain('claim uid-a still holds mock0')
    const {steps} = calm.disk
    for (const kind of ['kill', 'tear', 'error'] as const)
      for (let at = 0; at < steps; at++) {
        const node = await prepared()
        node.disk.arm({at, kind})
        await takes(node)
        node.disk.arm(undefined)
        node.restart()
        expect(await takes(node), `${kind} at step ${at}`).toContain('claim uid-a still holds mock0')
        expect(await call(node, {call: 'unprepare', claim: 'a'})).toBe('')
        expect(await takes(node)).toBe('')
      }
  })
})

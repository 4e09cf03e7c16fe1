import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {draPluginV1} from '#lib/protobuf/dra-plugin.ts'
import {registration} from '#lib/protobuf/registration.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {until} from '#testbed/cluster/processes.ts'
import {needTools} from '#testbed/needs.ts'
import {socketsIn} from './plugin/sockets.ts'
import {callSocket} from './testing.ts'

const tools = await needTools('kubectl', 'kube-apiserver')
const driverName = 'mock-accel.example.com'
const topology = `
apiVersion: mock-accel/v1
kind: Topology
numa: [{id: 0}, {id: 1}]
devices:
  - {numa: 0, vfs: 3}
  - {numa: 1, memory: 8Gi}
`

describe.skipIf(!tools)('the program', () => {
  let plane: ControlPlane
  let folder: string
  const children: ChildProcess[] = []

  beforeAll(async () => {
    plane = await startControlPlane()
    await addFakeNode(plane, 'node1', '6.12.107-amd64')
  })
  afterAll(() => plane?.stop())
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dra-'))
    await writeFile(join(folder, 'topology.yaml'), topology)
  })
  afterEach(async () => {
    for (const child of children.splice(0)) await end(child, 'SIGKILL')
    await rm(folder, {recursive: true})
    await mustKubectl(plane, ['delete', 'resourceslices', '--all'])
  })

  const start = (...flags: string[]) => {
    const all = [
      `--kubeconfig=${plane.kubeconfig}`,
      '--node-name=node1',
      `--kubelet-root=${folder}`,
      `--cdi-root=${join(folder, 'cdi')}`,
      '--source=simulated',
      `--topology=${join(folder, 'topology.yaml')}`,
      '--http-address=off',
      '--shared-counters=off',
      ...flags,
    ]
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...all], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const running = Object.assign(child, {log: ''})
    child.stderr.setEncoding('utf8').on('data', text => {
      running.log += text
    })
    children.push(child)
    return running
  }
  async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    child.kill(signal)
    await once(child, 'exit')
    return child.exitCode
  }
  const slices = async () => {
    const {items} = JSON.parse(await mustKubectl(plane, ['get', 'resourceslices', '-o', 'json']))
    return items as {metadata: {uid: string}; spec: {pool: {name: string}; devices: {name: string}[]}}[]
  }
  const endpoints = () => socketsIn(join(folder, 'plugins', driverName))
  const registrars = () => socketsIn(join(folder, 'plugins_registry'))
  /** Until so many instances have registration sockets. */
  const areUp = (count: number) => until('the plugin', async () => registrars().length === count, [])

  test('invents devices, publishes them, and ends cleanly when told', async () => {
    const child = start()
    await until('slices', async () => (await slices()).length === 2, [])
    const found = (await slices()).map(({spec}) => [
      spec.pool.name,
      spec.devices.map(one => one.name).join(' '),
    ])
    expect(found.sort()).toEqual([
      ['node1/numa0', 'mock0 mock0v0 mock0v1 mock0v2'],
      ['node1/numa1', 'mock1'],
    ])
    await areUp(1)
    expect(await end(child, 'SIGTERM')).toBe(0)
    expect([...endpoints(), ...registrars()]).toEqual([])
    expect(await slices()).toHaveLength(2)
  })

  test('starts anew after one that was killed, whose sockets it removes', async () => {
    const first = start()
    await areUp(1)
    await until('slices', async () => (await slices()).length === 2, [])
    const before = await slices()
    await end(first, 'SIGKILL')
    const dead = [...endpoints(), ...registrars()]
    expect(dead).toHaveLength(2)
    start()
    const now = () => [...endpoints(), ...registrars()]
    await until(
      'new sockets only',
      async () => now().length === 2 && !now().some(path => dead.includes(path)),
      [],
    )
    const info = await callSocket(registrars()[0] ?? '', registration.GetInfo, {})
    expect(info).toMatchObject({name: driverName, endpoint: endpoints()[0]})
    expect(await slices()).toEqual(before)
  })

  test('two instances share their state; the younger publishes when the older is gone', async () => {
    const older = start()
    await until('slices', async () => (await slices()).length === 2, [])
    await areUp(1)
    const [first = ''] = endpoints()
    start()
    await areUp(2)

    const claim = {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaim',
      metadata: {name: 'shared', namespace: 'default'},
      spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName: 'any'}}]}},
    }
    const made = JSON.parse(
      await mustKubectl(plane, ['create', '-o', 'json', '-f', '-'], JSON.stringify(claim)),
    )
    const results = [{request: 'r', driver: driverName, pool: 'node1/numa1', device: 'mock1'}]
    const patch = JSON.stringify({status: {allocation: {devices: {results}}}})
    const args = ['patch', 'resourceclaim', 'shared', '--subresource=status', '--type=merge', '-p', patch]
    await mustKubectl(plane, args)
    const request = {claims: [{namespace: 'default', name: 'shared', uid: made.metadata.uid}]}
    const prepared = await callSocket(first, draPluginV1.NodePrepareResources, request)
    expect(prepared.claims.get(made.metadata.uid)?.error).toBe('')
    expect(await end(older, 'SIGTERM')).toBe(0)
    const checkpoint = () =>
      JSON.parse(readFileSync(join(folder, `plugins/${driverName}/checkpoint.json`), 'utf8'))
    expect(Object.keys(checkpoint().claims)).toEqual([made.metadata.uid])
    const [second = ''] = endpoints()
    await callSocket(second, draPluginV1.NodeUnprepareResources, request)
    expect(checkpoint().claims).toEqual({})

    await mustKubectl(plane, ['delete', 'resourceslices', '--all'])
    await until('slices of the younger', async () => (await slices()).length === 2, [])
  })

  test('says what is wrong with its flags and its files, all at once', async () => {
    const child = start('--bogus=1', '--source=simulatd', '--durability')
    await once(child, 'exit')
    expect(child.exitCode).toBe(2)
    for (const code of ['N001', 'N002']) expect(child.log).toContain(code)
    await writeFile(join(folder, 'topology.yaml'), topology.replace('numa: 1,', 'numa: 5,'))
    const other = start()
    await once(other, 'exit')
    expect([other.exitCode, other.log.includes('N031')]).toEqual([1, true])
  })
})
